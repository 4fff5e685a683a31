import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { ObjectStore } from "../contracts/foundation";
import { packageGroupName } from "../contracts/trainingLoop";
import { SecurityGroup } from "../foundation/network/securityGroup";
import { answerApprovals, judgeCandidates, lookAtEndpoints } from "../identity/policies/training";
import type { Dependency } from "../lib/dependencies";
import { decisionMachine } from "./decisions/decisionMachine";
import { type Removal, removal } from "./removal";
import { TrainingFunction } from "./trainingFunction";

/** What all state machines of training share. */
export interface TrainingGroundArgs {
  account: AwsAccount;
  /** Name of the stack in the account; what people and events name begins with it. */
  stack: string;
  /** Holds data, models and reports. */
  store: ObjectStore;
  vpcId: pulumi.Input<string>;
  /** Endpoints that runs look at. */
  endpointNames: string[];
  /** Models of which anything follows from what people decide on their packages. */
  decisions: string[];
  /** Queue for decisions that could not be passed on. */
  missedStartsArn?: pulumi.Input<string> | undefined;
  /** Whether any loop trains by a pipeline. */
  pipelines: boolean;
  /** Whether containers on Fargate prepare data. */
  containers: boolean;
  /** Whether the table must survive a slip of the hand. */
  keepData: boolean;
  /** Days that CloudWatch takes. */
  logRetentionDays: number;
}

/**
 * A table of who runs and what was taken, an activity for the registrar, the functions, a log, and a way to AWS.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-activities.html
 */
