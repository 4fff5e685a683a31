import * as pulumi from "@pulumi/pulumi";
import type { Mlflow } from "../apps/mlflow/component";
import { placementFor } from "../contracts/app";
import type { AwsFacts } from "../contracts/foundation";
import type { LoopSpec } from "../contracts/trainingLoop";
import { stackName, stackTags } from "../foundation/awsProvider";
import { registerVersions } from "../identity/policies/training";
import { asFolder } from "../lib/asFolder";
import type { Dependency } from "../lib/dependencies";
import { monitoringNamespace } from "../lib/monitoringNames";
import type { ModelsSpace } from "../serving/modelsSpace";
import { newDataFolder } from "../settings/dataFolder";
import { hasPipelines } from "../settings/engines";
import { stopsOf } from "../settings/needs";
import { cloudWatchRetention } from "../settings/network";
import { training as sharedTraining } from "../settings/training";
import { Registrar, registrarName } from "../training/registrar";
import { TrainingGround } from "../training/trainingGround";
import { TrainingLoop } from "../training/trainingLoop";
import { alarmTopicArns, type Topics } from "./alarmTopics";
import type { WatchedMachine } from "./cloudWatch";
import { heedsDecisions, type LoopModel, loopSpec, loopsOf, releaseTargets } from "./loopSpec";
import type { Serving } from "./serving";
import type { AppContext } from "./surroundings";

/** What training leans on. */
export interface TrainingApplicationGround {
  mlflow?: Pick<Mlflow, "namespace" | "portNumber" | "ready">;
  topics: Topics;
  serving: Pick<Serving, "space" | "told">;
}

/** Makes the loops of the models that are trained on AWS: what all share, who registers, then each model. */
export function installTraining(
  name: string,
  context: AppContext,
  ground: TrainingApplicationGround,
  opts: pulumi.ComponentResourceOptions,
): {
  ready: Dependency[];
  outputs: Record<string, pulumi.Input<unknown>>;
  machines: WatchedMachine[];
  /** Table in which runs look whether they are held; absent where nothing is trained on AWS. */
  table?: TrainingGround["table"];
} {
  const loops = loopsOf(context.settings);
  const { aws } = context.foundation;
  const { mlflow } = ground;
  const { space, told } = ground.serving;
  if (loops.length === 0 || aws === undefined || mlflow === undefined || space === undefined) {
    return { ready: [], outputs: {}, machines: [] };
  }
  const { settings, foundation } = context;
  const store = foundation.stores.data;
  const stack = stackName();
  const shared = settings.training ?? sharedTraining.parse({});
  const logRetentionDays = cloudWatchRetention(shared.logRetentionDays);
  const specs = loops.map((loop) => loopSpec(context, stack, loop));
  const prefix = `${name}-training`;
  const common = new TrainingGround(
    prefix,
    {
      account: aws.account,
      stack,
      store,
      vpcId: aws.vpcId,
      endpointNames: specs.some((spec) => spec.endpointName) ? [`${stack}-*`] : [],
      decisions: specs.filter(heedsDecisions).map(({ model }) => model),
      missedStartsArn: context.missedStartsArn,
      pipelines: hasPipelines(settings.models),
      containers: specs.some(({ prepare }) => prepare?.with === "container"),
      keepData: settings.foundation.dataProtection,
      logRetentionDays,
    },
    opts,
  );
  const registrar = new Registrar(
    `${prefix}-${registrarName}`,
    registrarArgs(context, { space, mlflow }, aws, common, loops, specs),
    opts,
  );
  const ready: Dependency[] = [common, ...common.ready, registrar, ...registrar.ready];
  const machines: WatchedMachine[] =
    common.decisionsArn === undefined
      ? []
      : [
          {
            name: `${prefix}-decisions`,
            key: "package-decisions",
            what: "Passing on what is decided of model packages",
            arn: common.decisionsArn,
            tellsFailures: false,
          },
        ];
  const trainingMachines: Record<string, pulumi.Output<string>> = {};
  for (const [at, [model, block, training]] of loops.entries()) {
    const spec = specs[at] as LoopSpec;
    const [topicArn] = alarmTopicArns(settings.monitoring, ground.topics, block.owner);
    const folder = newDataFolder(training);
    const loop = new TrainingLoop(
      `${prefix}-${model}`,
      {
        account: aws.account,
        stack,
        spec,
        engine: training.engine,
        store,
        ground: common,
        privateSubnetIds: aws.privateSubnetIds,
        maxParallelRuns: shared.maxParallelRuns,
        heldByBudget: stopsOf(settings).includes("training"),
        servingImage: `${foundation.images.repositoryUrl("model-server")}:${settings.foundation.images.tag}`,
        ...(topicArn === undefined ? {} : { topicArn }),
        tags: {
          ...(settings.foundation.kind === "aws" ? stackTags(settings.foundation) : {}),
          "mlplatform/model": model,
        },
        triggers: {
          drift: training.onDrift,
          decay: training.onDecay !== undefined,
          ...(training.schedule === undefined ? {} : { schedule: training.schedule }),
          ...(context.missedStartsArn === undefined ? {} : { missedStartsArn: context.missedStartsArn }),
          ...(folder === undefined ? {} : { newObjects: { folder } }),
        },
        logRetentionDays,
        keepVersions: settings.foundation.dataProtection,
        after: [...told, ...registrar.ready],
      },
      opts,
    );
    ready.push(...loop.ready);
    trainingMachines[model] = loop.machineArn;
    const { machineArn, checkArn } = loop;
    const watched = {
      ...(block.owner === undefined ? {} : { owner: block.owner }),
      tellsFailures: topicArn !== undefined,
    };
    machines.push({
      ...{ name: `${prefix}-${model}`, key: `${model}-training`, what: `Training of ${model}`, arn: machineArn },
      ...watched,
    });
    if (checkArn) {
      const what = `Measuring versions of ${model} that people ask for`;
      machines.push({ name: `${prefix}-${model}-check`, key: `${model}-check`, what, arn: checkArn, ...watched });
    }
  }
  return { ready, outputs: { trainingMachines }, machines, table: common.table };
}

