import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Names } from "../components/identity/policies/stackCalls/kind";
import { readThings, stackCalls, writeThings } from "../components/identity/policies/stackRoles";
import { policyDocument } from "../components/lib/statements";

/** A policy of the account, and what its resource is called after the stack. */
export interface ManagedPolicy {
  called: string;
  policy: aws.iam.Policy;
}

/** Policies that look at a stack, and those that change it. */
export interface ManagedPolicies {
  reads: ManagedPolicy[];
  writes: ManagedPolicy[];
}

/** Policies of their own, since a role's own have room for no more than a sixth of what an update calls. */
export function managedPolicies(name: string, names: Names, opts: pulumi.CustomResourceOptions): ManagedPolicies {
  const make = (what: "reads" | "writes", statements: typeof readThings) =>
    Object.entries(stackCalls).map(([group, kinds]) => {
      const called = `${group}-${what}`;
      return {
        called,
        policy: new aws.iam.Policy(
          `${name}-${called}`,
          {
            name: `${names.stack}-${called}`,
            description: `${what === "reads" ? "Look at" : "Change"} what ${names.stack} consists of: ${group}`,
            policy: policyDocument(statements(kinds, names)),
          },
          opts,
        ),
      };
    });
  return { reads: make("reads", readThings), writes: make("writes", writeThings) };
}
