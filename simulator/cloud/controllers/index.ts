/**
 * Controllers that run in simulated EKS clusters. They act on the account by themselves, which is where many teardowns go
 * wrong: what they made is in nobody's program, and what they must clean up waits for them.
 */
import type { Existing } from "../account";
import type { Connection } from "../kubernetes/connection";
import type { Cloud } from "../provider";
import { balanced, mustBeAddressed, unbalanced } from "./loadBalancers";
import { launched, terminated } from "./nodePools";
import { mustRun } from "./scheduling";
import { mustBind } from "./volumes";

/** Other things that come into being or change with an object. @throws a refusal when the object cannot come to life. */
export function admit(object: Existing, connection: Connection, cloud: Cloud): Existing[] {
  const awaited = object.inputs.metadata?.annotations?.["pulumi.com/skipAwait"] !== "true";
  if (connection.eks === undefined) {
    if (awaited) mustBeAddressed(object);
    return [];
  }
  const surroundings = { account: cloud.account, eks: connection.eks, scope: connection.scope };
  if (awaited) {
    mustRun(object, surroundings);
    mustBind(object, surroundings);
  }
  return [...balanced(object, surroundings), ...launched(object, surroundings)];
}

/** What changes when an object goes. @throws a refusal when it waits for a controller that is gone. */
export function depart(
  object: Existing,
  connection: Connection,
  cloud: Cloud,
): { remove: string[]; change: Existing[] } {
  if (connection.eks === undefined) return { remove: [], change: [] };
  const surroundings = { account: cloud.account, eks: connection.eks, scope: connection.scope };
  const balancers = unbalanced(object, surroundings);
  return { remove: [...balancers.remove, ...terminated(object, surroundings)], change: balancers.change };
}
