import type * as pulumi from "@pulumi/pulumi";
import { modelsNamespace } from "../../charts/values/modelServer";
import type { Monitoring } from "../apps/monitoring/component";
import { ModelWatch, type ModelWatchArgs } from "../apps/monitoring/modelWatch";
import type { AwsFacts } from "../contracts/foundation";
import { stackName } from "../foundation/awsProvider";
import { endpointLogs } from "../foundation/logGroups";
import type { Dependency } from "../lib/dependencies";
import { endpointName } from "../lib/endpointName";
import type { ModelSettings } from "../settings/models";
import { servedModels } from "../settings/needs";
import type { Settings } from "../settings/settings";
import { alarmReceiver } from "./alarmTopics";
import { toolLinks } from "./dashboards";
import { logPlace } from "./readableLogs";
import type { AppContext } from "./surroundings";

/** Dashboard and alerts of every model that answers requests. */
export function watchModels(
  name: string,
  context: AppContext,
  monitoring: Pick<Monitoring, "namespace" | "ruleContext" | "watching">,
  opts: pulumi.ComponentResourceOptions,
): Dependency[] {
  const links = toolLinks(context);
  return servedModels(context.settings).flatMap(([model, block]) => {
    const watch = new ModelWatch(
      `${name}-${model}-watch`,
      {
        ...watchedModel(model, block, context.foundation.aws, context.settings),
        monitoringNamespace: monitoring.namespace,
        context: monitoring.ruleContext,
        links,
        after: monitoring.watching,
      },
      opts,
    );
    return [watch, ...watch.ready];
  });
}

type Watched = Omit<ModelWatchArgs, "monitoringNamespace" | "context" | "links" | "after">;

/** What alerts and dashboards are told of a model's block. */
export function watchedModel(
  name: string,
  block: ModelSettings,
  aws: AwsFacts | undefined,
  { monitoring, promotion }: Pick<Settings, "monitoring" | "promotion"> = {},
): Watched {
  const { owner, objectives, canary, serve, drift, promoted } = block;
  const { sagemaker } = serve;
  const consumers = Object.entries(promotion?.consumers ?? {});
  const offeredTo = consumers.flatMap(([stack, { models }]) => (models.includes(name) ? [stack] : []));
  return {
    name,
    ...(owner === undefined ? {} : { owner }),
    objectives,
    bakeMinutes: canary.bakeMinutes,
    ...(promoted ? { takenFrom: promoted.stack } : {}),
    ...(offeredTo.length > 0 ? { offeredTo } : {}),
    ...(serve.flask
      ? { kubernetes: { namespace: modelsNamespace, deployment: name, canaryDeployment: `${name}-canary` } }
      : {}),
    ...(sagemaker && aws ? { sagemaker: onSageMaker(endpointName(stackName(), name, sagemaker.kind), aws) } : {}),
    ...(drift ? { drift } : {}),
    ...watchedQuality(block, aws !== undefined, alarmReceiver(monitoring, owner) !== undefined),
  };
}

function watchedQuality(
  { monitor, training }: ModelSettings,
  onAws: boolean,
  receiver: boolean,
): Pick<Watched, "quality"> {
  const labelled = monitor?.modelQuality !== undefined;
  if (monitor === undefined || (onAws && !labelled)) return {};
  const windows = training?.onDecay?.windows;
  const { everyHours } = monitor;
  return {
    quality: { everyHours, labelled, alarmed: onAws && receiver, ...(windows === undefined ? {} : { windows }) },
  };
}

function onSageMaker(endpoint: string, { account }: AwsFacts): NonNullable<Watched["sagemaker"]> {
  return { endpointName: endpoint, region: account.region, logs: logPlace(account, endpointLogs(endpoint)) };
}
