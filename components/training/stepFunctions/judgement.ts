/** Whether a candidate is good enough, and better than what is live. */
import type { States, Step } from "../../lib/states";
import { type LoopGate, layout } from "../spec";
import { processing, processingInput } from "./processing";
import { askRegistrar } from "./registry";
import { call, dataUri, explained, ofRun, type TrainingMachineFacts } from "./terms";

/** Evaluation and gate. The gate fails closed: what was not measured does not pass. */
export function judge(facts: TrainingMachineFacts): Step[] {
  const { gate } = facts.spec;
  if (gate === undefined) return [];
  return [
    { entry: "FindChampion", states: (next) => ({ ...findChampion(facts, gate), ...evaluateAndJudge(facts, next) }) },
  ];
}

/**
 * The live version is measured on the same rows. The first one has nothing to be better than, and no traffic to have drifted from; with
 * a live version and no samples of its traffic, drift was not measured, and the gate says so.
 */
function findChampion(facts: TrainingMachineFacts, gate: LoopGate): States {
  const { spec, bucketName } = facts;
  const { maxDriftPsi, ...withoutDrift } = gate;
  const candidate = processingInput("candidate", { "S3Uri.$": "$.trained.package" });
  const champion = processingInput("champion", { "S3Uri.$": "$.champion.packageUri" });
  const test = processingInput("test", dataUri(facts, "test"));
  const samples = `States.Format('samples/${spec.model}/date={}/', $.yesterday)`;
  const traffic = processingInput("samples", {
    "S3Uri.$": `States.Format('s3://${bucketName}/samples/${spec.model}/date={}/', $.yesterday)`,
  });
  const compare = (name: string, inputs: object[], rules: LoopGate): States => ({
    [name]: { Type: "Pass", Parameters: { inputs, gate: rules }, ResultPath: "$.comparison", Next: "Evaluate" },
  });
  const first: LoopGate = { ...withoutDrift, beatChampion: gate.beatChampion };
  const drift: States =
    maxDriftPsi === undefined
      ? compare("CompareWithChampion", [candidate, test, champion], gate)
      : {
          ...call("CompareWithChampion", "aws-sdk:s3:listObjectsV2", {
            Parameters: { Bucket: bucketName, "Prefix.$": samples, MaxKeys: 1 },
            ResultSelector: { "count.$": "$.KeyCount" },
            ResultPath: "$.samples",
            Next: "WhetherTraffic",
          }),
          WhetherTraffic: {
            Type: "Choice",
            Choices: [{ Variable: "$.samples.count", NumericGreaterThan: 0, Next: "CompareWithTraffic" }],
            Default: "CompareWithoutTraffic",
          },
          ...compare("CompareWithTraffic", [candidate, test, champion, traffic], gate),
          ...compare("CompareWithoutTraffic", [candidate, test, champion], gate),
        };
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
    ...compare("FirstOfItsKind", [candidate, test], first),
    ...drift,
  };
}

function evaluateAndJudge(facts: TrainingMachineFacts, next: string): States {
  return {
    ...processing(facts, "Evaluate", {
      command: "evaluate",
      inputs: { "ProcessingInputs.$": "$.comparison.inputs" },
      next: "Gate",
    }),
    ...call("Gate", "lambda:invoke", {
      Parameters: {
        FunctionName: facts.functions.gate,
        Payload: {
          "gate.$": "$.comparison.gate",
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
      Choices: [{ Variable: "$.judged.passed", BooleanEquals: true, Next: "KeepEvaluation" }],
      Default: "ExplainGateRejected",
    },
    // Beside the model it stays; where reports are it would be deleted while the version may still be live.
    ...call("KeepEvaluation", "aws-sdk:s3:copyObject", {
      Parameters: {
        Bucket: facts.bucketName,
        "CopySource.$": ofRun(`${facts.bucketName}/${layout.outputs(facts.spec.model)}`, "/evaluation.json"),
        "Key.$": ofRun(layout.models(facts.spec.model), layout.baseline),
      },
      ResultPath: null,
      Next: next,
    }),
    ...explained(
      "ExplainGateRejected",
      "GateRejected",
      "States.Format('The candidate did not pass: {}', States.JsonToString($.judged.reasons))",
    ),
  };
}
