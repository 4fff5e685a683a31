import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import type { ObjectStore } from "../../contracts/foundation";
import { machineRuns, type StoppingFunction } from "../../foundation/machineRuns";
import { startedByClock } from "../../foundation/starters";
import { stateMachine } from "../../foundation/stateMachine";
import { runTransforms } from "../../identity/policies/batch";
import type { Dependency } from "../../lib/dependencies";
import { batchDefinition } from "./definition";
import type { LiveModel } from "./definitionModel";
import { NewObjects } from "./newObjects";

/** Which SageMaker model scores: one of Pulumi's, or that of an endpoint. */
export type BatchModel =
  | { modelName: pulumi.Input<string> }
  | { endpointName: pulumi.Input<string>; placeholderModelName: pulumi.Input<string> };

/** One model that scores many rows at once, by batch transform. */
export interface SagemakerBatchArgs {
  account: AwsAccount;
  model: string;
  live: BatchModel;
  /** Beginning of the names of transform jobs. */
  jobPrefix: string;
  /** Name of the state machine, which begins as all of the stack do. */
  machineName: string;
  /** Holds the rows, and the predictions below `predictions/<model>/`. It tells EventBridge of new objects. */
  store: ObjectStore;
  instanceType: string;
  instances: number;
  timeoutMinutes: number;
  /** Where failures are told; absent: they only show in Step Functions. */
  topicArn?: pulumi.Input<string>;
  /** Of each transform job. */
  tags: Record<string, string>;
  /** Everything below a folder, again each time, as EventBridge writes schedules, in UTC. */
  whole?: { schedule: string; folder: string };
  /** Queue for what the schedule could not start. */
  missedStartsArn?: pulumi.Input<string>;
  /** Folder whose new objects are scored, each once. */
  newObjects?: { folder: string };
  /** Stops runs before the machine goes. */
  stopping: StoppingFunction;
  /** Depend on these before starting anything: the bucket tells of new objects, the model exists. */
  after: Dependency[];
}

/**
 * Scoring of one model by SageMaker batch transform: a state machine, started by a schedule, by new objects, or both.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
 */
export class SagemakerBatch extends pulumi.ComponentResource {
  readonly machineArn: pulumi.Output<string>;
  /** Depend on these to come after it, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: SagemakerBatchArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:SagemakerBatch", name, {}, opts);
    const child = { parent: this };
    const { account, store } = args;
    const table =
      args.newObjects &&
      new aws.dynamodb.Table(
        `${name}-scored`,
        {
          attributes: [{ name: "object", type: "S" }],
          hashKey: "object",
          billingMode: "PAY_PER_REQUEST", // A few requests for each new object, none while nothing lands.
          pointInTimeRecovery: { enabled: true },
          ...(store.keyArn === undefined ? {} : { serverSideEncryption: { enabled: true, kmsKeyArn: store.keyArn } }),
        },
        child,
      );
    const known = pulumi.output({
      live: args.live as pulumi.Input<LiveModel>,
      bucketName: store.bucketName,
      bucketArn: store.bucketArn,
      keyArn: store.keyArn,
      topicArn: args.topicArn,
      tableName: table?.name,
      tableArn: table?.arn,
    });
    const machine = stateMachine(
      name,
      {
        account,
        machineName: args.machineName,
        definition: known.apply(({ live, bucketName, keyArn, topicArn, tableName }) =>
          batchDefinition({
            model: args.model,
            jobPrefix: args.jobPrefix,
            live,
            bucketName,
            instanceType: args.instanceType,
            instances: args.instances,
            timeoutMinutes: args.timeoutMinutes,
            tags: args.tags,
            ...(keyArn === undefined ? {} : { keyArn }),
            ...(topicArn === undefined ? {} : { topicArn }),
            ...(tableName === undefined ? {} : { tableName }),
            ...(args.whole ? { input: args.whole.folder } : {}),
          }),
        ),
        statements: known.apply(({ live, bucketArn, keyArn, topicArn, tableArn }) =>
          runTransforms(account, {
            jobPrefix: args.jobPrefix,
            ...("endpointName" in live ? { endpointName: live.endpointName } : {}),
            topicArn,
            tableArn,
            store: { bucketArn, keyArn },
            model: args.model,
            machineName: args.machineName,
            ...(args.whole ? { folder: args.whole.folder } : {}),
            ...(args.newObjects ? { newFolder: args.newObjects.folder } : {}),
          }),
        ),
      },
      child,
    );
    const stopped = machineRuns(`${name}-runs`, { by: args.stopping, machine }, this);
    const before = [...args.after, stopped];
    const starters: pulumi.Resource[] = [];
    if (args.whole) {
      const { schedule: expression } = args.whole;
      const { missedStartsArn } = args;
      starters.push(
        startedByClock(
          `${name}-schedule`,
          { account, machineArn: machine.arn, expression, input: {}, missedStartsArn, after: before },
          child,
        ),
      );
    }
    if (args.newObjects) {
      const { folder } = args.newObjects;
      const { bucketName } = store;
      starters.push(
        new NewObjects(
          `${name}-new`,
          { account, bucketName, folder, ending: ".jsonl", machineArn: machine.arn, after: before },
          child,
        ),
      );
    }
    this.machineArn = machine.arn;
    this.ready = [this, machine, ...starters];
    this.registerOutputs({ machineArn: this.machineArn });
  }
}
