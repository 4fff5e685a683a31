import type { States, Step } from "../../lib/states";
import { type LoopGate, longestRunSeconds } from "../spec";
import { prepare, resolveImage, validateData } from "../stepFunctions/data";
import { askRegistrar } from "../stepFunctions/registry";
import { approve, checkEndpoint, promote } from "../stepFunctions/release";
import { call, explained, readReport, type TrainingMachineFacts, waitSeconds } from "../stepFunctions/terms";
import { wholeRun } from "../stepFunctions/wholeRun";
import { absent, packageStep, pipelineParameters } from "./definition";

/**
 * The state machine around a model's pipeline: whose turn it is, image and data before it; and MLflow, approval, release and record
 * behind it, as without a pipeline. So a model is trained once at a time, and goes live one way, whatever trains it.
 */
export function pipelineMachine(facts: TrainingMachineFacts, pipelineName: string): string {
  const { spec } = facts;
  const steps: Step[] = [
    resolveImage(facts),
    ...prepare(facts),
    validateData(facts),
    ...(spec.gate ? [compare(facts, spec.gate)] : []),
    { entry: "StartPipeline", states: (next) => runPipeline(facts, pipelineName, next) },
    { entry: "FindPackage", states: (next) => findPackage(facts, next) },
    { entry: "Register", states: (next) => registerPackage(facts, next) },
    ...approve(facts),
    ...checkEndpoint(facts),
    promote(facts),
  ];
  return JSON.stringify({
    Comment: `Trains ${spec.model} by a pipeline of SageMaker`,
    StartAt: "NameRun",
    TimeoutSeconds: longestRunSeconds(spec),
    States: wholeRun(facts, steps),
  });
}

/** Whether there is something to be better than, and traffic to have drifted from: what the pipeline is told of both. */
function compare(facts: TrainingMachineFacts, gate: LoopGate): Step {
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

/** Pipelines tell nobody when they end: the run looks now and then, within the events that an execution may have. */
function runPipeline({ spec }: TrainingMachineFacts, PipelineName: string, next: string): States {
  const value = (name: keyof typeof pipelineParameters, path: string) => ({
    Name: pipelineParameters[name],
    "Value.$": path,
  });
  const is = (StringEquals: string, Next: string) => ({ Variable: "$.looked.status", StringEquals, Next });
  return {
    ...call("StartPipeline", "aws-sdk:sagemaker:startPipelineExecution", {
      Parameters: {
        PipelineName,
        "PipelineExecutionDescription.$": "$.run",
        "ClientRequestToken.$": "States.Hash($.run, 'SHA-1')",
        PipelineParameters: [
          value("run", "$.run"),
          value("image", "$.image.uri"),
          ...(spec.gate ? [value("gate", "$.comparison.gate"), value("champion", "$.comparison.champion.S3Uri")] : []),
          ...(spec.gate?.maxDriftPsi === undefined ? [] : [value("samples", "$.comparison.samples.S3Uri")]),
        ],
      },
      ResultSelector: { "arn.$": "$.PipelineExecutionArn" },
      ResultPath: "$.pipeline",
      Next: "WaitForPipeline",
    }),
    WaitForPipeline: { Type: "Wait", Seconds: waitSeconds(spec, 9), Next: "LookAtPipeline" },
    ...call("LookAtPipeline", "aws-sdk:sagemaker:describePipelineExecution", {
      Parameters: { "PipelineExecutionArn.$": "$.pipeline.arn" },
      ResultSelector: { "status.$": "$.PipelineExecutionStatus" },
      ResultPath: "$.looked",
      Next: "WhetherPipelineEnded",
    }),
    WhetherPipelineEnded: {
      Type: "Choice",
      Choices: [is("Succeeded", next), is("Executing", "WaitForPipeline"), is("Stopping", "WaitForPipeline")],
      Default: "FindFailedSteps",
    },
    ...call("FindFailedSteps", "aws-sdk:sagemaker:listPipelineExecutionSteps", {
      Parameters: { "PipelineExecutionArn.$": "$.pipeline.arn" },
      ResultSelector: {
        "steps.$": "$.PipelineExecutionSteps[?(@.StepStatus == 'Failed')].StepName",
        "reasons.$": "$.PipelineExecutionSteps[?(@.StepStatus == 'Failed')].FailureReason",
      },
      ResultPath: "$.failed",
      Next: "ExplainPipelineFailed",
    }),
    ...explained(
      "ExplainPipelineFailed",
      "PipelineFailed",
      "States.Format('The pipeline is {}: {}', $.looked.status, States.JsonToString($.failed))",
    ),
  };
}

/** What the pipeline has registered, and what it was trained to. */
function findPackage(facts: TrainingMachineFacts, next: string): States {
  const { spec } = facts;
  return {
    ...call("FindPackage", "aws-sdk:sagemaker:listPipelineExecutionSteps", {
      Parameters: { "PipelineExecutionArn.$": "$.pipeline.arn" },
      ResultSelector: {
        "arn.$": `States.ArrayGetItem($.PipelineExecutionSteps[?(@.StepName == '${packageStep}')].Metadata.RegisterModel.Arn, 0)`,
      },
      ResultPath: "$.package",
      Next: "FindTrained",
    }),
    ...call("FindTrained", "aws-sdk:sagemaker:describeModelPackage", {
      Parameters: { "ModelPackageName.$": "$.package.arn" },
      ResultSelector: { "package.$": "$.InferenceSpecification.Containers[0].ModelDataUrl" },
      ResultPath: "$.trained",
      Next: spec.gate ? "ReadEvaluation" : next,
    }),
    ...(spec.gate ? readReport("ReadEvaluation", facts, "evaluation", next) : {}),
  };
}

function registerPackage(facts: TrainingMachineFacts, next: string): States {
  return askRegistrar("Register", facts, {
    action: "register",
    parameters: {
      "modelPackage.$": "$.trained.package",
      "reason.$": "$.reason",
      "image.$": "$.image.uri",
      ...(facts.spec.gate ? { "metrics.$": "$.evaluation.report.candidate" } : { metrics: {} }),
    },
    result: { "version.$": "$.version" },
    path: "$.registered",
    next,
  });
}
