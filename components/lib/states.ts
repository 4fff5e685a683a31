/** Words of the Amazon States Language that the platform's state machines share. */
export type State = Record<string, unknown> & { Type: string };
export type States = Record<string, State>;

/** Waits differ from run to run, so that many that were refused together do not come back together. */
const scattered = { BackoffRate: 2, JitterStrategy: "FULL" };

/** Errors that pass by themselves, given the time that capacity takes to come back. */
export const patient = (...errors: string[]) => [
  { ErrorEquals: errors, IntervalSeconds: 30, MaxAttempts: 6, MaxDelaySeconds: 900, ...scattered },
];

/** Errors of calls that answer at once: throttling of those that are called by SDK has no name of its own. */
export const brief = (...errors: string[]) => [
  { ErrorEquals: errors, IntervalSeconds: 5, MaxAttempts: 4, MaxDelaySeconds: 60, ...scattered },
];

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
export const tableErrors = [
  "DynamoDB.InternalServerErrorException",
  "DynamoDB.ProvisionedThroughputExceededException",
  "DynamoDB.ThrottlingException",
];

/** Whatever goes wrong. */
export const anything = ["States.ALL"];

/** States that follow each other, to be told what comes after them. */
export interface Step {
  entry: string;
  states: (next: string) => States;
}

/** One step for several, in their order. @throws without any. */
export function inOrder(steps: Step[]): Step {
  const first = steps[0];
  if (first === undefined) throw new Error("there is nothing to put in order");
  return {
    entry: first.entry,
    states: (next) =>
      Object.assign({}, ...steps.map(({ states }, at) => states(steps[at + 1]?.entry ?? next))) as States,
  };
}
