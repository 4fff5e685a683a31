/** A loop's jobs as a pipeline of SageMaker, which a state machine starts and waits for. */

import { evaluating, type LoopSpec, layout } from "../../contracts/trainingLoop";
import type { State } from "../../lib/states";
import { evaluationAddress, modelQuality } from "../stepFunctions/baseline";
import { convertedFolder, converting } from "../stepFunctions/conversion";
import { train } from "../stepFunctions/jobs";
import { processing, processingInput } from "../stepFunctions/processing";
import { algorithmOf } from "../stepFunctions/release";
import { tune } from "../stepFunctions/searches";
import { dataUri, type TrainingMachineFacts } from "../stepFunctions/terms";
import { expression, inPipeline, type PipelineValue } from "./expressions";

/** What a run is told, by name. Why it began is for the record: neither parameters nor a package's properties take what people write. */
export const pipelineParameters = {
  run: "Run",
  image: "Image",
  champion: "Champion",
  samples: "Samples",
  gate: "Gate",
} as const;

const get = (Get: string): PipelineValue => ({ Get });
const parameter = (name: keyof typeof pipelineParameters) => get(`Parameters.${pipelineParameters[name]}`);

/** Names of steps that others look for. */
export const packageStep = "Package";
export const searchStep = "Tune";
export const gateStep = "Gate";
/** Output of that step with the verdict as a text. */
export const gateSaid = "said";
const convertStep = "Convert";

type Step = { Name: string; Type: string } & Record<string, unknown>;

/** What passes by itself. https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html */
const ofService = [
  {
    ExceptionType: ["Step.SERVICE_FAULT", "Step.THROTTLING"],
    IntervalSeconds: 30,
    BackoffRate: 2,
    MaxAttempts: 6,
  },
];
const RetryPolicies = [
  ...ofService,
  {
    ExceptionType: ["SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"],
    IntervalSeconds: 60,
    BackoffRate: 2,
    ExpireAfterMin: 240,
  },
];

/** Where a test folder stands for what is not there: a pipeline has all its inputs always, and nothing in it is a model or traffic. */
export function absent(facts: TrainingMachineFacts): Record<string, string> {
  return dataUri(facts, "test");
}

/**
 * Train or tune, convert what a built-in algorithm leaves, evaluate, gate, and register as a package of the model's group. One condition only, at the end: Pipelines neither
 * nest conditions nor go on behind them, so that data are validated before it starts.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps.html
 */
export function pipelineDefinition(facts: TrainingMachineFacts): string {
  const { spec } = facts;
  return JSON.stringify({
    Version: "2020-12-01",
    Metadata: { Model: spec.model },
    Parameters: parameters(spec),
    Steps: [
      trained(facts),
      ...(spec.algorithm ? [converted(facts)] : []),
      ...(spec.gate ? judged(facts) : [{ ...register(facts), ...afterConversion(facts) }]),
    ],
  });
}

function parameters(spec: LoopSpec) {
  const text = (name: keyof typeof pipelineParameters, given: object = {}) => ({
    Name: pipelineParameters[name],
    Type: "String",
    ...given,
  });
  return [
    text("run"),
    text("image"),
    ...(spec.gate ? [text("champion"), text("gate", { DefaultValue: JSON.stringify(spec.gate) })] : []),
    ...(spec.gate?.maxDriftPsi === undefined ? [] : [text("samples")]),
  ];
}

/** What the job that trained has left. */
function left({ spec, bucketName }: TrainingMachineFacts): PipelineValue {
  return spec.tune
    ? {
        "Std:Join": {
          On: "/",
          Values: [
            `s3://${bucketName}/${layout.models(spec.model)}`.slice(0, -1),
            parameter("run"),
            get(`Steps.${searchStep}.BestTrainingJob.TrainingJobName`),
            "output/model.tar.gz",
          ],
        },
      }
    : get("Steps.Train.ModelArtifacts.S3ModelArtifacts");
}

/** The run's model, which is judged and registered. */
const packed = (facts: TrainingMachineFacts): PipelineValue =>
  facts.spec.algorithm
    ? expression(convertedFolder(facts, "/model.tar.gz"), { "$.run": parameter("run") })
    : left(facts);

/** From a path of the state machine to where the pipeline has the same. */
const known = (facts: TrainingMachineFacts, trained = packed(facts)): Record<string, PipelineValue> => ({
  "$.run": parameter("run"),
  "$.image.uri": parameter("image"),
  "$.trained.package": trained,
  "$.champion.packageUri": parameter("champion"),
  "$.samples": parameter("samples"),
});

