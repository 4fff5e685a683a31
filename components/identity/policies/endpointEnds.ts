/** Permissions of what ends endpoints whose time is over. */
import type { AwsAccount } from "../../contracts/account";
import { noticeTag } from "../../lib/endpointName";
import type { PolicyStatement } from "../../lib/statements";
import { allow, arn } from "./terms";

/** Asks how old the endpoints are, tells their owners, notes that, and deletes these endpoints and no other. */
export function endEndpoints(
  account: AwsAccount,
  functionArn: string,
  endpointNames: readonly string[],
  topicArns: readonly string[],
): PolicyStatement[] {
  const endpoints = endpointNames.map((name) => arn(account, "sagemaker", `endpoint/${name}`));
  return [
    allow("AskAge", ["lambda:InvokeFunction"], [functionArn]),
    allow("TellOwners", ["sns:Publish"], [...new Set(topicArns)]),
    allow("EndEndpoints", ["sagemaker:DeleteEndpoint", "sagemaker:ListTags"], endpoints),
    allow("NoteNotices", ["sagemaker:AddTags"], endpoints, {
      "ForAllValues:StringEquals": { "aws:TagKeys": [noticeTag] },
      Null: { "aws:TagKeys": "false" },
    }),
  ];
}
