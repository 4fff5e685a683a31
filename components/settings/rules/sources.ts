import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Where sources are read, and the names that stand there. */
function readers({ models = {}, jupyterhub, airflow, training }: Partial<Settings>): [path: Path, names: string[]][] {
  return [
    ...Object.entries(models).map(([model, { reads }]): [Path, string[]] => [["models", model, "reads"], reads]),
    [["jupyterhub", "reads"], jupyterhub?.reads ?? []],
    [["airflow", "reads"], airflow?.reads ?? []],
    [["training", "studio", "reads"], training?.studio.reads ?? []],
  ];
}

/** Sources that nobody declared, that nothing would read, or that only AWS has. */
export function sourceRules(settings: Partial<Settings>): RuleProblem[] {
  const { data, foundation, models = {}, training } = settings;
  const declared = Object.keys(data?.sources ?? {});
  const problems: RuleProblem[] = readers(settings).flatMap(([path, names]) =>
    names.flatMap((value, at) =>
      declared.includes(value)
        ? []
        : [
            {
              path: [...path, at],
              value,
              allowed:
                declared.length === 0
                  ? "none, while data.sources has none"
                  : `${declared.join(", ")}: names from data.sources`,
              remedy: `add data.sources.${value} with its bucket, or remove it`,
              restsOn: [["data"]],
            },
          ],
    ),
  );
  for (const [model, { reads, training: loop }] of Object.entries(models)) {
    if (reads.length === 0 || loop?.prepare !== undefined) continue;
    problems.push({
      path: ["models", model, "reads"],
      value: reads,
      allowed: "sources of a model whose training has a prepare, which reads them",
      remedy: `add models.${model}.training.prepare, or bring the data to data/${model}/ and remove it`,
    });
  }
  if ((training?.studio.reads.length ?? 0) > 0 && !training?.studio.enabled) {
    problems.push({
      path: ["training", "studio", "reads"],
      value: training?.studio.reads,
      allowed: "sources where Studio is there",
      remedy: "write training.studio.enabled: true, or remove it",
    });
  }
  const { jupyterhub } = settings;
  const tables = readers({ ...(jupyterhub ? { jupyterhub } : {}), ...(training ? { training } : {}) })
    .flatMap(([, names]) => names)
    .filter((name) => data?.sources[name]?.database !== undefined);
  if (training?.catalog.enabled === false && tables.length > 0) {
    problems.push({
      path: ["training", "catalog", "enabled"],
      value: false,
      allowed: `true, while notebooks read ${tables[0]}, whose tables are queried in the catalog's workgroup`,
      remedy: `write enabled: true, or remove data.sources.${tables[0]}.database`,
      restsOn: [["data"]],
    });
  }
  if (foundation?.kind === "existing" && declared.length > 0) {
    problems.push({
      path: ["data", "sources"],
      value: declared.join(", "),
      allowed: "only on foundation.kind: aws",
      remedy: "leave data out, and bring the data to the store of foundation.storage",
      restsOn: [["foundation", "kind"]],
    });
  }
  return problems;
}
