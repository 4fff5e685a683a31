import { longestRunSeconds } from "../../contracts/trainingLoop";
import type { States, Step } from "../../lib/states";
import { keep } from "../stepFunctions/answers";
import { demandBaseline, keepBaseline, keepEvaluation } from "../stepFunctions/baseline";
import { prepare, resolveImage, validateData } from "../stepFunctions/data";
import { publishBaseline } from "../stepFunctions/liveBaseline";
import { askRegistrar, historyOf } from "../stepFunctions/registry";
import { approve, checkEndpoint, promote } from "../stepFunctions/release";
import { call, explained, readReport, type TrainingMachineFacts, waitSeconds } from "../stepFunctions/terms";
import { wholeRun } from "../stepFunctions/wholeRun";
import { compare } from "./comparison";
import { gateSaid, gateStep, packageStep, pipelineParameters } from "./definition";
import { describedAs, stopLeftover } from "./leftover";

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
    ...demandBaseline(facts),
    ...(spec.gate ? [compare(facts, spec.gate)] : []),
    { entry: "StartPipeline", states: (next) => runPipeline(facts, pipelineName, next) },
    { entry: "FindPackage", states: (next) => findPackage(facts, next) },
    keepBaseline(facts),
    { entry: "Register", states: (next) => registerPackage(facts, next) },
    ...approve(facts),
    ...checkEndpoint(facts),
    promote(facts),
    ...publishBaseline(facts),
  ];
  return JSON.stringify({
    Comment: `Trains ${spec.model} by a pipeline of SageMaker`,
    StartAt: "NameRun",
    TimeoutSeconds: longestRunSeconds(facts),
    States: wholeRun(facts, steps, stopLeftover(pipelineName)),
  });
}

/** Step Functions cannot wait for the end of a pipeline: the run looks now and then, within the events that an execution may have. */
function runPipeline(facts: TrainingMachineFacts, PipelineName: string, next: string): States {
  const { spec } = facts;
  const value = (name: keyof typeof pipelineParameters, path: string) => ({
    Name: pipelineParameters[name],
    "Value.$": path,
  });
  const is = (StringEquals: string, Next: string) => ({ Variable: "$.looked.status", StringEquals, Next });
  return {
    ...call("StartPipeline", "aws-sdk:sagemaker:startPipelineExecution", {
      Parameters: {
        PipelineName,
        "PipelineExecutionDescription.$": describedAs,
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
    WaitForPipeline: { Type: "Wait", Seconds: waitSeconds(facts, 9), Next: "LookAtPipeline" },
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
    ...lookThroughSteps(
      "FindFailedSteps",
      `'failed': $join([${foundSteps}[StepStatus = 'Failed'].(StepName & ': ' & FailureReason)], '; ')`,
      "ExplainPipelineFailed",
    ),
    ...explained(
      "ExplainPipelineFailed",
      "PipelineFailed",
      "States.Format('The pipeline is {}: {}', $.looked.status, $.failed)",
    ),
  };
}

const foundSteps = "$states.result.PipelineExecutionSteps";

const lookThroughSteps = (name: string, kept: string, next: string) =>
  keep(name, {
    action: "listPipelineExecutionSteps",
    arguments: { PipelineExecutionArn: "{% $states.input.pipeline.arn %}" },
    ...{ kept, next },
  });

/** The gate's verdict for the run's record, as the step that asked it keeps it. A pipeline that has succeeded has passed. */
const judged = `'judged': {'passed': true, '${gateSaid}': ${foundSteps}[StepName = '${gateStep}'].Metadata.Lambda.OutputParameters[Name = '${gateSaid}'].Value}`;

/** What the pipeline has registered, and what it was trained to. */
function findPackage(facts: TrainingMachineFacts, next: string): States {
  const { spec } = facts;
  return {
    ...lookThroughSteps(
      "FindPackage",
      `'package': {'arn': ${foundSteps}[StepName = '${packageStep}'].Metadata.RegisterModel.Arn}${spec.gate ? `, ${judged}` : ""}`,
      "FindTrained",
    ),
    ...keep("FindTrained", {
      action: "describeModelPackage",
      arguments: { ModelPackageName: "{% $states.input.package.arn %}" },
      kept: "'trained': {'package': $states.result.InferenceSpecification.Containers[0].ModelDataUrl}",
      next: spec.gate ? "ReadEvaluation" : next,
    }),
    ...(spec.gate
      ? { ...readReport("ReadEvaluation", facts, "evaluation", "KeepEvaluation"), ...keepEvaluation(facts, next) }
      : {}),
  };
}

function registerPackage(facts: TrainingMachineFacts, next: string): States {
  return askRegistrar("Register", facts, {
    action: "register",
    parameters: {
      ...historyOf(facts, "sagemakerPipelines"),
      ...(facts.spec.gate ? { "metrics.$": "$.evaluation.report.candidate" } : { metrics: {} }),
    },
    result: { "version.$": "$.version" },
    path: "$.registered",
    next,
  });
}
