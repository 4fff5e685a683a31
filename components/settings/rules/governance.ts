import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** What the stack's own limits forbid. */
export function governanceRules(settings: Partial<Settings>): RuleProblem[] {
  const { foundation, governance } = settings;
  if (governance === undefined) return [];
  const problems: RuleProblem[] = [];
  if (foundation?.kind === "aws") {
    for (const [at, tag] of governance.requiredTags.entries()) {
      if (Object.hasOwn(foundation.tags, tag)) continue;
      problems.push({
        path: ["foundation", "tags", tag],
        value: undefined,
        allowed: `required by governance.requiredTags[${at}]`,
        remedy: `add the tag ${tag}`,
        restsOn: [["foundation", "tags"]],
      });
    }
  }
  for (const { path, type } of usedTypes(settings)) {
    const family = type.replace(/^(ml|db)\./, "").split(".")[0] ?? "";
    if (governance.deniedInstanceFamilies.includes(family)) {
      problems.push({
        path,
        value: type,
        allowed: `no family of governance.deniedInstanceFamilies: ${governance.deniedInstanceFamilies.join(", ")}`,
        remedy: "choose another family",
      });
    } else if (governance.allowedInstanceFamilies?.includes(family) === false) {
      problems.push({
        path,
        value: type,
        allowed: `a family of governance.allowedInstanceFamilies: ${governance.allowedInstanceFamilies.join(", ")}`,
        remedy: "choose one of these",
      });
    }
  }
  return problems;
}

/** Every instance type that the stack may start. */
function usedTypes({ foundation, models }: Partial<Settings>): { path: Path; type: string }[] {
  const used: { path: Path; type: string }[] = [];
  if (foundation?.kind === "aws")
    used.push({ path: ["foundation", "database", "instanceClass"], type: foundation.database.instanceClass });
  if (foundation?.kind === "aws" && foundation.cluster.kind === "create") {
    for (const [name, group] of Object.entries(foundation.cluster.nodeGroups)) {
      group.instanceTypes.forEach((type, at) => {
        used.push({ path: ["foundation", "cluster", "nodeGroups", name, "instanceTypes", at], type });
      });
    }
  }
  for (const [name, { serve, training }] of Object.entries(models ?? {})) {
    const serving = serve.sagemaker;
    if (serving !== undefined && serving.kind !== "serverless") {
      used.push({ path: ["models", name, "serve", "sagemaker", "instanceType"], type: serving.instanceType });
    }
    if (training !== undefined && training.engine !== "airflow") {
      used.push({ path: ["models", name, "training", "instanceType"], type: training.instanceType });
    }
  }
  return used;
}