export class TrainingGround extends pulumi.ComponentResource {
  readonly table: { name: pulumi.Output<string>; arn: pulumi.Output<string> };
  readonly activityArn: pulumi.Output<string>;
  /** What passes decisions on; absent where nothing follows from any. */
  readonly decisionsArn?: pulumi.Output<string>;
  readonly functions: { gate: pulumi.Output<string>; endpointStatus: pulumi.Output<string> };
  readonly logGroup: { name: pulumi.Output<string>; arn: pulumi.Output<string> };
  readonly securityGroupId: pulumi.Output<string>;
  /** The functions that are asked before a model goes. */
  readonly removal: Removal;
  /** Absent where nothing runs on Fargate. */
  readonly clusterArn?: pulumi.Output<string>;
  /** Depend on these to come after it, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: TrainingGroundArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:training:TrainingGround", name, {}, opts);
    const child = { parent: this };
    const { stack, store } = args;
    const key = store.keyArn === undefined ? {} : { keyArn: store.keyArn };
    const table = new aws.dynamodb.Table(
      name,
      {
        attributes: [{ name: "id", type: "S" }],
        hashKey: "id",
        billingMode: "PAY_PER_REQUEST", // A few requests for each run.
        ttl: { enabled: true, attributeName: "expires" },
        deletionProtectionEnabled: args.keepData,
        pointInTimeRecovery: { enabled: true },
        ...(store.keyArn === undefined ? {} : { serverSideEncryption: { enabled: true, kmsKeyArn: store.keyArn } }),
      },
      child,
    );
    const activity = new aws.sfn.Activity(name, { name: `${stack}-registrar` }, child);
    const logs = new aws.cloudwatch.LogGroup(
      name,
      {
        // Beginning so, its resource policy does not grow with the number of machines.
        name: `/aws/vendedlogs/states/${stack}-training`,
        retentionInDays: args.logRetentionDays,
        ...(store.keyArn === undefined ? {} : { kmsKeyId: store.keyArn }),
      },
      child,
    );
    const guard = new SecurityGroup(
      name,
      {
        vpcId: args.vpcId,
        description: "Training jobs on their way to S3 and the registry of images",
        ingress: [],
        egress: [{ key: "aws", portNumber: 443, cidrIpv4: "0.0.0.0/0" }], // By NAT where there is no endpoint.
      },
      child,
    );
    const cluster = args.containers ? new aws.ecs.Cluster(name, {}, child) : undefined;
    const common = { account: args.account, logRetentionDays: args.logRetentionDays, ...key };
    const gate = new TrainingFunction(
      `${name}-gate`,
      {
        ...common,
        source: "trainingGate",
        description: "Judges a candidate by the report of its evaluation",
        timeoutSeconds: 30,
        statements: (logGroupArn) =>
          pulumi
            .all([logGroupArn, store.bucketArn, store.keyArn])
            .apply(([log, bucketArn, keyArn]) => judgeCandidates(log, { bucketArn, keyArn })),
      },
      child,
    );
    const endpointStatus = new TrainingFunction(
      `${name}-endpoint`,
      {
        ...common,
        source: "endpointStatus",
        description: "Tells how an endpoint is",
        timeoutSeconds: 30,
        statements: (logGroupArn) => logGroupArn.apply((log) => lookAtEndpoints(args.account, log, args.endpointNames)),
      },
      child,
    );
    this.removal = removal(name, { ...common, stack, store, table, pipelines: args.pipelines }, child);
    if (args.decisions.length > 0) {
      const rule = this.approval(`${name}-approval`, args, common, table);
      const { account, missedStartsArn } = args;
      const machine = decisionMachine(
        `${name}-decisions`,
        {
          ...{ account, stack, rule, missedStartsArn },
          groupNames: args.decisions.map((model) => packageGroupName(stack, model)),
          registrarArn: activity.arn,
          logGroupArn: logs.arn,
          stopping: this.removal.runs,
          after: [logs, activity],
        },
        child,
      );
      this.decisionsArn = machine.arn;
    }
    this.table = { name: table.name, arn: table.arn };
    this.activityArn = activity.arn;
    this.functions = { gate: gate.arn, endpointStatus: endpointStatus.arn };
    this.logGroup = { name: logs.name, arn: logs.arn };
    this.securityGroupId = guard.id;
    if (cluster) this.clusterArn = cluster.arn;
    this.ready = [this, table, activity, logs, guard, gate, endpointStatus, ...(cluster ? [cluster] : [])];
    this.registerOutputs();
  }

  /** @see https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html */
  private approval(
    name: string,
    { account, stack, store }: TrainingGroundArgs,
    common: Pick<ConstructorParameters<typeof TrainingFunction>[1], "account" | "logRetentionDays" | "keyArn">,
    table: aws.dynamodb.Table,
  ): aws.cloudwatch.EventRule {
    const child = { parent: this };
    const answers = new TrainingFunction(
      name,
      {
        ...common,
        source: "trainingApproval",
        description: "Tells a run that waits what somebody decided",
        timeoutSeconds: 60,
        environment: { TABLE_NAME: table.name },
        statements: (logGroupArn) =>
          pulumi
            .all([logGroupArn, table.arn, store.keyArn])
            .apply(([log, tableArn, keyArn]) => answerApprovals(account, log, { stack, tableArn, keyArn })),
      },
      child,
    );
    const rule = new aws.cloudwatch.EventRule(
      name,
      {
        description: "Somebody decided on a version",
        eventPattern: JSON.stringify({
          source: ["aws.sagemaker"],
          "detail-type": ["SageMaker Model Package State Change"],
          // Of all groups of the stack, since a pattern may not be longer than 2048 characters.
          detail: {
            ModelPackageGroupName: [{ prefix: packageGroupName(stack, "") }],
            ModelApprovalStatus: ["Approved", "Rejected"],
          },
        }),
      },
      child,
    );
    const allowed = new aws.lambda.Permission(
      name,
      {
        action: "lambda:InvokeFunction",
        function: answers.name,
        principal: "events.amazonaws.com",
        sourceArn: rule.arn,
      },
      child,
    );
    new aws.cloudwatch.EventTarget(name, { rule: rule.name, arn: answers.arn }, { ...child, dependsOn: allowed });
    return rule;
  }
}
