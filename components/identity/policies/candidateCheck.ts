/** Permissions of the state machine that measures versions which people ask for. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";
import {
  deliversLogs,
  findsImage,
  hearsOfTheEnd,
  looksBelow,
  looksForSlot,
  looksForTraffic,
  type MeasuringScope,
  measures,
  records,
} from "./measuring";
import { allow } from "./terms";

/** What the machine touches. */
export interface CandidateCheckScope extends MeasuringScope {
  gateArn: string;
  /** Folder with the rows of all runs. */
  rowsFolder: string;
}

/** As the loop, without what trains, prepares, packages and promotes. */
export function checkCandidates(account: AwsAccount, scope: CandidateCheckScope): PolicyStatement[] {
  const { store, topicArn } = scope;
  return [
    ...measures(account, scope),
    hearsOfTheEnd(account, ["SageMakerProcessingJobs"]),
    ...findsImage(scope),
    looksBelow("LookForRows", store, `${scope.rowsFolder}*`),
    ...looksForTraffic(scope),
    ...records(scope),
    allow("Claim", ["dynamodb:UpdateItem"], [scope.tableArn], {
      "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["slots"] },
    }),
    looksForSlot(scope),
    allow("Ask", ["lambda:InvokeFunction"], [scope.gateArn]),
    ...(topicArn === undefined ? [] : [allow("TellOwner", ["sns:Publish"], [topicArn])]),
    deliversLogs,
  ];
}
