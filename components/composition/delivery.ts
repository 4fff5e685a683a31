import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { Foundation } from "../contracts/foundation";
import { CodePipelines, type PipelineOfModel } from "../delivery/codepipeline/codePipelines";
import { Delivery } from "../delivery/delivery";
import type { FoundTokenProvider } from "../delivery/tokenProvider";
import { stackName } from "../foundation/awsProvider";
import { dataProtection } from "../foundation/data/protection";
import { arn } from "../identity/policies/terms";
import type { Dependency } from "../lib/dependencies";
import { endpointName } from "../lib/endpointName";
import type { DeliverySettings } from "../settings/delivery";
import { trainedOnAws } from "../settings/engines";
import { imagesOfModel } from "../settings/modelImages";
import type { ModelSettings } from "../settings/models";
import { ownImages } from "../settings/needs";
import { cloudWatchRetention } from "../settings/network";
import type { Settings } from "../settings/settings";
import { training as sharedTraining } from "../settings/training";

/** Minutes beside the training job itself in which data are prepared and checked, and the candidate judged. */
const aroundTrainingMinutes = 240;

/** Images of the platform that a model's are built on, by the kind of image: the template's Dockerfiles begin with them. */
const bases = { training: "training", serving: "model-server" };

/** Lets a git host deliver to the stack. Where no cloud gives roles, workflows bring a kubeconfig and a registry of their own. */
export function installDelivery(
  name: string,
  {
    settings,
    foundation,
    tokens,
  }: {
    settings: Settings;
    foundation: Pick<Foundation, "stores"> & { aws?: { account: AwsAccount } };
    tokens: FoundTokenProvider | undefined;
  },
  opts: pulumi.ComponentResourceOptions,
): { ready: Dependency[]; outputs: Record<string, pulumi.Input<unknown>> } {
  const { aws } = foundation;
  if (settings.delivery === undefined || aws === undefined || tokens === undefined) return { ready: [], outputs: {} };
  const models = Object.keys(settings.delivery.models);
  const delivery = new Delivery(
    `${name}-delivery`,
    {
      settings: settings.delivery,
      account: aws.account,
      stack: stackName(),
      environment: pulumi.getStack(),
      provider: tokens,
      platformImages: ownImages,
      baseImages: Object.values(bases),
      models: Object.fromEntries(
        models.map((model) => {
          const training = settings.models?.[model]?.training;
          return [
            model,
            {
              images: Object.values(imagesOfModel(settings, model)),
              starts: trainedOnAws(training),
            },
          ];
        }),
      ),
    },
    opts,
  );
  const pipelines = codePipelines(`${name}-pipelines`, settings, settings.delivery, aws.account, foundation, opts);
  return {
    ready: [...delivery.ready, ...(pipelines?.ready ?? [])],
    outputs: { delivery: { ...delivery.outputs, ...pipelines?.outputs } },
  };
}

function codePipelines(
  name: string,
  settings: Settings,
  delivery: DeliverySettings,
  account: AwsAccount,
  { stores }: Pick<Foundation, "stores">,
  opts: pulumi.ComponentResourceOptions,
): CodePipelines | undefined {
  const { keyArn } = stores.data;
  if (!delivery.codePipeline.enabled || keyArn === undefined) return undefined;
  const folder = `${pulumi.getProject()}/${pulumi.getStack()}`;
  const { logRetentionDays } = settings.training ?? sharedTraining.parse({});
  const registry = `${account.accountId}.dkr.ecr.${account.region}.amazonaws.com/${folder}`;
  const repository = (image: string) => arn(account, "ecr", `repository/${folder}/${image}`);
  const ofModel = (model: string): PipelineOfModel => {
    const images = imagesOfModel(settings, model);
    const block = settings.models?.[model];
    const endpoint = block && askedEndpoint(model, block);
    return {
      images,
      imageArns: Object.values(images).map(repository),
      trainingMinutes: (block?.training?.timeoutMinutes ?? 0) + aroundTrainingMinutes,
      ...(endpoint === undefined ? {} : { endpointName: endpoint }),
    };
  };
  return new CodePipelines(
    name,
    {
      settings: delivery,
      account,
      stack: stackName(),
      registry,
      bases: {
        variables: Object.fromEntries(
          Object.entries(bases).map(([kind, base]) => [
            `BASE_${kind.toUpperCase()}`,
            `${registry}/${base}:${settings.foundation.images.tag}`,
          ]),
        ),
        arns: Object.values(bases).map(repository),
      },
      keyArn,
      protection: dataProtection(settings.foundation.dataProtection),
      logRetentionDays: cloudWatchRetention(logRetentionDays),
      models: Object.fromEntries(Object.keys(delivery.models).map((model) => [model, ofModel(model)])),
    },
    opts,
  );
}

/** The endpoint of a model that answers a request at once: those in the cluster are not reached from outside, and others answer into a bucket. */
function askedEndpoint(model: string, { serve }: ModelSettings): string | undefined {
  const kind = serve.sagemaker?.kind;
  return kind === "realtime" || kind === "serverless" ? endpointName(stackName(), model, kind) : undefined;
}
