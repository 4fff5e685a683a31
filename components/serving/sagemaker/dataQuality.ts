import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import type { ObjectStore } from "../../contracts/foundation";
import { storedFile } from "../../foundation/data/storedFile";
import { SecurityGroup } from "../../foundation/network/securityGroup";
import { serviceRole } from "../../foundation/serviceRole";
import { checkQuality, flattenKey, qualityReportsFolder } from "../../identity/policies/dataQuality";
import { after, type Dependency } from "../../lib/dependencies";
import { tellViolations } from "../violations";
import { hasLocalDisks } from "./target";

/** Which endpoint's requests are checked, against what, and how often. */
export interface DataQualityArgs {
  account: AwsAccount;
  /** Name in the config. */
  model: string;
  /** It must stand, and capture requests. */
  endpointName: string;
  store: ObjectStore;
  /** Folder of the store with `statistics.json` and `constraints.json`, with a slash at its end. */
  baseline: string;
  everyHours: number;
  instanceType: string;
  /** Scratch volume in GiB. */
  volumeGiB: number;
  network: { vpcId: pulumi.Input<string>; subnetIds: pulumi.Input<string[]> };
  /** Topics of whom violations are told. */
  topicArns: pulumi.Input<string>[];
  /** Address below which runbooks are found. */
  runbooks: string;
  /** Name of the log group of runs that found something, or failed. */
  logGroupName: string;
  logRetentionDays: number;
  tags: Record<string, string>;
  /** Depend on these: the endpoint is among them. */
  ready: Dependency[];
}

/** The only schedules that Model Monitor knows: every hour, every few hours, every day. */
export function monitorSchedule(everyHours: number): string {
  if (everyHours === 1) return "cron(0 * ? * * *)";
  return everyHours < 24 ? `cron(0 0/${everyHours} ? * * *)` : "cron(0 0 ? * * *)";
}

/** The longest that a run may take, in seconds; a run of an hourly schedule must not meet the next. */
const longestRunSeconds = 3000;

/**
 * Model Monitor's check of the requests that an endpoint captured, against a baseline. What finds violations, fails or is stopped is a line of
 * a log and an alarm.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-quality.html
 */
export class DataQuality extends pulumi.ComponentResource {
  constructor(name: string, args: DataQualityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:DataQuality", name, {}, opts);
    const child = { parent: this };
    const { account, store, model, endpointName, baseline } = args;
    // AWS keeps it in an account of its own in each region; it has no tag.
    const image = aws.sagemaker
      .getPrebuiltEcrImageOutput({ repositoryName: "sagemaker-model-monitor-analyzer", imageTag: "" }, child)
      .registryPath.apply((path) => path.replace(/:$/, ""));
    const guard = new SecurityGroup(
      name,
      {
        vpcId: args.network.vpcId,
        description: "Check of captured requests on its way to S3",
        ingress: [],
        egress: [{ key: "aws", portNumber: 443, cidrIpv4: "0.0.0.0/0" }], // By NAT where there is no endpoint.
      },
      child,
    );
    const { arn: roleArn } = serviceRole(
      name,
      {
        account,
        service: "sagemaker.amazonaws.com",
        statements: pulumi.all([store.bucketArn, store.keyArn, image]).apply(([bucketArn, keyArn, from]) =>
          checkQuality(account, {
            model,
            endpointName,
            baseline,
            image: from,
            store: { bucketArn, keyArn },
          }),
        ),
      },
      child,
    );
    const key = store.keyArn;
    const at = (file: string) => ({ s3Uri: pulumi.interpolate`${store.uri}/${baseline}${file}` });
    const flatten = storedFile(
      name,
      {
        bucket: store.bucketName,
        key: flattenKey(model),
        contentType: "text/x-python",
        source: new pulumi.asset.FileAsset(join(__dirname, "../../../workloads/model-monitor/flatten.py")),
      },
      child,
    );
    const definition = new aws.sagemaker.DataQualityJobDefinition(
      name,
      {
        dataQualityAppSpecification: {
          imageUri: image,
          recordPreprocessorSourceUri: pulumi.interpolate`${store.uri}/${flatten.key}`,
        },
        dataQualityBaselineConfig: {
          constraintsResource: at("constraints.json"),
          statisticsResource: at("statistics.json"),
        },
        dataQualityJobInput: { endpointInput: { endpointName } },
        dataQualityJobOutputConfig: {
          ...(key ? { kmsKeyId: key } : {}),
          monitoringOutputs: {
            s3Output: { s3Uri: pulumi.interpolate`${store.uri}/${qualityReportsFolder(model).replace(/\/$/, "")}` },
          },
        },
        jobResources: {
          clusterConfig: {
            instanceCount: 1,
            instanceType: args.instanceType,
            volumeSizeInGb: args.volumeGiB,
            ...(key === undefined || hasLocalDisks(args.instanceType) ? {} : { volumeKmsKeyId: key }),
          },
        },
        networkConfig: {
          enableNetworkIsolation: true,
          vpcConfig: { subnets: args.network.subnetIds, securityGroupIds: [guard.id] },
        },
        stoppingCondition: { maxRuntimeInSeconds: longestRunSeconds },
        roleArn,
        tags: args.tags,
      },
      { ...child, dependsOn: after(flatten, ...args.ready) },
    );
    const schedule = new aws.sagemaker.MonitoringSchedule(
      name,
      {
        name: endpointName,
        monitoringScheduleConfig: {
          monitoringJobDefinitionName: definition.name,
          monitoringType: "DataQuality",
          scheduleConfig: { scheduleExpression: monitorSchedule(args.everyHours) },
        },
        tags: args.tags,
      },
      child,
    );
    tellViolations(
      name,
      {
        what: `Requests of ${model}`,
        jobs: schedule.arn.apply((arn) => ({ MonitoringScheduleArn: [arn] })),
        keyArn: store.keyArn,
        logGroupName: args.logGroupName,
        logRetentionDays: args.logRetentionDays,
        alarmName: `${endpointName}-data-quality`,
        runbooks: args.runbooks,
        topicArns: args.topicArns,
      },
      child,
    );
    this.registerOutputs();
  }
}
