import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Studio reaches AWS by endpoints of the VPC alone, so that those it needs have to be there. */
export function studioRules({ foundation, training }: Partial<Settings>): RuleProblem[] {
  if (training === undefined) return [];
  const { studio } = training;
  if (!studio.enabled) {
    return (["users", "notebooks"] as const)
      .filter((key) => Object.keys(studio[key]).length > 0)
      .map((key) => ({
        path: ["training", "studio", key],
        value: Object.keys(studio[key]),
        allowed: "none, while studio.enabled is false",
        remedy: `write enabled: true, or leave ${key} out`,
        restsOn: [["training", "studio", "enabled"]],
      }));
  }
  if (foundation?.kind !== "aws" || foundation.network.kind !== "create") return [];
  const { endpoints } = foundation.network;
  const missing = servicesOfStudio(training).filter((service) => !(endpoints as string[]).includes(service));
  if (missing.length === 0) return [];
  return [
    {
      path: ["foundation", "network", "endpoints"],
      value: endpoints,
      allowed: `with training.studio, which has no other way out, also ${missing.join(", ")}`,
      remedy: `write endpoints: [${[...endpoints, ...missing].join(", ")}], or training.studio.enabled: false`,
      restsOn: [["training", "studio", "enabled"]],
    },
  ];
}

function servicesOfStudio({ catalog, featureStore }: NonNullable<Settings["training"]>): string[] {
  return [
    ...["s3", "sts", "logs", "kms", "states", "sagemaker.api", "sagemaker.runtime"],
    ...(catalog.enabled ? ["athena", "glue"] : []),
    ...(featureStore === "none" ? [] : ["sagemaker.featurestore-runtime"]),
  ];
}
