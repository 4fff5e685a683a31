/** SageMaker's processing, which checks data and candidates. */

import { checkInstance, checkMinutes, hyperparameterVariables, layout } from "../../contracts/trainingLoop";
import type { State } from "../../lib/states";
import { anotherChance, attempt, encrypted, hearingSeconds, inNetwork, tagged } from "./jobs";
import { caught, ofRun, type TrainingMachineFacts } from "./terms";

/** What a processing job finds at `/opt/ml/processing/<name>`. */
export const processingInput = (name: string, uri: Record<string, string>) => ({
  InputName: name,
  S3Input: { ...uri, LocalPath: `/opt/ml/processing/${name}`, S3DataType: "S3Prefix", S3InputMode: "File" },
});

/** A command of the training image, which leaves its report below the run's outputs, or what it makes where `to` says, as an expression. */
export function processing(
  facts: TrainingMachineFacts,
  name: string,
  {
    command,
    flags = [],
    inputs,
    to,
    next,
  }: { command: string; flags?: string[]; inputs: object; to?: string; next: string },
): Record<string, State> {
  const { spec, bucketName } = facts;
  return {
    [name]: {
      Type: "Task",
      Resource: "arn:aws:states:::sagemaker:createProcessingJob.sync",
      Parameters: {
        "ProcessingJobName.$": attempt("$.run", command[0]),
        AppSpecification: { "ImageUri.$": "$.image.uri", ContainerArguments: [command, ...flags] },
        Environment: hyperparameterVariables(spec),
        RoleArn: facts.jobRoleArn,
        ...inputs,
        ProcessingOutputConfig: {
          Outputs: [
            {
              OutputName: "report",
              S3Output: {
                "S3Uri.$": to ?? ofRun(`s3://${bucketName}/${layout.outputs(spec.model)}`),
                LocalPath: "/opt/ml/processing/output",
                S3UploadMode: "EndOfJob",
              },
            },
          ],
          ...encrypted(facts, "KmsKeyId"),
        },
        ProcessingResources: {
          ClusterConfig: {
            InstanceCount: 1,
            InstanceType: checkInstance,
            VolumeSizeInGB: spec.volumeGiB,
            ...encrypted(facts, "VolumeKmsKeyId"),
          },
        },
        NetworkConfig: { EnableNetworkIsolation: true, VpcConfig: inNetwork(facts) },
        StoppingCondition: { MaxRuntimeInSeconds: checkMinutes * 60 },
        Tags: tagged(facts),
      },
      ResultPath: null,
      TimeoutSeconds: checkMinutes * 60 + hearingSeconds,
      Retry: anotherChance,
      Catch: caught(name),
      Next: next,
    },
  };
}
