import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { writeFlowLogs } from "../../identity/policies/data";
import { policyDocument, trustService } from "../../lib/statements";

/** Which traffic of a VPC is written down, and for how long. */
export interface FlowLogsArgs {
  vpcId: pulumi.Input<string>;
  /** How long records stay, in days. */
  retentionDays: number;
  keyArn: pulumi.Input<string>;
  accountId: string;
}

/**
 * A record of who spoke to whom in the VPC, accepted or rejected, in CloudWatch Logs.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
 */
export class FlowLogs extends pulumi.ComponentResource {
  constructor(name: string, args: FlowLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:FlowLogs", name, {}, opts);
    const child = { parent: this };
    const group = new aws.cloudwatch.LogGroup(
      name,
      { retentionInDays: args.retentionDays, kmsKeyId: args.keyArn },
      child,
    );
    const role = new aws.iam.Role(
      name,
      { assumeRolePolicy: trustService("vpc-flow-logs.amazonaws.com", args.accountId) },
      child,
    );
    const granted = new aws.iam.RolePolicy(
      name,
      { role: role.id, policy: group.arn.apply((arn) => policyDocument(writeFlowLogs(arn))) },
      child,
    );
    new aws.ec2.FlowLog(
      name,
      {
        vpcId: args.vpcId,
        trafficType: "ALL",
        logDestination: group.arn,
        iamRoleArn: role.arn,
        maxAggregationInterval: 600,
      },
      { ...child, dependsOn: granted },
    );
    this.registerOutputs();
  }
}
