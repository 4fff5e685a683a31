/** Permissions of what stops a stack in the evening and starts it in the morning. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";
import { allow, arn } from "./terms";

/** What EventBridge Scheduler may do in the name of the off hours: to these groups, this database and these notebooks, and to nothing else. */
export function stopAndStart(
  account: AwsAccount,
  of: { scalingGroupNames: readonly string[]; database?: string; notebooks: readonly string[]; topicArn: string },
  missedStartsArn?: string,
): PolicyStatement[] {
  const { database } = of;
  return [
    allow("TellBefore", ["sns:Publish"], [of.topicArn]),
    ...(of.scalingGroupNames.length === 0
      ? []
      : [
          allow(
            "ScaleNodes",
            ["autoscaling:UpdateAutoScalingGroup"],
            of.scalingGroupNames.map((name) =>
              arn(account, "autoscaling", `autoScalingGroup:*:autoScalingGroupName/${name}`),
            ),
          ),
        ]),
    ...(database === undefined
      ? []
      : [
          allow("RestDatabase", ["rds:StartDBInstance", "rds:StopDBInstance"], [arn(account, "rds", `db:${database}`)]),
        ]),
    ...(of.notebooks.length === 0
      ? []
      : [
          allow(
            "StopNotebooks",
            ["sagemaker:StopNotebookInstance"],
            of.notebooks.map((name) => arn(account, "sagemaker", `notebook-instance/${name}`)),
          ),
        ]),
    ...(missedStartsArn === undefined ? [] : [allow("KeepMissed", ["sqs:SendMessage"], [missedStartsArn])]),
  ];
}
