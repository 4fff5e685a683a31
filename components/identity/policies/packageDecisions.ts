/** Permissions of the state machine that passes on what people decide of model packages. */
import type { AwsAccount } from "../../contracts/account";
import { packageGroupName } from "../../contracts/trainingLoop";
import type { PolicyStatement } from "../../lib/statements";
import { deliversLogs } from "./measuring";
import { allow, arn } from "./terms";

/** Of a stack. No model's machine is named so: theirs end in `-training` and `-check`. */
export const decisionMachineName = (stack: string) => `${stack}-package-decisions`;

export const seeDecisions = (account: AwsAccount, stack: string): PolicyStatement[] => [
  allow(
    "SeePackages",
    ["sagemaker:DescribeModelPackage"],
    [arn(account, "sagemaker", `model-package/${packageGroupName(stack, "*")}/*`)],
  ),
  deliversLogs,
];
