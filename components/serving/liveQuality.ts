import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { ObjectStore } from "../contracts/foundation";
import { SecurityGroup } from "../foundation/network/securityGroup";
import { serviceRole } from "../foundation/serviceRole";
import { liveReports, lookAtAnswers, startLooks } from "../identity/policies/liveQuality";
import { type LiveQualityFacts, lookRequest } from "./liveQualityJob";
import { tellViolations, type ViolationsArgs } from "./violations";

/** Whose answers are looked at, with what, and who is told. */
export interface LiveQualityArgs
  extends Pick<LiveQualityFacts, "model" | "labels" | "image" | "hyperparameters" | "checks" | "jobPrefix" | "tags">,
    Pick<ViolationsArgs, "topicArns" | "runbooks" | "logGroupName" | "logRetentionDays" | "alarmName"> {
  account: AwsAccount;
  store: ObjectStore;
  network: { vpcId: pulumi.Input<string>; subnetIds: pulumi.Input<string[]> };
  /** Queue for looks that could not be started. */
  missedStartsArn?: pulumi.Input<string>;
}

/**
 * A schedule of jobs that compare a model's live answers with the evaluation of the version that gave them, wherever it is served. It is
 * SageMaker's processing and no schedule of Model Monitor, which takes no new customers since July 2026 and reads flat answers alone.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-availability-change.html
 */
export class LiveQuality extends pulumi.ComponentResource {
  constructor(name: string, args: LiveQualityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:LiveQuality", name, {}, opts);
    const child = { parent: this };
    const { account, model, store, labels, image, jobPrefix, checks } = args;
    const guard = new SecurityGroup(
      name,
      {
        vpcId: args.network.vpcId,
        description: "Looks at live answers on their way to S3",
        ingress: [],
        egress: [{ key: "aws", portNumber: 443, cidrIpv4: "0.0.0.0/0" }], // By NAT where there is no endpoint.
      },
      child,
    );
    const known = pulumi.output({
      bucketName: store.bucketName,
      bucketArn: store.bucketArn,
      keyArn: store.keyArn,
      subnetIds: args.network.subnetIds,
      securityGroupId: guard.id,
    });
    const { arn: jobRoleArn } = serviceRole(
      `${name}-job`,
      {
        account,
        service: "sagemaker.amazonaws.com",
        statements: known.apply(({ bucketArn, keyArn }) =>
          lookAtAnswers(account, {
            ...{ model, labels, image, jobPrefix },
            store: { bucketArn, keyArn },
          }),
        ),
      },
      child,
    );
    const { arn: starterArn } = serviceRole(
      name,
      {
        account,
        service: "scheduler.amazonaws.com",
        statements: pulumi
          .all([jobRoleArn, args.missedStartsArn])
          .apply(([roleArn, queueArn]) => startLooks(account, jobPrefix, roleArn, queueArn)),
      },
      child,
    );
    tellViolations(
      name,
      {
        ...args,
        what: `Live answers of ${model}`,
        keyArn: store.keyArn,
        jobs: { ProcessingJobName: [{ prefix: jobPrefix }] },
      },
      child,
    );
    new aws.scheduler.Schedule(
      name,
      {
        description: `Looks at live answers of ${model}`,
        scheduleExpression: checks.everyHours === 1 ? "rate(1 hour)" : `rate(${checks.everyHours} hours)`,
        flexibleTimeWindow: { mode: "FLEXIBLE", maximumWindowInMinutes: 30 },
        target: {
          arn: `arn:${account.partition}:scheduler:::aws-sdk:sagemaker:createProcessingJob`,
          roleArn: starterArn,
          input: pulumi
            .all([known, jobRoleArn])
            .apply(([{ bucketName, keyArn, subnetIds, securityGroupId }, roleArn]) =>
              lookRequest({
                ...{ model, bucketName, keyArn, labels, image, checks, jobPrefix, roleArn },
                hyperparameters: args.hyperparameters,
                reports: liveReports(model),
                network: { subnetIds, securityGroupId },
                tags: args.tags,
              }),
            ),
          retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 5 },
          ...(args.missedStartsArn === undefined ? {} : { deadLetterConfig: { arn: args.missedStartsArn } }),
        },
      },
      child,
    );
    this.registerOutputs();
  }
}