/** What registers versions gets for a stack's settings. */
function registrarArgs(
  { settings, foundation, cluster, identity, monitors }: AppContext,
  { space, mlflow }: { space: ModelsSpace; mlflow: NonNullable<TrainingApplicationGround["mlflow"]> },
  { account }: AwsFacts,
  common: TrainingGround,
  loops: LoopModel[],
  specs: LoopSpec[],
): ConstructorParameters<typeof Registrar>[1] {
  const store = foundation.stores.data;
  const stack = stackName();
  return {
    stack,
    region: account.region,
    image: `${foundation.images.repositoryUrl("release")}:${settings.foundation.images.tag}`,
    models: loops.map(([model, block]) => ({
      name: model,
      from: block.from,
      targets: releaseTargets(block),
      bakeMinutes: block.canary.bakeMinutes,
    })),
    activityArn: common.activityArn,
    store,
    space,
    mlflow: { namespace: mlflow.namespace, portNumber: mlflow.portNumber },
    placement: placementFor(cluster.nodeClasses, "apps"),
    identity,
    statements: pulumi
      .all([common.activityArn, store.bucketArn, store.keyArn])
      .apply(([activityArn, bucketArn, keyArn]) =>
        registerVersions(account, {
          stack,
          activityArn,
          store: { bucketArn, keyArn },
          data: {
            rawRoots: [
              ...new Set(
                specs.filter(({ prepare }) => !prepare).map(({ rawFolder }) => asFolder(rawFolder.split("/")[0]!)),
              ),
            ],
            prepared: specs.some(({ prepare }) => prepare),
          },
        }),
      ),
    ...(monitors ? { monitors, monitoringNamespace } : {}),
    after: common.ready,
  };
}
