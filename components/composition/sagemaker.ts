import type * as pulumi from "@pulumi/pulumi";
import { stackName } from "../foundation/awsProvider";
import { functionLogs } from "../foundation/logGroups";
import { SecurityGroup } from "../foundation/network/securityGroup";
import { releaseOnSageMaker } from "../identity/policies/sagemaker";
import type { Dependency } from "../lib/dependencies";
import { endpointName } from "../lib/endpointName";
import type { PolicyStatement } from "../lib/statements";
import type { BatchModel } from "../serving/batch/sagemakerBatch";
import { EndpointRelease } from "../serving/sagemaker/endpointRelease";
import { SageMakerServing } from "../serving/sagemaker/serving";
import { TransformModel } from "../serving/sagemaker/transformModel";
import type { ModelSettings } from "../settings/models";
import { usesSageMaker } from "../settings/rules/sagemaker";
import type { SageMakerGround } from "./sagemakerGround";
import { logRetentionDays, modelArgs, servingArgs } from "./sagemakerModel";
import { onStore } from "./storeStatements";
import type { CloudContext } from "./surroundings";

/** Models on SageMaker, each by name. */
export interface OnSageMaker {
  /** What the release controller is told of those that follow the registry. */
  entries: Record<string, pulumi.Output<object>>;
  /** What the release controller may do; absent: nothing. */
  statements?: pulumi.Output<PolicyStatement[]>;
  endpoints: Record<string, { name: string; url: string }>;
  batch: Record<string, BatchModel>;
  /** Depend on these to come after all of it, and to be gone before. The release controller must. */
  ready: Dependency[];
}

/** Puts on SageMaker what the models' blocks ask for there. */
export function installSageMaker(
  name: string,
  context: CloudContext,
  ground: SageMakerGround,
  opts: pulumi.ComponentResourceOptions,
): OnSageMaker {
  const { foundation, settings } = context;
  const models = Object.entries(settings.models ?? {}).filter(([, block]) => usesSageMaker(block));
  const made: OnSageMaker = { entries: {}, endpoints: {}, batch: {}, ready: [] };
  if (models.length === 0) return made;
  const { aws } = foundation;
  if (aws === undefined) throw new Error("SageMaker is there on AWS alone");

  const prefix = `${name}-endpoint`;
  const guard = new SecurityGroup(
    prefix,
    {
      vpcId: aws.vpcId,
      description: "SageMaker on its way to S3 and the registry of images",
      ingress: [],
      egress: [{ key: "aws", portNumber: 443, cidrIpv4: "0.0.0.0/0" }], // By NAT where there is no endpoint.
    },
    opts,
  );
  const served = models.filter(([, { serve }]) => serve.sagemaker !== undefined);
  const { packages } = ground;
  made.ready.push(guard, ...Object.values(packages).flatMap(({ ready }) => ready));
  const common = (model: string, block: ModelSettings) => modelArgs(context, aws, model, block, guard.id);

  for (const [model, block] of models.filter((each) => !served.includes(each))) {
    // Of those that follow the registry the settings take none without an endpoint, so there is a package.
    const args = { ...common(model, block), package: packages[model]! };
    const component = new TransformModel(`${prefix}-${model}`, args, opts);
    made.ready.push(component, ...component.ready);
    made.batch[model] = { modelName: component.modelName };
  }
  if (served.length === 0) return made;

  const release = new EndpointRelease(
    `${prefix}-release`,
    {
      account: aws.account,
      stackName: stackName(),
      keyArn: foundation.stores.data.keyArn,
      logGroupName: functionLogs(stackName(), "endpoint-release"),
      logRetentionDays,
    },
    opts,
  );
  made.ready.push(release);
  for (const [model, block] of served) {
    const args = { ...common(model, block), ...servingArgs(context, ground, model, block) };
    const called = `${prefix}-${model}${args.endpointName.slice(endpointName(stackName(), model, "realtime").length)}`;
    const component = new SageMakerServing(
      called,
      { ...args, target: block.serve.sagemaker!, functionName: release.functionName },
      opts,
    );
    made.ready.push(component, ...component.ready);
    if (component.entry) made.entries[model] = component.entry;
    made.endpoints[model] = { name: args.endpointName, url: component.url };
    made.batch[model] =
      block.release === "pinned"
        ? { modelName: component.modelName }
        : { endpointName: args.endpointName, placeholderModelName: component.modelName };
  }
  if (Object.keys(made.entries).length === 0) return made;
  return {
    ...made,
    statements: onStore(foundation.stores.artifacts, (artifacts) =>
      releaseOnSageMaker(aws.account, stackName(), artifacts),
    ),
  };
}
