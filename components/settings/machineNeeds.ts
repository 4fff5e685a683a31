import { checkInstance } from "../contracts/trainingLoop";
import { fargateSize } from "../lib/fargateSize";
import { vcpusOf } from "../lib/instanceTypes";
import { trainedOnAws } from "./engines";
import {
  elasticAddresses,
  fargateVcpus,
  type MachineQuota,
  nodeQuota,
  type SagemakerUse,
  sagemakerQuota,
  studioQuota,
} from "./machineQuotas";
import type { Settings } from "./settings";
import { training as sharedTraining } from "./training";

/** What a stack may come to use of one quota. */
export interface MachineNeed {
  quota: MachineQuota;
  /** What it uses as soon as it stands. */
  first: number;
  /** What it uses when everything runs that its settings allow. */
  most: number;
}

/** Studio opens notebooks on this type where nobody chooses another. */
const studioType = "ml.t3.medium";

/** What the machines of a stack on AWS count against, by the quota's name. */
export function machineNeeds(settings: Partial<Settings>): MachineNeed[] {
  const { foundation, models = {}, training } = settings;
  if (foundation?.kind !== "aws") return [];
  const needs = new Map<string, MachineNeed>();
  const add = (quota: MachineQuota | undefined, most: number, first = 0) => {
    if (quota === undefined || most === 0) return;
    const need = needs.get(quota.name) ?? { quota, first: 0, most: 0 };
    needs.set(quota.name, { quota, first: need.first + first, most: need.most + most });
  };
  const { cluster, network } = foundation;
  if (network.kind === "create" && network.nat !== "none") {
    const zones = typeof network.zones === "number" ? network.zones : network.zones.length;
    const gateways = network.nat === "perZone" ? zones : 1;
    add(elasticAddresses, gateways, gateways);
  }
  for (const group of cluster.kind === "create" ? Object.values(cluster.nodeGroups) : []) {
    const largest = Math.max(...group.instanceTypes.map((type) => vcpusOf(type) ?? 0));
    const quota = nodeQuota(group.instanceTypes[0] ?? "", group.spot);
    add(quota, group.maxNodes * largest, group.minNodes * largest);
  }

  const runs = new Map<string, { quota: MachineQuota; counts: number[] }>();
  const inRuns = (quota: MachineQuota, count: number) => {
    const { counts } = runs.get(quota.name) ?? { counts: [] };
    runs.set(quota.name, { quota, counts: [...counts, count] });
  };
  const onType = (use: SagemakerUse, block: { instanceType: string } | undefined, most: number, first = 0) =>
    block && add(sagemakerQuota(block.instanceType, use), most, first);
  for (const { serve, training: loop, batch, drift, monitor } of Object.values(models)) {
    const endpoint = serve.sagemaker;
    // A new version stands beside the live one until requests have moved.
    if (endpoint !== undefined && endpoint.kind !== "serverless")
      onType("endpoint", endpoint, 2 * endpoint.maxInstances, endpoint.minInstances);
    if (batch?.with === "sagemaker") onType("transform job", batch, batch.instances);
    onType("processing job", drift?.dataQuality, 1);
    onType("processing job", monitor, 1);
    if (!trainedOnAws(loop)) continue;
    const trained = sagemakerQuota(loop.instanceType, loop.spot ? "spot training job" : "training job");
    inRuns(trained, loop.instances * (loop.tune?.parallel ?? 1));
    inRuns(sagemakerQuota(checkInstance, "processing job"), 1);
    const { prepare } = loop;
    const size = prepare?.with === "container" ? fargateSize(prepare.cpu, prepare.memoryMiB) : undefined;
    if (size !== undefined) inRuns(fargateVcpus, size.cpu / 1024);
  }
  for (const { quota, counts } of runs.values()) {
    const atOnce = counts.sort((a, b) => b - a).slice(0, (training ?? sharedTraining.parse({})).maxParallelRuns);
    add(quota, Math.ceil(atOnce.reduce((sum, count) => sum + count, 0)));
  }
  for (const notebook of Object.values(training?.studio.notebooks ?? {})) onType("notebook instance", notebook, 1, 1);
  if (training?.studio.enabled) add(studioQuota(studioType), Object.keys(training.studio.users).length);
  return [...needs.values()];
}
