/**
 * Words in which every permission of the platform is written; the permissions themselves are the other files of this folder.
 * Where AWS offers no resource to name, a statement stands alone under `onAnyResource`, whose actions the tests hold against
 * a written list.
 */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";

export type Condition = PolicyStatement["Condition"];

export function allow(Sid: string, Action: string[], Resource: string[], Condition?: Condition): PolicyStatement {
  return { Sid, Effect: "Allow", Action, Resource, ...(Condition ? { Condition } : {}) };
}

/** For actions that list or describe and that AWS cannot restrict to a resource. */
export function onAnyResource(Sid: string, Action: string[], Condition?: Condition): PolicyStatement {
  return allow(Sid, Action, ["*"], Condition);
}

/** ARN of something in the stack's own account and region. */
export function arn(account: AwsAccount, service: string, resource: string): string {
  return `arn:${account.partition}:${service}:${account.region}:${account.accountId}:${resource}`;
}
