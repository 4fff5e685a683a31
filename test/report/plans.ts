import type { Plan, PlannedResource } from "../../simulator/plan";

/** A resource of a made-up plan: what is not said is empty. */
export function planned(
  type: string,
  name: string,
  inputs: Record<string, unknown> = {},
  within = "",
): PlannedResource {
  const types = [...(within === "" ? [] : [within]), type].join("$");
  return {
    ...{ urn: `urn:pulumi:dev::mlplatform::${types}::${name}`, type, name, inputs },
    ...{ parent: "", provider: "", dependencies: [], protect: false, retainOnDelete: false },
  };
}

export const planOf = (...resources: PlannedResource[]): Plan => ({ stack: "dev", command: "up", resources });
