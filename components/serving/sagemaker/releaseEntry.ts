import type * as pulumi from "@pulumi/pulumi";
import { asRequest, asTagList } from "./api";
import { type ConfigurationFacts, planConfiguration, planModel, planVariant } from "./configuration";
import type { planDeployment } from "./deployment";
import type { SageMakerServingArgs } from "./servingArgs";

/** Everything to make another version's model and configuration with, but for names and the package; keys are the API's. */
export function releaseEntry(
  { model, endpointName, target, artifacts, tags, environments }: SageMakerServingArgs,
  facts: ConfigurationFacts,
  deployment: ReturnType<typeof planDeployment>,
): pulumi.Output<object> {
  const Tags = asTagList(tags);
  const { primaryContainer, ...rest } = planModel(facts);
  return artifacts.uri.apply((uri) => ({
    kind: target.kind,
    endpointName,
    namePrefix: `${endpointName}--`,
    packagePrefix: `${uri}/models/${model}`,
    model: { ...(asRequest({ ...rest, primaryContainer }) as object), Tags },
    endpointConfig: {
      ...(asRequest({ productionVariants: [planVariant(target)], ...planConfiguration(facts) }) as object),
      Tags,
    },
    ...(environments ? { environments: true } : {}),
    ...(deployment === undefined ? {} : { deploymentConfig: asRequest(deployment) }),
  }));
}
