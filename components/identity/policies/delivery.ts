/** Permissions of what git hosts do in the account: images pushed, training started. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";
import { allow, arn, onAnyResource } from "./terms";

/** Push images to these repositories, and look what is there: layers that are there already are not sent again. */
export function pushImages(repositories: readonly string[]): PolicyStatement[] {
  return [
    allow(
      "PushImages",
      [
        ...["BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload", "DescribeImages"],
        ...["GetDownloadUrlForLayer", "InitiateLayerUpload", "PutImage", "UploadLayerPart"],
      ].map((action) => `ecr:${action}`),
      [...repositories],
    ),
    onAnyResource("SignInToRegistry", ["ecr:GetAuthorizationToken"]),
  ];
}

/** Start a state machine, and see how its runs go. @param machines names of state machines */
export function startRuns(account: AwsAccount, machines: readonly string[]): PolicyStatement[] {
  return [
    allow(
      "StartRuns",
      ["states:StartExecution"],
      machines.map((machine) => arn(account, "states", `stateMachine:${machine}`)),
    ),
    allow(
      "FollowRuns",
      ["states:DescribeExecution"],
      machines.map((machine) => arn(account, "states", `execution:${machine}:*`)),
    ),
  ];
}
