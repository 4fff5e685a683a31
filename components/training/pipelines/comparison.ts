import type { LoopGate } from "../../contracts/trainingLoop";
import type { Step } from "../../lib/states";
import { findOpponents, yesterdaysSamples } from "../stepFunctions/champion";
import type { TrainingMachineFacts } from "../stepFunctions/terms";
import { absent } from "./definition";

/** Whether there is something to be better than, and traffic to have drifted from: what the pipeline is told of both. */
export function compare(facts: TrainingMachineFacts, gate: LoopGate): Step {
  const { spec, bucketName } = facts;
  const nothing = absent(facts);
  const live = { "S3Uri.$": "$.champion.packageUri" };
  const asked = { "S3Uri.$": yesterdaysSamples(spec.model, `s3://${bucketName}/`) };
  return {
    entry: "FindChampion",
    states: (next) =>
      findOpponents(facts, gate, (name, { champion, traffic }) => ({
        [name]: {
          Type: "Pass",
          Parameters: {
            gate: JSON.stringify(champion ? gate : ofTheFirst(gate)),
            champion: champion ? live : nothing,
            samples: traffic ? asked : nothing,
          },
          ResultPath: "$.comparison",
          Next: next,
        },
      })),
  };
}

/** The first one has nothing to be better than. A gate that asks nothing else still asks that the metric was measured. */
function ofTheFirst({ metric, direction, atLeast, atMost }: LoopGate): LoopGate {
  const bounds = {
    ...(atLeast === undefined ? {} : { atLeast }),
    ...(atMost === undefined ? {} : { atMost }),
  };
  return {
    metric,
    ...(direction === undefined ? {} : { direction }),
    beatChampion: false,
    ...(Object.keys(bounds).length === 0 ? { atLeast: -Number.MAX_VALUE } : bounds),
  };
}
