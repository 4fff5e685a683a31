/** Whether a candidate is good enough, and better than what is live. */

import { evaluating, type LoopGate, layout } from "../../contracts/trainingLoop";
import type { States, Step } from "../../lib/states";
import { keepEvaluation } from "./baseline";
import { findOpponents, yesterdaysSamples } from "./champion";
import { processing, processingInput } from "./processing";
import { call, dataUri, explained, ofRun, type TrainingMachineFacts } from "./terms";

/** Evaluation and gate. The gate fails closed: what was not measured does not pass. */
export function judge(facts: TrainingMachineFacts): Step[] {
  const { gate } = facts.spec;
  if (gate === undefined) return [];
  return [
    {
      entry: "FindChampion",
      states: (next) => ({
        ...measured(facts, gate, { rows: dataUri(facts, "test"), passed: "KeepEvaluation" }),
        ...keepEvaluation(facts, next),
      }),
    },
  ];
}

/**
 * From `FindChampion` to a verdict on the package at `$.trained.package`.
 * @param rows to measure on, as a field of an input
 * @param passed where one that passed goes on; any other ends with the error `GateRejected`
 */
export function measured(
  facts: TrainingMachineFacts,
  gate: LoopGate,
  { rows, passed }: { rows: Record<string, string>; passed: string },
): States {
  return { ...findChampion(facts, gate, rows), ...evaluateAndJudge(facts, passed) };
}

/**
 * The live version is measured on the same rows. The first one has nothing to be better than, and no traffic to have drifted from; with
 * a live version and no samples of its traffic, drift was not measured, and the gate says so.
 */
function findChampion(facts: TrainingMachineFacts, gate: LoopGate, rows: Record<string, string>): States {
  const { spec, bucketName } = facts;
  const { maxDriftPsi: _, ...ofTheFirst } = gate;
  const compared = [processingInput("candidate", { "S3Uri.$": "$.trained.package" }), processingInput("test", rows)];
  const live = processingInput("champion", { "S3Uri.$": "$.champion.packageUri" });
  const asked = processingInput("samples", { "S3Uri.$": yesterdaysSamples(spec.model, `s3://${bucketName}/`) });
  return findOpponents(facts, gate, (name, { champion, traffic }) => ({
    [name]: {
      Type: "Pass",
      Parameters: {
        inputs: [...compared, ...(champion ? [live] : []), ...(traffic ? [asked] : [])],
        gate: champion ? gate : ofTheFirst,
      },
      ResultPath: "$.comparison",
      Next: "Evaluate",
    },
  }));
}

function evaluateAndJudge(facts: TrainingMachineFacts, passed: string): States {
  return {
    ...processing(facts, "Evaluate", {
      command: "evaluate",
      flags: evaluating(facts.spec),
      inputs: { "ProcessingInputs.$": "$.comparison.inputs" },
      next: "Gate",
    }),
    ...call("Gate", "lambda:invoke", {
      Parameters: {
        FunctionName: facts.functions.gate,
        Payload: {
          "gate.$": "$.comparison.gate",
          ...(facts.spec.checks ? { checks: facts.spec.checks } : {}),
          report: { bucket: facts.bucketName, "key.$": ofRun(layout.outputs(facts.spec.model), "/evaluation.json") },
        },
      },
      ResultSelector: {
        "passed.$": "$.Payload.passed",
        "reasons.$": "$.Payload.reasons",
        "metrics.$": "$.Payload.metrics",
      },
      ResultPath: "$.judged",
      Next: "WhetherPassed",
    }),
    WhetherPassed: {
      Type: "Choice",
      Choices: [{ Variable: "$.judged.passed", BooleanEquals: true, Next: passed }],
      Default: "ExplainGateRejected",
    },
    ...explained(
      "ExplainGateRejected",
      "GateRejected",
      "States.Format('The candidate did not pass: {}', States.JsonToString($.judged.reasons))",
    ),
  };
}
