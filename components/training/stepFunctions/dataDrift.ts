/** New rows beside those that the live version was trained on: judged before anything is trained, and paid for. */

import { type LoopDataDrift, unasked } from "../../contracts/trainingLoop";
import type { States } from "../../lib/states";
import { processingInput } from "./processing";
import { askRegistrar } from "./registry";
import { dataUri, type TrainingMachineFacts } from "./terms";

/** Where the run holds what `validate` reads. */
export const validatedInputs = "$.toValidate";

/** Begins with `FindLive`. The first version has nothing to be compared with. */
export function findLive(facts: TrainingMachineFacts, Next: string): States {
  const rows = processingInput("data", dataUri(facts));
  const live = processingInput("champion", { "S3Uri.$": "$.live.packageUri" });
  const reading = (inputs: object[]) => ({ Type: "Pass", Parameters: { inputs }, ResultPath: validatedInputs, Next });
  return {
    ...askRegistrar("FindLive", facts, {
      action: "champion",
      parameters: {},
      result: { "version.$": "$.version", "packageUri.$": "$.packageUri" },
      path: "$.live",
      next: "WhetherAnyLive",
    }),
    WhetherAnyLive: {
      Type: "Choice",
      Choices: [{ Variable: "$.live.packageUri", IsString: true, Next: "BesideLiveRows" }],
      Default: "WithoutLiveRows",
    },
    BesideLiveRows: reading([rows, live]),
    WithoutLiveRows: reading([rows]),
  };
}

/** An image that does not compare says nothing of it, and its rows do not pass. */
export const hasCompared = { Variable: "$.validation.report.drift", IsPresent: true };

/** Whether the run trains although no column has moved; somebody who asks for it, drift and decay are not put off. */
export function whetherMoved({ minPsi }: LoopDataDrift, Next: string): States {
  return {
    WhetherMoved: {
      Type: "Choice",
      Choices: [
        {
          And: [
            { Variable: "$.validation.report.unchanged", IsPresent: true },
            { Variable: "$.validation.report.unchanged", BooleanEquals: true },
            { Or: unasked.map((StringEquals) => ({ Variable: "$.reason", StringEquals })) },
          ],
          Next: "ExplainUnchanged",
        },
      ],
      Default: Next,
    },
    ExplainUnchanged: {
      Type: "Pass",
      Parameters: {
        outcome: "skipped",
        "cause.$": `States.Format('no column has moved by ${minPsi} since version {} was trained', $.live.version)`,
      },
      ResultPath: "$.verdict",
      Next: "Record",
    },
  };
}
