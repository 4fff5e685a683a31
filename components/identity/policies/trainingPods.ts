/** Permissions of a model's training in the cluster. */
import type { AwsAccount } from "../../contracts/account";
import type { LoopFeatures } from "../../contracts/features";
import { layout } from "../../contracts/trainingLoop";
import type { PolicyStatement } from "../../lib/statements";
import { driftFolder } from "./drift";
import { prepareFeatures } from "./features";
import { samplesFolder } from "./serving";
import { crypts, listsVersions, reads, type TrainingScope, writes } from "./training";

/**
 * All pods of one model's loop, which are one service account: read what it is trained on, leave what comes out, the record of the run and
 * the package of what is live.
 */
export function trainInCluster(
  account: AwsAccount,
  scope: TrainingScope & { samples: boolean; series: boolean; features?: LoopFeatures | undefined },
): PolicyStatement[] {
  const { model, store, rawFolder, samples, series } = scope;
  const left = [layout.extracts(model), layout.models(model), layout.outputs(model)];
  return [
    ...reads(store, [
      ...new Set([
        ...[rawFolder, ...left],
        ...(samples ? [`${samplesFolder}/${model}/`] : []),
        ...(series ? [`${driftFolder}/${model}/`] : []),
      ]),
    ]),
    listsVersions(store, [rawFolder, layout.extracts(model)]),
    writes(store, [...left, layout.records(model)]),
    ...crypts(store),
    ...prepareFeatures(account, model, store, scope.features),
  ];
}
