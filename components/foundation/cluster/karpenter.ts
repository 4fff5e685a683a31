import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { chartSource } from "../../../charts/source";
import { karpenterValues } from "../../../charts/values/karpenter";
import type { AwsAccount } from "../../contracts/account";
import type { WorkloadIdentity } from "../../contracts/foundation";
import { receiveInterruptions, startNodes } from "../../identity/policies/karpenter";
import { after, type Dependency } from "../../lib/dependencies";
import { policyDocument } from "../../lib/statements";
import { Controller, controllerNamespace } from "./controller";
import { KarpenterPool } from "./karpenterPool";
import type { NodePlan } from "./nodeGroupPlan";
import type { NodeRole } from "./nodeRole";

/** Nodes started one by one to fit the pods that wait. */
export interface KarpenterArgs {
  account: AwsAccount;
  clusterName: string;
  /** Role its nodes share with the managed groups, which EKS already lets into the cluster. */
  nodeRole: NodeRole;
  securityGroupId: pulumi.Input<string>;
  subnetIds: pulumi.Input<string[]>;
  /** Pools by the key of their group in the stack's config. */
  pools: Record<string, NodePlan>;
  /** Minutes an empty node stands before it is removed. */
  consolidateAfterMinutes: number;
  /** Version of Bottlerocket. */
  imageVersion: string;
  /** Encrypts the volumes of nodes. */
  keyArn: pulumi.Input<string>;
  tags: Record<string, string>;
  identity: WorkloadIdentity;
  nodeSelector: Record<string, string>;
  after: Dependency[];
}

/** What announces that a node is about to go, by logical name. @see https://karpenter.sh/docs/concepts/disruption/#interruption */
const notices: Record<string, { source: string; detailType: string }> = {
  health: { source: "aws.health", detailType: "AWS Health Event" },
  spot: { source: "aws.ec2", detailType: "EC2 Spot Instance Interruption Warning" },
  rebalance: { source: "aws.ec2", detailType: "EC2 Instance Rebalance Recommendation" },
  state: { source: "aws.ec2", detailType: "EC2 Instance State-change Notification" },
  capacity: { source: "aws.ec2", detailType: "EC2 Capacity Reservation Instance Interruption Warning" },
};

/** Seconds a notice is worth reading. */
const noticeRetentionSeconds = 300;
const serviceAccount = "karpenter";

/** Karpenter, its interruption queue and its pools. Destroyed in turn: pools, with their nodes, then controller, then CRDs. */
export class Karpenter extends pulumi.ComponentResource {
  /** Depend on these before scheduling a pod on a pool. */
  readonly ready: Dependency[];

  constructor(name: string, args: KarpenterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Karpenter", name, {}, opts);
    const child = { parent: this };

    const queue = this.interruptionQueue(name, args);
    const profile = new aws.iam.InstanceProfile(name, { role: args.nodeRole.roleName }, child);
    const crds = new k8s.helm.v4.Chart(
      `${name}-crd`,
      { ...chartSource("karpenter-crd"), name: "karpenter-crd", namespace: controllerNamespace },
      { ...child, dependsOn: after(...args.after) },
    );
    const controller = new Controller(
      `${name}-controller`,
      {
        chart: "karpenter",
        skipCrds: true,
        values: karpenterValues({
          clusterName: args.clusterName,
          queueName: args.clusterName,
          serviceAccount,
          nodeSelector: args.nodeSelector,
        }),
        serviceAccount,
        statements: pulumi
          .all([args.nodeRole.arn, queue.arn])
          .apply(([nodeRoleArn, queueArn]) =>
            startNodes(args.account, { clusterName: args.clusterName, nodeRoleArn, queueArn }),
          ),
        identity: args.identity,
        after: [crds, crds.resources, ...args.nodeRole.ready],
      },
      child,
    );
    const pools = Object.entries(args.pools).map(
      ([key, plan]) =>
        new KarpenterPool(
          `${name}-${key}`,
          {
            poolName: key,
            plan,
            clusterName: args.clusterName,
            instanceProfile: profile.name,
            securityGroupId: args.securityGroupId,
            subnetIds: args.subnetIds,
            consolidateAfterMinutes: args.consolidateAfterMinutes,
            imageVersion: args.imageVersion,
            keyArn: args.keyArn,
            tags: args.tags,
            after: controller.ready,
          },
          child,
        ),
    );
    this.ready = [...controller.ready, ...pools];
    this.registerOutputs();
  }

  private interruptionQueue(name: string, args: KarpenterArgs): aws.sqs.Queue {
    const child = { parent: this };
    const queue = new aws.sqs.Queue(
      name,
      // A fixed name: the chart's values must be literal.
      { name: args.clusterName, messageRetentionSeconds: noticeRetentionSeconds, sqsManagedSseEnabled: true },
      child,
    );
    const rules = Object.entries(notices).map(([key, { source, detailType }]) => {
      const rule = new aws.cloudwatch.EventRule(
        `${name}-${key}`,
        { eventPattern: JSON.stringify({ source: [source], "detail-type": [detailType] }) },
        child,
      );
      new aws.cloudwatch.EventTarget(`${name}-${key}`, { rule: rule.name, arn: queue.arn }, child);
      return rule;
    });
    new aws.sqs.QueuePolicy(
      name,
      {
        queueUrl: queue.url,
        policy: pulumi
          .all([queue.arn, pulumi.all(rules.map((rule) => rule.arn))])
          .apply(([queueArn, ruleArns]) => policyDocument(receiveInterruptions(queueArn, ruleArns))),
      },
      child,
    );
    return queue;
  }
}
