import { databaseFamilies, instanceFamilies } from "../../lib/instanceTypes";
import { nearest } from "../nearest";
import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { type UsedType, usedTypes } from "./usedTypes";

const computeSizes = Object.fromEntries(Object.entries(instanceFamilies).map(([name, { sizes }]) => [name, sizes]));

/** How names of a service's types begin, and which families it has. */
const known = {
  ec2: { prefix: "", families: computeSizes },
  rds: { prefix: "db.", families: databaseFamilies },
  sagemaker: { prefix: "ml.", families: computeSizes },
} satisfies Record<UsedType["service"], { prefix: string; families: Readonly<Record<string, readonly string[]>> }>;

/** Instance types whose family or size does not exist: EC2's, RDS's and SageMaker's. */
export function typeRules(settings: Partial<Settings>): RuleProblem[] {
  return usedTypes(settings).flatMap(({ path, type, service }) => {
    const { prefix, families } = known[service];
    const fault = typeFault(type, prefix, families);
    return fault === undefined ? [] : [{ path, value: type, ...fault }];
  });
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
