/** Words in which the state machine of training is written. */

import { type LoopSpec, layout, longestRunSeconds } from "../../contracts/trainingLoop";
import { anything, brief, type State, type States } from "../../lib/states";

/** What a model's state machine is told; everything known when it is made. */
export interface TrainingMachineFacts {
  spec: LoopSpec;
  /** Beginning of the names of its jobs, at most {@link longestJobPrefix} characters. */
  jobPrefix: string;
  /** Beginning of the names of its searches, at most {@link longestSearchPrefix} characters. */
  searchPrefix: string;
  bucketName: string;
  keyArn?: string;
  /** Table of training: who runs, what was taken, who waits for a decision. */
  tableName: string;
  /** Runs at once over all models. */
  maxParallelRuns: number;
  /** Activity that the registrar answers. */
  registrarArn: string;
  /** Functions by what they do. */
  functions: { gate: string; endpointStatus: string };
  /** Role that SageMaker's jobs take on. */
  jobRoleArn: string;
  /** Image of the algorithm that trains in place of the loop's own. */
  algorithmImage?: string;
  /** Where jobs run. */
  network: { subnetIds: string[]; securityGroupId: string };
  /** Group of the model's packages, and the image that serves them. */
  packages: { groupName: string; image: string };
  /** Whether new objects start runs. */
  newObjects: boolean;
  /** Whether runs that nobody asked for wait for a new month once the budget is used up. */
  heldByBudget: boolean;
  /** The Glue job that prepares. */
  glueJobName?: string;
  /** The task on Fargate that prepares. */
  task?: { clusterArn: string; definitionArn: string };
  /** Where the owner is told; absent: it only shows in Step Functions. */
  topicArn?: string;
  /** Of each job. */
  tags: Record<string, string>;
}

/** SageMaker's 63, less a moment of 19 characters, a dash, a letter and an attempt of two digits. */
export const longestJobPrefix = 63 - 19 - 4;
/**
 * 32 are allowed, less what is alike in searches that may learn from each other, the moment in 8 characters, two dashes, and an attempt of two digits.
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
 */
export const longestSearchPrefix = 32 - 8 - 1 - 8 - 3;

/** First state of the way out that tells, notes and frees. */
export const toldFirst = "TellOwner";

/** Sends every error of a state to where it is explained, with the state's name: nothing else tells which one it was. */
export const caught = (state: string, Next = "ExplainFailure") => [
  { ErrorEquals: anything, ResultPath: "$.error", Assign: { failedState: state }, Next },
];

/** The same for a state in JSONata. */
export const caughtByQuery = (state: string, Next = "ExplainFailure") => [
  {
    ErrorEquals: anything,
    Assign: { failedState: state },
    Output: "{% $merge([$states.input, {'error': $states.errorOutput}]) %}",
    Next,
  },
];

/** What the table says when somebody else has it. */
export const conditionFailed = ["DynamoDB.ConditionalCheckFailedException"];

/** Seconds since 1970 at which the state is entered, in JSONata. */
export const epochNow = "$floor($toMillis($states.context.State.EnteredTime) / 1000)";

/** Of the 25,000 events that an execution may have, those for waiting; what is left is enough for all else, 100 objects and retries among it. */
const waitingEvents = 20_000;

/**
 * Seconds between two looks at what a run waits for.
 * @param events of one turn, from one wait to the next: an execution with too many of them fails, and nothing catches that
 */
export const waitSeconds = (facts: Pick<TrainingMachineFacts, "spec" | "newObjects">, events: number) =>
  Math.max(60, Math.ceil((longestRunSeconds(facts) * events) / waitingEvents));

/** Errors by which runs end on their way out, when the owner has been told and everything was given back. */
export const trainingErrors = [
  "ApprovalRejected",
  "ApprovalTimedOut",
  "DataRejected",
  "EndpointAbsent",
  "EndpointFailed",
  "GateRejected",
  "NoBaseline",
  "NoImage",
  "PipelineFailed",
  "RolledBack",
  "TrainingFailed",
] as const;

/** Those by which the check of a version ends that a person asked for, beside `GateRejected` and `TrainingFailed`. */
const checkErrors = ["CandidateRefused", "NoApprovedRun", "NoTestRows", "NotNoted"] as const;

/** A task that answers within seconds: tried again when the service is busy, and its failure ends the run. */
export function call(
  name: string,
  resource: string,
  task: {
    Parameters: object;
    ResultSelector?: object;
    ResultPath: string | null;
    Next: string;
    Retry?: object[];
    Catch?: object[];
  },
): Record<string, State> {
  return {
    [name]: {
      Type: "Task",
      Resource: `arn:aws:states:::${resource}`,
      TimeoutSeconds: 60,
      Retry: brief("States.TaskFailed"),
      Catch: caught(name),
      ...task,
    },
  };
}

/** Place of something of this run, such as `outputs/churn/<run>/evaluation.json`; as `Key.$` or `Uri.$` takes it. */
export const ofRun = (folder: string, below = "") => `States.Format('${folder}{}${below}', $.run)`;

/** Folder of the data that jobs read: what the run has prepared, or data as it lies. */
export function dataUri({ spec, bucketName }: TrainingMachineFacts, part = ""): Record<string, string> {
  const end = part === "" ? "/" : `/${part}/`;
  return spec.prepare
    ? { "S3Uri.$": ofRun(`s3://${bucketName}/${layout.extracts(spec.model)}`, end) }
    : { S3Uri: `s3://${bucketName}/${spec.rawFolder}${end.slice(1)}` };
}

/** The same as a field `data`. */
export function dataAddress(facts: TrainingMachineFacts): Record<string, string> {
  const { S3Uri, "S3Uri.$": expression } = dataUri(facts);
  return S3Uri === undefined ? { "data.$": expression! } : { data: S3Uri };
}

/** Says how the run has ended, and takes the way out, or goes where there is still something to do. `cause` is an expression. */
export function explained(
  name: string,
  error: (typeof trainingErrors | typeof checkErrors)[number],
  cause: string,
  Next = toldFirst,
): States {
  return {
    [name]: {
      Type: "Pass",
      Parameters: { outcome: "failed", error, "cause.$": cause },
      ResultPath: "$.verdict",
      Next,
    },
  };
}

/** What a job of this run has written to `<report>.json`, as `$.<report>.report`. */
export function readReport(
  name: string,
  { spec, bucketName }: TrainingMachineFacts,
  report: string,
  Next: string,
): States {
  return call(name, "aws-sdk:s3:getObject", {
    Parameters: { Bucket: bucketName, "Key.$": ofRun(layout.outputs(spec.model), `/${report}.json`) },
    ResultSelector: { "report.$": "States.StringToJson($.Body)" },
    ResultPath: `$.${report}`,
    Next,
  });
}
