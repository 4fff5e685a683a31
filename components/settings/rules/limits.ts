import type { DeliverySettings } from "../delivery";
import { trainedOnAws } from "../engines";
import { askForMore, type LimitName, limits, mostOf, releasesConfigMap } from "../limits";
import type { ModelSettings } from "../models";
import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

export type Counts = Record<LimitName, number>;

/** What a stack has beside its models, with every tool on: platform, controllers, Studio, functions, and rules that Step Functions keeps. */
const besideModels: Counts = {
  eventRules: 12,
  roles: 50,
  podIdentities: 18,
  nodeGroups: 0,
  featureGroups: 0,
};

/** What one model's block makes, by kind. A test holds it to what the program asks for. */
export function countsOf({ serve, batch, drift, monitor, training }: ModelSettings): Omit<Counts, "nodeGroups"> {
  const one = (condition: unknown) => (condition ? 1 : 0);
  const trained = trainedOnAws(training) ? training : undefined;
  const inDag = one(training?.engine === "airflow");
  const transformed = batch?.with === "sagemaker" ? batch : undefined;
  const scored = one(batch?.with === "kubernetes");
  const watched = one(drift?.dataQuality) + one(monitor);
  return {
    eventRules: trained
      ? 1 + one(trained.onDrift) + one(trained.onDecay) + one(trained.onNewData) + one(transformed?.onNewData) + watched
      : one(transformed?.onNewData) + watched,
    roles:
      one(serve.flask) +
      one(serve.sagemaker ?? transformed) +
      scored +
      one(drift?.dataQuality) +
      2 * one(monitor) +
      inDag +
      (transformed ? 1 + one(transformed.schedule) + one(transformed.onNewData) : 0) +
      (trained
        ? 3 +
          one(trained.schedule) +
          one(trained.onNewData) +
          one(trained.engine === "sagemakerPipelines") +
          one(trained.prepare) +
          one(trained.prepare?.with === "container") +
          2 * one(trained.gate) + // What measures versions that people ask for, and what starts it.
          one(trained.features)
        : 0),
    podIdentities: one(serve.flask) + scored + inDag,
    featureGroups: one(trained?.features),
  };
}

/** Roles that the repository of one model brings along: its own, and those of its pipeline and the stages of that. */
export const rolesOfRepository = ({ codePipeline }: Pick<DeliverySettings, "codePipeline">): number =>
  1 + (codePipeline.enabled ? 5 : 0);

/** More of something than an account may have: AWS would say so when hundreds of things are made already. */
export function limitRules({ foundation, models = {}, delivery }: Partial<Settings>): RuleProblem[] {
  if (foundation?.kind !== "aws") return [];
  const total: Counts = { ...besideModels };
  if (delivery) total.roles += 1 + Object.keys(delivery.models).length * rolesOfRepository(delivery);
  for (const model of Object.values(models)) {
    for (const [name, count] of Object.entries(countsOf(model))) total[name as LimitName] += count;
  }
  const { cluster, region, quotas } = foundation;
  const groups = cluster.kind === "create" ? Object.values(cluster.nodeGroups) : [];
  const managed =
    cluster.kind === "create" && cluster.scaling.kind === "karpenter"
      ? groups.filter(({ purpose }) => purpose === "system")
      : groups;
  total.nodeGroups = managed.length;
  return (Object.keys(limits) as LimitName[]).flatMap((name) => {
    const most = mostOf(name, region, quotas);
    if (total[name] <= most) return [];
    const ask = askForMore(name, Math.ceil((total[name] * 1.2) / 10) * 10, region);
    const ofNodes = name === "nodeGroups";
    return [
      {
        path: ofNodes ? ["foundation", "cluster", "nodeGroups"] : ["models"],
        value: ofNodes ? `${managed.length} groups` : `${Object.keys(models).length} models`,
        allowed: `at most ${most} ${limits[name].of}: this stack comes to about ${total[name]}`,
        remedy: ask
          ? `ask AWS for more (${ask}), then write what you got as foundation.quotas.${name}; or put some into a stack of another account`
          : "put some into a stack of another account",
        restsOn: [ofNodes ? ["foundation", "cluster"] : ["models"]],
      },
    ];
  });
}

/** More models than fit into the one object that says what the release controller looks after. */
export function releaseListRules({ models = {} }: Partial<Settings>): RuleProblem[] {
  const { bytes, ofFlask, ofSagemaker } = releasesConfigMap;
  const all = Object.values(models);
  const needed = all.reduce(
    (sum, { serve }) => sum + (serve.flask ? ofFlask : 0) + (serve.sagemaker ? ofSagemaker : 0),
    0,
  );
  if (needed <= bytes) return [];
  return [
    {
      path: ["models"],
      value: `${all.length} models`,
      allowed: `about ${Math.floor(bytes / ofFlask)} models on Kubernetes or ${Math.floor(bytes / ofSagemaker)} on SageMaker: their list is one ConfigMap of 1 MiB`,
      remedy: "put some into another stack",
    },
  ];
}
