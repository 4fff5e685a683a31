import { brief, type State } from "../../lib/states";
import { packageDecision } from "../packageDecision";

/** Longest that the registrar is waited for, and what it has not registered yet. */
const seconds = 24 * 3600;

/**
 * Tells the registrar what somebody has decided of a model package, whether a run waits for it or its version has been live for long. Input is
 * the event of SageMaker. What the package says now counts: each change makes events, some of them several, and they may come late.
 * @param groupNames groups of packages on which decisions count; another stack's may begin with the same words
 */
export function decisionsDefinition(registrarArn: string, groupNames: string[]): string {
  // Where nobody decides, a loop makes its package as Approved, which is an event too, and nobody's word.
  const decision = packageDecision({ by: "", at: "''" });
  const request = {
    action: "decided",
    ...Object.fromEntries(Object.entries(decision).map(([name, expression]) => [name, `{% ${expression} %}`])),
  };
  const states: Record<string, State> = {
    WhetherOurs: {
      Type: "Choice",
      Choices: [
        {
          Condition: `{% $states.input.detail.ModelPackageGroupName in ${JSON.stringify(groupNames)} %}`,
          Next: "DescribePackage",
        },
      ],
      Default: "Undecided",
    },
    DescribePackage: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:sagemaker:describeModelPackage",
      Arguments: { ModelPackageName: "{% $states.input.detail.ModelPackageArn %}" },
      Output: request,
      TimeoutSeconds: 60,
      Retry: brief("States.TaskFailed"),
      Next: "WhetherDecided",
    },
    WhetherDecided: {
      Type: "Choice",
      Choices: [
        {
          Condition:
            "{% $states.input.status in ['Approved', 'Rejected'] and $states.input.by != '' and $states.input.at != '' %}",
          Next: "TellRegistrar",
        },
      ],
      Default: "Undecided",
    },
    Undecided: { Type: "Succeed" },
    TellRegistrar: {
      Type: "Task",
      Resource: registrarArn,
      Arguments: "{% $states.input %}",
      TimeoutSeconds: 1800,
      HeartbeatSeconds: 300,
      Retry: [
        { ErrorEquals: ["Refused"], MaxAttempts: 0 },
        // A pipeline packages before its run registers, and the registrar may be on its way to another node.
        {
          ErrorEquals: ["States.ALL"],
          IntervalSeconds: 30,
          MaxAttempts: 40,
          MaxDelaySeconds: 1800,
          BackoffRate: 2,
          JitterStrategy: "FULL",
        },
      ],
      End: true,
    },
  };
  return JSON.stringify({
    Comment: "Passes on what people decide of model packages",
    QueryLanguage: "JSONata",
    StartAt: "WhetherOurs",
    TimeoutSeconds: seconds,
    States: states,
  });
}
