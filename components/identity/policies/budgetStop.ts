/** Permissions of what stops a stack's notebooks, experiments and training once its budget is used up. */
import type { AwsAccount } from "../../contracts/account";
import { heldByBudget } from "../../contracts/trainingLoop";
import { stoppedTag } from "../../lib/endpointName";
import type { PolicyStatement } from "../../lib/statements";
import { allow, arn, onAnyResource } from "./terms";

/** What it stops. */
export interface BudgetStopScope {
  budgetName: string;
  machineName: string;
  topicArn: string;
  endpoints: readonly string[];
  notebooks: readonly string[];
  /** Studio's domain. */
  domainId?: string | undefined;
  scalingGroupNames: readonly string[];
  table?: { arn: string; keyArn?: string | undefined } | undefined;
}

/** Asks what the month has cost, and stops these and no other. */
export function stopByBudget(account: AwsAccount, of: BudgetStopScope): PolicyStatement[] {
  const machine = arn(account, "states", `stateMachine:${of.machineName}`);
  const some = (names: readonly string[], Sid: string, actions: string[], resource: (name: string) => string) =>
    names.length === 0 ? [] : [allow(Sid, actions, names.map(resource))];
  return [
    allow(
      "AskBudget",
      ["budgets:ViewBudget"],
      [`arn:${account.partition}:budgets::${account.accountId}:budget/${of.budgetName}`],
    ),
    allow("Tell", ["sns:Publish"], [of.topicArn]),
    allow("AskWhetherStopped", ["states:ListTagsForResource"], [machine]),
    allow("NoteStopped", ["states:TagResource", "states:UntagResource"], [machine], {
      "ForAllValues:StringEquals": { "aws:TagKeys": [stoppedTag] },
      Null: { "aws:TagKeys": "false" },
    }),
    ...some(of.endpoints, "EndExperiments", ["sagemaker:DeleteEndpoint", "sagemaker:DescribeEndpoint"], (name) =>
      arn(account, "sagemaker", `endpoint/${name}`),
    ),
    ...some(
      of.notebooks,
      "StopNotebooks",
      ["sagemaker:DescribeNotebookInstance", "sagemaker:StopNotebookInstance"],
      (name) => arn(account, "sagemaker", `notebook-instance/${name}`),
    ),
    ...(of.domainId === undefined
      ? []
      : [
          onAnyResource("FindApps", ["sagemaker:ListApps"]),
          allow("CloseApps", ["sagemaker:DeleteApp"], [arn(account, "sagemaker", `app/${of.domainId}/*`)]),
        ]),
    ...some(of.scalingGroupNames, "ScaleNotebooks", ["autoscaling:UpdateAutoScalingGroup"], (name) =>
      arn(account, "autoscaling", `autoScalingGroup:*:autoScalingGroupName/${name}`),
    ),
    ...(of.table === undefined
      ? []
      : [
          allow("HoldTraining", ["dynamodb:DeleteItem", "dynamodb:PutItem"], [of.table.arn], {
            "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [heldByBudget] },
          }),
          ...(of.table.keyArn === undefined
            ? []
            : [allow("OpenAndEncrypt", ["kms:Decrypt", "kms:GenerateDataKey"], [of.table.keyArn])]),
        ]),
  ];
}
