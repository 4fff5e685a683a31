/** Permissions of what ends endpoints whose time is over. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";
import { allow, arn } from "./terms";

/** Asks how old the endpoints are, tells their owners, and deletes these endpoints and no other. */
export function endEndpoints(
  account: AwsAccount,
  functionArn: string,
  endpointNames: readonly string[],
  topicArns: readonly string[],
): PolicyStatement[] {
  return [
    allow("AskAge", ["lambda:InvokeFunction"], [functionArn]),
    allow("TellOwners", ["sns:Publish"], [...new Set(topicArns)]),
    allow(
      "EndEndpoints",
      ["sagemaker:DeleteEndpoint"],
      endpointNames.map((name) => arn(account, "sagemaker", `endpoint/${name}`)),
    ),
  ];
}
