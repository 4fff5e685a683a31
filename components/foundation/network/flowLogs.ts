import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { writeFlowLogs } from "../../identity/policies/data";
import { serviceRole } from "../serviceRole";

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
    const { arn: iamRoleArn } = serviceRole(
      name,
      { account: args, service: "vpc-flow-logs.amazonaws.com", statements: group.arn.apply(writeFlowLogs) },
      child,
    );
    new aws.ec2.FlowLog(
      name,
      {
        vpcId: args.vpcId,
        trafficType: "ALL",
        logDestination: group.arn,
        iamRoleArn,
        maxAggregationInterval: 600,
      },
      child,
    );
    this.registerOutputs();
  }
}
