/** SageMaker's jobs that train. */

import { hearingMinutes, layout, printedMetrics, trainedWith, trainingSeconds } from "../../contracts/trainingLoop";
import { patient, type States } from "../../lib/states";
import { hasLocalDisks } from "../../serving/sagemaker/target";
import { caught, dataUri, ofRun, type TrainingMachineFacts } from "./terms";

export const hearingSeconds = hearingMinutes * 60;

/** What SageMaker would not begin and has no name of its own for: what it finds wrong, and throttling often. A job that failed is `States.TaskFailed`. */
export const refused = "SageMaker.AmazonSageMakerException";

/** A job that found no capacity is waited for; one that failed by itself gets one more chance, under another name. */
export const anotherChance = [
  ...patient("SageMaker.ResourceLimitExceededException", "SageMaker.ThrottlingException", refused),
  { ErrorEquals: ["States.TaskFailed"], IntervalSeconds: 60, MaxAttempts: 1, BackoffRate: 2, JitterStrategy: "FULL" },
];

export const attempt = (name: string, mark = "") => `States.Format('{}-${mark}{}', ${name}, $$.State.RetryCount)`;

export const tagged = ({ tags }: TrainingMachineFacts) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export const encrypted = ({ keyArn }: TrainingMachineFacts, name: string) =>
  keyArn === undefined ? {} : { [name]: keyArn };

export const inNetwork = ({ network }: TrainingMachineFacts) => ({
  Subnets: network.subnetIds,
  SecurityGroupIds: [network.securityGroupId],
});

/** What training jobs and those of a search have in common. Containers reach nothing: SageMaker brings data and takes results. */
export function trainingJob(facts: TrainingMachineFacts): Record<string, unknown> {
  const { spec, bucketName } = facts;
  const { running, waiting } = trainingSeconds(spec);
  const metrics = printedMetrics(spec);
  const rows = (name: string) =>
    spec.algorithm
      ? { "S3Uri.$": ofRun(`s3://${bucketName}/${layout.outputs(spec.model)}`, `${layout.rows}${name}/`) }
      : dataUri(facts, name);
  const channel = (name: string) => ({
    ChannelName: name,
    ...(spec.algorithm ? { ContentType: "text/csv" } : {}),
    DataSource: {
      S3DataSource: { S3DataType: "S3Prefix", S3DataDistributionType: "FullyReplicated", ...rows(name) },
    },
  });
  return {
    AlgorithmSpecification: {
      ...(spec.algorithm ? { TrainingImage: algorithmImage(facts) } : { "TrainingImage.$": "$.image.uri" }),
      TrainingInputMode: "File",
      ...(metrics.length === 0 ? {} : { MetricDefinitions: metrics }),
    },
    RoleArn: facts.jobRoleArn,
    InputDataConfig: ["train", "validation"].map(channel),
    OutputDataConfig: {
      "S3OutputPath.$": ofRun(`s3://${bucketName}/${layout.models(spec.model)}`),
      ...encrypted(facts, "KmsKeyId"),
    },
    ResourceConfig: {
      InstanceType: spec.instanceType,
      InstanceCount: spec.instances,
      VolumeSizeInGB: spec.volumeGiB,
      ...(hasLocalDisks(spec.instanceType) ? {} : encrypted(facts, "VolumeKmsKeyId")),
    },
    VpcConfig: inNetwork(facts),
    EnableNetworkIsolation: spec.instances === 1, // Several have to find each other.
    EnableInterContainerTrafficEncryption: spec.instances > 1,
    EnableManagedSpotTraining: spec.spot,
    StoppingCondition: { MaxRuntimeInSeconds: running, ...(spec.spot ? { MaxWaitTimeInSeconds: waiting } : {}) },
  };
}

/** @throws when nobody has looked for it */
function algorithmImage({ spec, algorithmImage: image }: TrainingMachineFacts): string {
  if (image === undefined) throw new Error(`models.${spec.model}.training.algorithm: it has no image`);
  return image;
}

/**
 * Jobs of a search get none: all would write into one folder, and go on from each other's. They are short, and a search goes on without one.
 * SageMaker's XGBoost gets it, since its own algorithms may wait no longer than an hour without, and goes on from nothing: it keeps its first
 * round alone, under a name that it does not look for.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html
 * @see https://github.com/aws/sagemaker-xgboost-container, callback.py and checkpointing.py
 */
const checkpoints = ({ spec, bucketName }: TrainingMachineFacts) =>
  spec.spot ? { CheckpointConfig: { "S3Uri.$": ofRun(`s3://${bucketName}/${layout.checkpoints(spec.model)}`) } } : {};

/** One training job. @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html */
export function train(facts: TrainingMachineFacts, next: string): States {
  return {
    Train: {
      Type: "Task",
      Resource: "arn:aws:states:::sagemaker:createTrainingJob.sync",
      Parameters: {
        "TrainingJobName.$": attempt("$.run"),
        ...trainingJob(facts),
        ...checkpoints(facts),
        HyperParameters: trainedWith(facts.spec),
        Tags: tagged(facts),
      },
      ResultSelector: { "job.$": "$.TrainingJobName", "package.$": "$.ModelArtifacts.S3ModelArtifacts" },
      ResultPath: "$.trained",
      TimeoutSeconds: trainingSeconds(facts.spec).waiting + hearingSeconds,
      Retry: anotherChance,
      Catch: caught("Train"),
      Next: next,
    },
  };
}