/** The parameters of one state's service, without the name that a pipeline gives its jobs itself. */
function argumentsOf(facts: TrainingMachineFacts, state: State | undefined, name: string, trained?: PipelineValue) {
  const { [name]: _, ...given } = state!.Parameters as Record<string, unknown>;
  return inPipeline(given, known(facts, trained));
}

function trained(facts: TrainingMachineFacts): Step {
  const search = facts.spec.tune;
  if (search) {
    const { Tune } = tune(facts, search, "");
    return {
      Name: searchStep,
      Type: "Tuning",
      Arguments: argumentsOf(facts, Tune, "HyperParameterTuningJobName.$"),
      RetryPolicies,
    };
  }
  const { Train } = train(facts, "");
  return {
    Name: "Train",
    Type: "Training",
    Arguments: argumentsOf(facts, Train, "TrainingJobName.$"),
    RetryPolicies,
  };
}

function converted(facts: TrainingMachineFacts): Step {
  const { Convert } = converting(facts, "");
  return {
    Name: convertStep,
    Type: "Processing",
    Arguments: argumentsOf(facts, Convert, "ProcessingJobName.$", left(facts)),
    RetryPolicies,
  };
}

/** Where its model lies is known before it is there, so that who needs it has to wait by name. */
const afterConversion = ({ spec }: TrainingMachineFacts) => (spec.algorithm ? { DependsOn: [convertStep] } : {});

function judged(facts: TrainingMachineFacts): Step[] {
  const { spec, bucketName } = facts;
  const ProcessingInputs = [
    processingInput("candidate", { "S3Uri.$": "$.trained.package" }),
    processingInput("test", dataUri(facts, "test")),
    processingInput("champion", { "S3Uri.$": "$.champion.packageUri" }),
    ...(spec.gate?.maxDriftPsi === undefined ? [] : [processingInput("samples", { "S3Uri.$": "$.samples" })]),
  ];
  const asked = { command: "evaluate", flags: evaluating(spec), inputs: { ProcessingInputs }, next: "" };
  const { Evaluate } = processing(facts, "Evaluate", asked);
  return [
    {
      Name: "Evaluate",
      Type: "Processing",
      ...afterConversion(facts),
      Arguments: argumentsOf(facts, Evaluate, "ProcessingJobName.$"),
      RetryPolicies,
    },
    {
      Name: gateStep,
      Type: "Lambda",
      FunctionArn: facts.functions.gate,
      DependsOn: ["Evaluate"],
      Arguments: {
        gate: parameter("gate"),
        ...(spec.checks ? { checks: spec.checks } : {}),
        report: {
          bucket: bucketName,
          key: {
            "Std:Join": {
              On: "",
              Values: [layout.outputs(spec.model), parameter("run"), "/evaluation.json"],
            },
          },
        },
      },
      OutputParameters: [
        { OutputName: "passed", OutputType: "Boolean" },
        { OutputName: gateSaid, OutputType: "String" },
      ],
    },
    {
      Name: "WhetherPassed",
      Type: "Condition",
      Arguments: {
        Conditions: [
          { Type: "Equals", LeftValue: get(`Steps.${gateStep}.OutputParameters['passed']`), RightValue: true },
        ],
        IfSteps: [register(facts)],
        ElseSteps: [
          {
            Name: "GateRejected",
            Type: "Fail",
            Arguments: {
              ErrorMessage: {
                "Std:Join": {
                  On: "",
                  Values: [
                    "The candidate did not pass: ",
                    get(`Steps.${gateStep}.OutputParameters['${gateSaid}']`),
                    `; s3://${bucketName}/${layout.outputs(spec.model)}`,
                    parameter("run"),
                    "/evaluation.json says what was measured",
                  ],
                },
              },
            },
          },
        ],
      },
    },
  ];
}

function register(facts: TrainingMachineFacts): Step {
  const { spec, packages } = facts;
  return {
    Name: packageStep,
    Type: "RegisterModel",
    Arguments: {
      ModelPackageGroupName: packages.groupName,
      InferenceSpecification: {
        Containers: [{ Image: packages.image, ModelDataUrl: known(facts)["$.trained.package"] }],
        SupportedContentTypes: ["application/json", "text/csv"],
        SupportedResponseMIMETypes: ["application/json", "text/csv"],
      },
      // What the rows were like is kept only where the image says so, which no argument of a pipeline can depend on.
      ...(spec.gate ? { ModelMetrics: inPipeline(modelQuality(facts), known(facts)) } : {}),
      ModelApprovalStatus: spec.approve === "manual" ? "PendingManualApproval" : "Approved",
      CustomerMetadataProperties: {
        run: parameter("run"),
        image: parameter("image"),
        ...algorithmOf(spec),
        ...(inPipeline(evaluationAddress(facts), known(facts)) as object),
      },
    },
    RetryPolicies: ofService,
  };
}
