import { databaseFamilies, instanceFamilies } from "../../lib/instanceTypes";
import { nearest } from "../nearest";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

const computeSizes = Object.fromEntries(Object.entries(instanceFamilies).map(([name, { sizes }]) => [name, sizes]));

/** Instance types whose family or size does not exist: EC2's, RDS's and SageMaker's. */
export function typeRules({ foundation, models }: Partial<Settings>): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const check = (path: Path, type: string, prefix: string, families: Readonly<Record<string, readonly string[]>>) => {
    const fault = typeFault(type, prefix, families);
    if (fault !== undefined) problems.push({ path, value: type, ...fault });
  };
  if (foundation?.kind === "aws") {
    check(["foundation", "database", "instanceClass"], foundation.database.instanceClass, "db.", databaseFamilies);
    if (foundation.cluster.kind === "create") {
      for (const [name, group] of Object.entries(foundation.cluster.nodeGroups)) {
        const path = ["foundation", "cluster", "nodeGroups", name, "instanceTypes"];
        for (const [at, type] of group.instanceTypes.entries()) check([...path, at], type, "", computeSizes);
      }
    }
  }
  for (const [name, { serve, training, batch, drift }] of Object.entries(models ?? {})) {
    const serving = serve.sagemaker;
    if (serving !== undefined && serving.kind !== "serverless") {
      check(["models", name, "serve", "sagemaker", "instanceType"], serving.instanceType, "ml.", computeSizes);
    }
    if (drift?.dataQuality !== undefined) {
      check(
        ["models", name, "drift", "dataQuality", "instanceType"],
        drift.dataQuality.instanceType,
        "ml.",
        computeSizes,
      );
    }
    if (batch?.with === "sagemaker")
      check(["models", name, "batch", "instanceType"], batch.instanceType, "ml.", computeSizes);
    if (training !== undefined && training.engine !== "airflow") {
      check(["models", name, "training", "instanceType"], training.instanceType, "ml.", computeSizes);
    }
  }
  return problems;
}

function typeFault(type: string, prefix: string, families: Readonly<Record<string, readonly string[]>>) {
  const [family = "", size = ""] = type.slice(prefix.length).split(".");
  const sizes = Object.hasOwn(families, family) ? families[family] : undefined;
  if (sizes === undefined) {
    // Newer generations stand later in the table; of equally near names they are the better advice.
    const near = nearest(family, Object.keys(families).reverse()) ?? "";
    const fitting = families[near] ?? [];
    const suggested = fitting.includes(size) ? size : fitting[0];
    return {
      allowed: `a family that exists; there is no family ${family}`,
      remedy: `the nearest known family is ${near}: write ${prefix}${near}.${suggested}`,
    };
  }
  if (sizes.includes(size)) return undefined;
  return {
    allowed: `a size of ${prefix}${family}: ${sizes.join(", ")}`,
    remedy: `write ${prefix}${family}.${nearest(size, sizes)}`,
  };
}
