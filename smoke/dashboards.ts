import type { V1ConfigMap } from "@kubernetes/client-node";
import { parser } from "@prometheus-io/lezer-promql";
import { dashboardLabel } from "../charts/values/grafana";
import { monitoringNamespace } from "../components/lib/monitoringNames";
import type { Check } from "./check";
import { Fault, LastingFault } from "./fault";
import { Prometheus } from "./prometheus";

/** Names of the series that an expression of PromQL selects. */
function selected(expression: string): string[] {
  const names = new Set<string>();
  parser.parse(expression).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.name === "Identifier" && node.parent?.type.name === "VectorSelector")
        names.add(expression.slice(from, to));
    },
  });
  return [...names];
}

/** Every `expr` of a dashboard, wherever it stands. */
function expressions(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "expr" && typeof inner === "string" ? [inner] : expressions(inner),
  );
}

/** Names of series by dashboard; those that show none of Prometheus are left out. */
function shown(configMaps: V1ConfigMap[]): Record<string, string[]> {
  const all = configMaps.flatMap(({ data = {} }) => Object.entries(data));
  const named = all.map(([file, text]): [string, string[]] => {
    const names = expressions(JSON.parse(text))
      // What Grafana fills in is no PromQL yet.
      .map((each) => each.replace(/\$__\w+/g, "5m").replace(/\$\{?\w+(:\w+)?\}?/g, "x"))
      .flatMap(selected);
    return [file.replace(/\.json$/, ""), [...new Set(names)]];
  });
  return Object.fromEntries(named.filter(([, names]) => names.length > 0));
}

export const dashboardChecks: Check[] = [
  {
    piece: "monitoring",
    name: "find what every dashboard shows",
    limitSeconds: 120,
    where: "docs/smoke.md#dashboards-without-figures",
    async run(act) {
      const prometheus = await Prometheus.open(act);
      const kind = { apiVersion: "v1", kind: "ConfigMap" };
      const selection = { namespace: monitoringNamespace, labels: dashboardLabel };
      const dashboards = shown(await act.cluster.list<V1ConfigMap>(kind, selection));
      if (Object.keys(dashboards).length === 0) throw new LastingFault("there is no dashboard of the platform");
      const absent = await act.until("figure on every dashboard", async () => {
        const present = new Set(await prometheus.get<string[]>("label/__name__/values"));
        const missing = Object.entries(dashboards).map(([name, names]): [string, string[], number] => [
          name,
          names.filter((each) => !present.has(each)),
          names.length,
        ]);
        const empty = missing.filter(([, names, all]) => names.length === all);
        if (empty.length > 0) {
          throw new Fault(empty.map(([name, names]) => `${name} shows nothing: no ${names.join(", ")}`).join("; "));
        }
        return [...new Set(missing.flatMap(([, names]) => names))];
      });
      const count = `${Object.keys(dashboards).length} dashboards`;
      const none = absent.length === 0 ? "" : `; not seen yet: ${absent.sort().join(", ")}`;
      return { detail: `${count} have figures${none}` };
    },
  },
];
