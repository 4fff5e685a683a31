/** Words in which the state machine of a budget is written. */
import { brief, type State, type States } from "../lib/states";

/** A group of nodes that is stopped, with its limits otherwise. */
export interface StoppedGroup {
  name: string;
  minNodes: number;
  maxNodes: number;
}

/** What the state machine of a budget is told; everything known when it is made. */
export interface BudgetStopFacts {
  accountId: string;
  budgetName: string;
  /** With which mails begin. */
  stack: string;
  /** What the month may cost before anything is stopped. */
  limitUsd: number;
  topicArn: string;
  /** Names of notebook instances, and of endpoints that have an end anyway. */
  notebooks: string[];
  endpoints: string[];
  /** Studio's domain, where there is one. */
  domainId?: string | undefined;
  groups: StoppedGroup[];
  /** Whether groups come back by themselves, in the morning of a work day. */
  groupsComeBack: boolean;
  /** Table in which runs of training look whether they are held. */
  tableName?: string | undefined;
}

/** One thing to do, by the state that does it. */
export type Act = { kind: string } & Record<string, string | number>;

/** A call that answers at once. */
export const asked = (resource: string, Arguments: object | string): State => ({
  Type: "Task",
  Resource: `arn:aws:states:::${resource}`,
  Arguments,
  TimeoutSeconds: 60,
  Retry: brief("States.TaskFailed"),
});

/** Does one thing after another, by the state that is called as its kind; what fails keeps no other from being done, and is told in the end. */
export function forEach(name: string, acts: Act[], states: States): State {
  if (acts.length === 0) return { Type: "Pass", Assign: { failed: [] } };
  const kinds = [...new Set(acts.map(({ kind }) => kind))];
  return {
    Type: "Map",
    Items: acts,
    MaxConcurrency: 1,
    ItemProcessor: {
      ProcessorConfig: { Mode: "INLINE" },
      StartAt: `${name}Which`,
      States: {
        [`${name}Which`]: {
          Type: "Choice",
          Choices: kinds.map((kind) => ({ Condition: `{% $states.input.kind = '${kind}' %}`, Next: kind })),
          Default: `${name}Finished`,
        },
        ...states,
        [`${name}Failed`]: {
          Type: "Pass",
          Output: { failed: "{% $states.input.what & ': ' & $states.input.error %}" },
          End: true,
        },
        [`${name}Finished`]: { Type: "Pass", Output: {}, End: true },
      },
    },
    Assign: { failed: "{% $append([], $states.result.failed) %}" },
  };
}

/** Goes on with what is told in the end. @param what an expression */
export const unlessFailed = (Next: string, what = "$states.input.kind & ' ' & $states.input.name") => ({
  Catch: [
    {
      ErrorEquals: ["States.ALL"],
      Output: {
        what: `{% ${what} %}`,
        error: "{% $states.errorOutput.Error & ' ' & [$states.errorOutput.Cause, ''][0] %}",
      },
      Next,
    },
  ],
});
