/** What a candidate is compared with: the live version, and yesterday's traffic. */

import type { LoopGate } from "../../contracts/trainingLoop";
import type { States } from "../../lib/states";
import { askRegistrar } from "./registry";
import { call, type TrainingMachineFacts } from "./terms";

/** What there is to compare with. */
export interface Opponents {
  champion: boolean;
  traffic: boolean;
}

/** Folder of the bucket with yesterday's samples, as an expression. @param before what stands before it, such as `s3://<bucket>/` */
export const yesterdaysSamples = (model: string, before = "") =>
  `States.Format('${before}samples/${model}/date={}/', $.yesterday)`;

/**
 * Begins with `FindChampion`, and ends in one of the states that `compare` makes: the first version has nothing to be better than, and no
 * traffic to have drifted from.
 */
export function findOpponents(
  facts: TrainingMachineFacts,
  gate: LoopGate,
  compare: (name: string, opponents: Opponents) => States,
): States {
  const { spec, bucketName } = facts;
  return {
    ...askRegistrar("FindChampion", facts, {
      action: "champion",
      parameters: {},
      result: { "version.$": "$.version", "packageUri.$": "$.packageUri" },
      path: "$.champion",
      next: "WhetherChampion",
    }),
    WhetherChampion: {
      Type: "Choice",
      Choices: [{ Variable: "$.champion.packageUri", IsString: true, Next: "CompareWithChampion" }],
      Default: "FirstOfItsKind",
    },
    ...compare("FirstOfItsKind", { champion: false, traffic: false }),
    ...(gate.maxDriftPsi === undefined
      ? compare("CompareWithChampion", { champion: true, traffic: false })
      : {
          ...call("CompareWithChampion", "aws-sdk:s3:listObjectsV2", {
            Parameters: { Bucket: bucketName, "Prefix.$": yesterdaysSamples(spec.model), MaxKeys: 1 },
            ResultSelector: { "count.$": "$.KeyCount" },
            ResultPath: "$.samples",
            Next: "WhetherTraffic",
          }),
          WhetherTraffic: {
            Type: "Choice",
            Choices: [{ Variable: "$.samples.count", NumericGreaterThan: 0, Next: "CompareWithTraffic" }],
            Default: "CompareWithoutTraffic",
          },
          ...compare("CompareWithTraffic", { champion: true, traffic: true }),
          ...compare("CompareWithoutTraffic", { champion: true, traffic: false }),
        }),
  };
}
