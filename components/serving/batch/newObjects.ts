import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { onceAssumable } from "../../foundation/assumableRole";
import { serviceRole } from "../../foundation/serviceRole";
import { pipeIntoMachine, queueFromRule } from "../../identity/policies/batch";
import { after, type Dependency } from "../../lib/dependencies";
import { policyDocument } from "../../lib/statements";

/** What starts a state machine when objects land. */
export interface NewObjectsArgs {
  account: AwsAccount;
  bucketName: pulumi.Input<string>;
  /** Only objects below it count. */
  folder: string;
  /** How their keys end; empty: however they do. */
  ending: string;
  machineArn: pulumi.Input<string>;
  after: Dependency[];
}

/** Objects are gathered this long, or until there are so many; then one run takes them. */
const gatherSeconds = 300;
/** With keys of 1,024 bytes still half of what an execution may take as input, 262,144 bytes. */
const mostObjects = 100;
/** What could not be handed over is tried again this long. */
const keepSeconds = 14 * 24 * 3600;

/** What a pipe lets through; the rest leaves the queue. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-filtering.html */
const keysThatEnd = (suffix: string) => JSON.stringify({ body: { detail: { object: { key: [{ suffix }] } } } });

/**
 * S3 tells EventBridge, a rule puts the events into a queue, a pipe takes them out in lots and starts one execution for each.
 * S3 and queues may tell of one object twice: the state machine takes each object once.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html
 */
export class NewObjects extends pulumi.ComponentResource {
  constructor(name: string, args: NewObjectsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:NewObjects", name, {}, opts);
    const child = { parent: this };
    const queue = new aws.sqs.Queue(
      name,
      { sqsManagedSseEnabled: true, messageRetentionSeconds: keepSeconds, visibilityTimeoutSeconds: 6 * 60 },
      child,
    );
    const rule = new aws.cloudwatch.EventRule(
      name,
      {
        description: `Objects that land below ${args.folder}`,
        eventPattern: pulumi.output(args.bucketName).apply((bucketName) =>
          JSON.stringify({
            source: ["aws.s3"],
            "detail-type": ["Object Created"],
            detail: {
              bucket: { name: [bucketName] },
              // A bus takes 30 rules with wildcards, and no more: how keys end is the pipe's to look at.
              object: { key: [{ prefix: args.folder }], size: [{ numeric: [">", 0] }] },
            },
          }),
        ),
      },
      { ...child, dependsOn: after(...args.after) },
    );
    const open = new aws.sqs.QueuePolicy(
      name,
      {
        queueUrl: queue.url,
        policy: pulumi
          .all([queue.arn, rule.arn])
          .apply(([queueArn, ruleArn]) => policyDocument(queueFromRule(queueArn, ruleArn))),
      },
      child,
    );
    new aws.cloudwatch.EventTarget(name, { rule: rule.name, arn: queue.arn }, { ...child, dependsOn: after(open) });
    const { arn: roleArn } = serviceRole(
      name,
      {
        account: args.account,
        service: "pipes.amazonaws.com",
        statements: pulumi
          .all([queue.arn, args.machineArn])
          .apply(([queueArn, machineArn]) => pipeIntoMachine(queueArn, machineArn)),
      },
      child,
    );
    new aws.pipes.Pipe(
      name,
      {
        description: `Takes what lands below ${args.folder}`,
        roleArn,
        source: queue.arn,
        sourceParameters: {
          ...(args.ending === "" ? {} : { filterCriteria: { filters: [{ pattern: keysThatEnd(args.ending) }] } }),
          sqsQueueParameters: { batchSize: mostObjects, maximumBatchingWindowInSeconds: gatherSeconds },
        },
        target: args.machineArn,
        targetParameters: {
          inputTemplate: '{"key": <$.body.detail.object.key>, "etag": <$.body.detail.object.etag>}',
          stepFunctionStateMachineParameters: { invocationType: "FIRE_AND_FORGET" },
        },
      },
      { ...child, dependsOn: after(open, ...args.after), hooks: onceAssumable(`${name}-pipe`) },
    );
    this.registerOutputs();
  }
}
