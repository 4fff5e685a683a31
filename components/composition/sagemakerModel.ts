import * as pulumi from "@pulumi/pulumi";
import type { AwsFacts } from "../contracts/foundation";
import { stackName, stackTags } from "../foundation/awsProvider";
import { tellOfTransforms, transformData } from "../identity/policies/batch";
import { endpointRolePath } from "../identity/policies/sagemaker";
import { addSamples, samplesFolder } from "../identity/policies/serving";
import { endpointName } from "../lib/endpointName";
import type { SageMakerServingArgs } from "../serving/sagemaker/servingArgs";
import type { ModelSettings } from "../settings/models";
import { imageParts } from "../settings/serving";
import { alarmTopicArns, runbooksOf } from "./alarmTopics";
import { batchFolders, transformJobPrefix } from "./batch";
import { builtFor } from "./environments";
import { lookedUp } from "./features";
import type { SageMakerGround } from "./sagemakerGround";
import { onStore } from "./storeStatements";
import type { CloudContext } from "./surroundings";

/** Days that logs of endpoints and of the function are kept. */
export const logRetentionDays = 30;

/** Name of a model's endpoint. */
export function endpointOf(model: string, { serve }: ModelSettings): string {
  return endpointName(stackName(), model, serve.sagemaker?.kind ?? "realtime");
}

/** What an endpoint and a model without one have in common. */
export function modelArgs(
  { foundation, settings }: CloudContext,
  aws: AwsFacts,
  model: string,
  block: ModelSettings,
  securityGroupId: pulumi.Output<string>,
) {
  const { artifacts, data } = foundation.stores;
  const { batch, drift } = block;
  const features = block.serve.sagemaker && lookedUp({ foundation, settings }, model, block.training);
  const folders = batch?.with === "sagemaker" ? Object.values(batchFolders(model, batch)) : undefined;
  const more = [
    ...(folders
      ? [
          onStore(data, (store) => transformData(store, model, folders)),
          tellOfTransforms(aws.account, transformJobPrefix(model)),
        ]
      : []),
    ...(drift ? [onStore(data, (store) => addSamples(store, model))] : []),
    ...(features?.statements ? [features.statements] : []),
  ];
  return {
    account: aws.account,
    model,
    endpointName: endpointOf(model, block),
    rolePath: endpointRolePath(stackName()),
    image: sagemakerImage({ foundation, settings }, block),
    ...(builtFor(settings, block).sagemaker ? { environments: true } : {}),
    artifacts,
    data,
    ...(features ? { features: features.group } : {}),
    network: { subnetIds: aws.privateSubnetIds, securityGroupId },
    ...(more.length === 0 ? {} : { moreStatements: pulumi.all(more).apply((lists) => lists.flat()) }),
  };
}

/** Somebody's own image, or the platform's. */
function sagemakerImage(
  { foundation, settings }: Pick<CloudContext, "foundation" | "settings">,
  { serve }: ModelSettings,
): SageMakerServingArgs["image"] {
  const own = serve.sagemaker?.image;
  if (own !== undefined) {
    const { repository, ...rest } = imageParts(own);
    return { repositoryUrl: repository, ...rest, pushed: [] };
  }
  return {
    repositoryUrl: foundation.images.repositoryUrl("model-server"),
    tag: settings.foundation.images.tag,
    pushed: foundation.images.pushed("model-server", settings.foundation.images.tag),
  };
}

/** What an endpoint has besides. */
export function servingArgs(
  { foundation, settings }: CloudContext,
  { packages, topics }: SageMakerGround,
  model: string,
  { release, objectives, canary, drift, owner }: ModelSettings,
): Pick<
  SageMakerServingArgs,
  | "release"
  | "objectives"
  | "canary"
  | "capturePercent"
  | "samples"
  | "topicArns"
  | "runbooks"
  | "logRetentionDays"
  | "tags"
  | "ready"
> {
  return {
    release: release === "pinned" ? { kind: "pinned", package: packages[model]! } : { kind: "continuous" },
    objectives,
    canary,
    ...(drift
      ? {
          capturePercent: drift.samplePercent,
          samples: {
            percent: drift.samplePercent,
            uri: pulumi.interpolate`${foundation.stores.data.uri}/${samplesFolder}`,
          },
        }
      : {}),
    topicArns: alarmTopicArns(settings.monitoring, topics, owner),
    runbooks: runbooksOf(settings),
    logRetentionDays,
    tags: {
      ...(settings.foundation.kind === "aws" ? stackTags(settings.foundation) : {}),
      "mlplatform/model": model,
    },
    ready: foundation.ready,
  };
}
