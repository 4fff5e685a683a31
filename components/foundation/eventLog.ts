import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { writeFromRule } from "../identity/policies/monitoring";
import { after } from "../lib/dependencies";
import { policyDocument } from "../lib/statements";

/** Which events are kept, and where. */
export interface EventLogArgs {
  description: string;
  /** As EventBridge reads it, at most 2048 characters. */
  eventPattern: pulumi.Input<string>;
  logGroupName: string;
  retentionDays: number;
  /** Encrypts the log. */
  keyArn?: pulumi.Input<string> | undefined;
}

/** One line of a log for each event, by a rule of EventBridge that may write there and nowhere else. Resources are called as `name` says. */
export function logEvents(
  name: string,
  args: EventLogArgs,
  opts: pulumi.CustomResourceOptions,
): aws.cloudwatch.LogGroup {
  const logs = new aws.cloudwatch.LogGroup(
    name,
    {
      name: args.logGroupName,
      retentionInDays: args.retentionDays,
      ...(args.keyArn === undefined ? {} : { kmsKeyId: args.keyArn }),
    },
    opts,
  );
  const rule = new aws.cloudwatch.EventRule(
    name,
    { description: args.description, eventPattern: args.eventPattern },
    opts,
  );
  const open = new aws.cloudwatch.LogResourcePolicy(
    name,
    {
      resourceArn: logs.arn,
      policyDocument: pulumi
        .all([logs.arn, rule.arn])
        .apply(([logArn, ruleArn]) => policyDocument(writeFromRule(logArn, ruleArn))),
    },
    opts,
  );
  new aws.cloudwatch.EventTarget(name, { rule: rule.name, arn: logs.arn }, { ...opts, dependsOn: after(open) });
  return logs;
}
