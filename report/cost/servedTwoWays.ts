import { cores } from "../../components/lib/cores";
import { type FlaskSettings, type SageMakerSettings, serve } from "../../components/settings/serving";
import type { Settings } from "../../components/settings/settings";
import type { PlanIndex } from "../planIndex";
import { machineGroups, pricedType } from "./machines";
import { monthlyUsd, type PriceList } from "./prices";

/** What one way to serve a model costs a month. */
export interface Served {
  /** Whether the stack serves the model so; otherwise this is what the defaults would cost. */
  inUse: boolean;
  /** How it is counted. */
  what: string;
  idleUsd?: number;
  mostUsd?: number;
  /** Price that is missing. */
  unknownPrice?: string;
}

export interface ServedTwoWays {
  model: string;
  flask: Served;
  sagemaker: Served;
}

const cents = (usd: number) => Math.round(usd * 100) / 100;

/** A machine of the group that servers run on, as `placementFor` chooses it; with a GPU where they need one. */
function machineOf(index: PlanIndex, gpus: number, prices: PriceList): string | undefined {
  const groups = machineGroups(index).filter(({ accelerated }) => accelerated === gpus > 0);
  const order = gpus > 0 ? ["serving"] : ["serving", "apps", "system"];
  const found = order.flatMap((wanted) => groups.filter(({ purpose }) => purpose === wanted))[0];
  return found && pricedType(found.types, prices);
}

function flaskCost(index: PlanIndex, settings: FlaskSettings, inUse: boolean, list: PriceList): Served {
  const type = machineOf(index, settings.gpus, list);
  if (type === undefined && index.all("pulumi:providers:kubernetes").length === 0)
    return { inUse, what: "takes a cluster, which this stack has not" };
  if (type === undefined) return { inUse, what: "on nodes that are not of this stack" };
  const price = list.prices[`ec2/${type}`];
  const { minReplicas, maxReplicas, cpu, memoryMiB } = settings;
  const pods = `${minReplicas} to ${maxReplicas} pods of ${cpu} CPU and ${memoryMiB} MiB`;
  if (price?.vcpus === undefined || price.memoryGiB === undefined)
    return { inUse, what: pods, unknownPrice: `ec2/${type}` };
  // A pod takes what it takes most of; of a machine with GPUs nobody else has the rest.
  const share =
    settings.gpus > 0 ? 1 : Math.min(1, Math.max(cores(cpu) / price.vcpus, memoryMiB / 1024 / price.memoryGiB));
  const each = monthlyUsd(price) * share;
  return {
    inUse,
    what: `${pods}, each ${Math.round(share * 1000) / 10} % of ${type}`,
    idleUsd: cents(minReplicas * each),
    mostUsd: cents(maxReplicas * each),
  };
}

function sagemakerCost(settings: SageMakerSettings, inUse: boolean, { prices }: PriceList): Served {
  if (settings.kind === "serverless")
    return { inUse, what: `serverless, ${settings.memoryMiB} MiB: by the request`, idleUsd: 0 };
  const { instanceType, minInstances, maxInstances } = settings;
  const what = `${minInstances} to ${maxInstances} instances of ${instanceType}`;
  const key = `sagemaker/hosting/${instanceType}`;
  const price = prices[key];
  if (price === undefined) return { inUse, what, unknownPrice: key };
  const each = monthlyUsd(price);
  return { inUse, what, idleUsd: cents(minInstances * each), mostUsd: cents(maxInstances * each) };
}

/** For each model that answers requests: what Flask on the cluster and what SageMaker costs, whichever the stack has. */
export function servedTwoWays(
  index: PlanIndex,
  models: NonNullable<Settings["models"]>,
  prices: PriceList,
): ServedTwoWays[] {
  const usual = serve.parse({ flask: {}, sagemaker: {} });
  return Object.entries(models).flatMap(([model, { serve: served }]) => {
    if (served.flask === undefined && served.sagemaker === undefined) return [];
    return [
      {
        model,
        flask: flaskCost(index, served.flask ?? usual.flask!, served.flask !== undefined, prices),
        sagemaker: sagemakerCost(served.sagemaker ?? usual.sagemaker!, served.sagemaker !== undefined, prices),
      },
    ];
  });
}
