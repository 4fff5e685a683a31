import type { MonitorSettings } from "../settings/monitor";
import { hasLocalDisks } from "./sagemaker/target";

/** What one look at live answers is told; all known. */
export interface LiveQualityFacts {
  model: string;
  bucketName: string;
  keyArn?: string | undefined;
  labels: string;
  reports: string;
  image: string;
  hyperparameters: Record<string, string>;
  checks: Pick<
    MonitorSettings,
    | "everyHours"
    | "labelDelayHours"
    | "dataQuality"
    | "modelQuality"
    | "bias"
    | "explainability"
    | "instanceType"
    | "volumeGiB"
  >;
  jobPrefix: string;
  roleArn: string;
  network: { subnetIds: string[]; securityGroupId: string };
  tags: Record<string, string>;
}

/**
 * Longest beginning of a job's name: 63, less what EventBridge Scheduler calls an execution. AWS's example of that has 16 characters, and no page
 * gives a length: there is room for a UUID.
 */
export const longestLookPrefix = 63 - 36;
/** Seconds that a look may take. */
const longestLookSeconds = 3600;

/** Words that EventBridge Scheduler replaces. https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
const execution = "<aws.scheduler.execution-id>";
const time = "<aws.scheduler.scheduled-time>";

/** The command of the training image with what it is asked; each argument has at most 256 characters. */
export function lookArguments({
  model,
  bucketName,
  prefix,
  labels,
  checks,
  at = time,
}: Pick<LiveQualityFacts, "model" | "bucketName" | "labels" | "checks"> & {
  /** Folder of the bucket in which all is, with a slash at its end; absent where the bucket is the platform's own. */
  prefix?: string;
  /** When the look is made, by whoever starts it; absent: as EventBridge Scheduler says it. */
  at?: string;
}): string[] {
  const { dataQuality, modelQuality, bias, explainability } = checks;
  const given: [string, string | number | undefined][] = [
    ["bucket", bucketName],
    ["prefix", prefix],
    ["model", model],
    ["labels", labels],
    ["at", at],
    ["every-hours", checks.everyHours],
    ["label-delay-hours", checks.labelDelayHours],
    ["max-missing-increase", dataQuality?.maxMissingIncreasePercent],
    ["max-unexpected", dataQuality?.maxUnexpectedPercent],
    ["metric", modelQuality?.metric],
    ["max-drop-percent", modelQuality?.maxDropPercent],
    ...(bias?.columns ?? []).map((column): [string, string] => ["column", column]),
    ["max-bias-increase", bias && bias.maxIncreasePercent / 100],
    ["min-ndcg", explainability?.minNdcg],
  ];
  // As one word: a value that begins with a dash would be taken for another option.
  return ["monitor", ...given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]))];
}

/**
 * What EventBridge Scheduler asks SageMaker, as JSON.
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
 * @throws when the names of its jobs would be too long
 */
export function lookRequest(facts: LiveQualityFacts): string {
  const { bucketName, keyArn, checks, network } = facts;
  if (facts.jobPrefix.length > longestLookPrefix) {
    throw new Error(
      `jobs that begin with ${facts.jobPrefix} have too long names: at most ${longestLookPrefix} characters`,
    );
  }
  return JSON.stringify({
    ProcessingJobName: `${facts.jobPrefix}${execution}`,
    AppSpecification: { ImageUri: facts.image, ContainerArguments: lookArguments(facts) },
    Environment: facts.hyperparameters,
    RoleArn: facts.roleArn,
    ProcessingOutputConfig: {
      Outputs: [
        {
          OutputName: "report",
          S3Output: {
            S3Uri: `s3://${bucketName}/${facts.reports}${execution}`,
            LocalPath: "/opt/ml/processing/output",
            S3UploadMode: "EndOfJob",
          },
        },
      ],
      ...(keyArn === undefined ? {} : { KmsKeyId: keyArn }),
    },
    ProcessingResources: {
      ClusterConfig: {
        InstanceCount: 1,
        InstanceType: checks.instanceType,
        VolumeSizeInGB: checks.volumeGiB,
        ...(keyArn === undefined || hasLocalDisks(checks.instanceType) ? {} : { VolumeKmsKeyId: keyArn }),
      },
    },
    // It reads samples and labels itself: which ones depends on the time.
    NetworkConfig: {
      EnableNetworkIsolation: false,
      VpcConfig: { Subnets: network.subnetIds, SecurityGroupIds: [network.securityGroupId] },
    },
    StoppingCondition: { MaxRuntimeInSeconds: longestLookSeconds },
    Tags: Object.entries(facts.tags).map(([Key, Value]) => ({ Key, Value })),
  });
}
