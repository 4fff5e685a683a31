/** Words in which the state machines of batch scoring are written. */
import type { LiveModel } from "./definitionModel";

export { patient, type State } from "../../lib/states";

/** SageMaker's 63, less the 32 digits of a run. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html */
export const longestTransformPrefix = 63 - 32;

/** What a state machine of batch scoring is told; everything known when it is made. */
export interface MachineFacts {
  model: string;
  /** Beginning of the names of its transform jobs, at most {@link longestTransformPrefix} characters. */
  jobPrefix: string;
  live: LiveModel;
  bucketName: string;
  keyArn?: string;
  /** Folder whose objects a schedule scores, with a slash at the end; absent where nothing is scheduled. */
  input?: string;
  /** Table of what was scored; absent where nothing starts on new objects. */
  tableName?: string;
  instanceType: string;
  instances: number;
  timeoutMinutes: number;
  /** Where a failure is told. */
  topicArn?: string;
  /** Of each transform job: the provider does not see those. */
  tags: Record<string, string>;
}

/** The format of rows and predictions: a split by line keeps every row whole, which CSV with a header would not be. */
export const rowFormat = "application/jsonlines";

/** Sends every error of a task to the end that gives claims back and tells the owner. */
export const caught = (next = "GiveBack") => [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: next }];
