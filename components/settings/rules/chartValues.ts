import { charts } from "../../../charts/lock";
import { type ValueFault, valueFaults } from "../../../charts/valueFaults";
import { isMap, type ValueNode } from "../../../charts/valueNode";
import { type OpenChart, valueTree } from "../../../charts/valueTree";
import { alike, nearest } from "../nearest";
import { type Path, pathText, type RuleProblem } from "../problems";
import { yamlText } from "../remedy";
import type { Settings } from "../settings";

const chartOf = {
  airflow: "airflow",
  mlflow: "mlflow",
  jupyterhub: "jupyterhub",
  monitoring: "kube-prometheus-stack",
} as const satisfies Partial<Record<keyof Settings, OpenChart>>;

/** More names than this are not listed in a message. */
const mostListed = 12;

/** Values for a chart that it does not know: most charts take a misspelt key without a word, and without effect. */
export function chartValueRules(settings: Partial<Settings>): RuleProblem[] {
  return Object.entries(chartOf).flatMap(([section, chart]) => {
    const values = settings[section as keyof typeof chartOf]?.values ?? {};
    if (Object.keys(values).length === 0) return [];
    const at: Path = [section, "values"];
    if (section === "airflow" && settings.airflow?.executor.kind === "mwaa") {
      const remedy = "remove values, or choose another executor";
      return [
        {
          path: at,
          value: values,
          allowed: "{} with MWAA, which has no chart",
          remedy,
          restsOn: [["airflow", "executor"]],
        },
      ];
    }
    const title = chart === "mlflow" ? "the mlflow chart" : `${chart} ${charts[chart].version}`;
    const tree = valueTree(chart);
    return valueFaults(values, tree).map((fault) =>
      fault.types ? wrongType(fault, fault.types, at, title) : unknownKey(fault, fault.known ?? [], at, title, tree),
    );
  });
}

function wrongType({ path, value }: ValueFault, types: readonly string[], at: Path, title: string): RuleProblem {
  const words = types.map((type) => (type === "integer" ? "an integer" : `a ${type}`));
  const key = path.findLast((step) => typeof step === "string");
  const quoted = types.includes("string") && (typeof value === "number" || typeof value === "boolean");
  return {
    path: [...at, ...path],
    value,
    allowed: `${words.join(" or ")}, as ${title} takes it`,
    remedy: quoted ? `write ${key}: ${JSON.stringify(String(value))}, in quotes` : `write ${words[0]} for ${key}`,
  };
}

function unknownKey(
  { path, value }: ValueFault,
  names: readonly string[],
  at: Path,
  title: string,
  tree: ValueNode,
): RuleProblem {
  const key = String(path.at(-1));
  const listed = names.length <= mostListed ? `: ${names.toSorted().join(", ")}` : "";
  return {
    path: [...at, ...path],
    value,
    allowed: `a key that ${title} has at ${pathText([...at, ...path.slice(0, -1)])}${listed}`,
    remedy: remedyFor(key, value, names, placeOf(key, tree), at),
  };
}

function remedyFor(key: string, value: unknown, names: readonly string[], place: Path | undefined, at: Path): string {
  const near = nearest(key, names);
  if (near === undefined || (place !== undefined && !alike(key, near))) {
    return place === undefined
      ? "remove it"
      : `the chart has ${key} elsewhere: write it at ${pathText([...at, ...place])}`;
  }
  const typed = typeof value === "object" ? "…" : yamlText(value);
  return `the nearest known key is ${near}: write ${near}: ${typed}`;
}

/** Where in the chart a key of this name stands; of several places the one nearest to the top. */
function placeOf(key: string, tree: ValueNode): Path | undefined {
  const queue: [Path, ValueNode][] = [[[], tree]];
  for (const [path, node] of queue) {
    if (!isMap(node)) continue;
    if (Object.hasOwn(node, key)) return [...path, key];
    for (const [name, below] of Object.entries(node)) if (name !== "*") queue.push([[...path, name], below]);
  }
  return undefined;
}
