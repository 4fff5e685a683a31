/** Words in which the state machines of batch scoring are written. */
import type { LiveModel } from "./definitionModel";

export { patient, type State } from "../../lib/states";

/** What a state machine of batch scoring is told; everything known when it is made. */
export interface MachineFacts {
  model: string;
  /** Beginning of the names of its transform jobs, which end in 32 digits more; at most 31 characters. */
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
