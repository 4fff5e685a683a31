import type { States, Step } from "../../lib/states";
import type { LoopGate } from "../spec";
import { askRegistrar } from "../stepFunctions/registry";
import { call, type TrainingMachineFacts } from "../stepFunctions/terms";
import { absent } from "./definition";

/** Whether there is something to be better than, and traffic to have drifted from: what the pipeline is told of both. */
export function compare(facts: TrainingMachineFacts, gate: LoopGate): Step {
  const { spec, bucketName } = facts;
  const champion = { "S3Uri.$": "$.champion.packageUri" };
  const nothing = absent(facts);
  const told = (name: string, rules: LoopGate, live: object, samples: object, Next: string): States => ({
    [name]: {
      Type: "Pass",
      Parameters: { gate: JSON.stringify(rules), champion: live, samples },
      ResultPath: "$.comparison",
      Next,
    },
  });
  const folder = `samples/${spec.model}/date={}/`;
  const withTraffic = (next: string): States =>
    gate.maxDriftPsi === undefined
      ? told("CompareWithChampion", gate, champion, nothing, next)
      : {
          ...call("CompareWithChampion", "aws-sdk:s3:listObjectsV2", {
            Parameters: { Bucket: bucketName, "Prefix.$": `States.Format('${folder}', $.yesterday)`, MaxKeys: 1 },
            ResultSelector: { "count.$": "$.KeyCount" },
            ResultPath: "$.samples",
            Next: "WhetherTraffic",
          }),
          WhetherTraffic: {
            Type: "Choice",
            Choices: [{ Variable: "$.samples.count", NumericGreaterThan: 0, Next: "CompareWithTraffic" }],
            Default: "CompareWithoutTraffic",
          },
          ...told(
            "CompareWithTraffic",
            gate,
            champion,
            { "S3Uri.$": `States.Format('s3://${bucketName}/${folder}', $.yesterday)` },
            next,
          ),
          ...told("CompareWithoutTraffic", gate, champion, nothing, next),
        };
  return {
    entry: "FindChampion",
    states: (next) => ({
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
      ...told("FirstOfItsKind", ofTheFirst(gate), nothing, nothing, next),
      ...withTraffic(next),
    }),
  };
}

/** The first one has nothing to be better than. A gate that asks nothing else still asks that the metric was measured. */
function ofTheFirst({ metric, atLeast, atMost }: LoopGate): LoopGate {
  const bounds = {
    ...(atLeast === undefined ? {} : { atLeast }),
    ...(atMost === undefined ? {} : { atMost }),
  };
  return {
    metric,
    beatChampion: false,
    ...(Object.keys(bounds).length === 0 ? { atLeast: -Number.MAX_VALUE } : bounds),
  };
}
