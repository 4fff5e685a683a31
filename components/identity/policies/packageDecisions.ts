/** Permissions of the state machine that passes on what people decide of model packages, and of the rule that starts it. */
import type { AwsAccount } from "../../contracts/account";
import { packageGroupName } from "../../contracts/trainingLoop";
import type { PolicyStatement, ResourcePolicyStatement } from "../../lib/statements";
import { deliversLogs } from "./measuring";
import { allow, arn } from "./terms";

/** Of a stack. No model's machine is named so: theirs end in `-training` and `-check`. */
export const decisionMachineName = (stack: string) => `${stack}-package-decisions`;

/** By a pattern, since a role holds the names of about a hundred groups; the machine asks of its own stack's alone. */
export const seeDecisions = (account: AwsAccount, stack: string): PolicyStatement[] => [
  allow(
    "SeePackages",
    ["sagemaker:DescribeModelPackage"],
    [arn(account, "sagemaker", `model-package/${packageGroupName(stack, "*")}/*`)],
  ),
  deliversLogs,
];

/**
 * Lets rules of EventBridge put into a queue what they could not start: by the queue's policy, since they ask as the service.
 * @param rules ARNs by a pattern
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export function keepMissedEvents(queueArn: string, rules: string): ResourcePolicyStatement[] {
  return [
    {
      ...allow("KeepMissedEvents", ["sqs:SendMessage"], [queueArn], { ArnLike: { "aws:SourceArn": rules } }),
      Principal: { Service: ["events.amazonaws.com"] },
    },
  ];
}
