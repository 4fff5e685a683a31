import type { LoopSpec } from "../../components/contracts/trainingLoop";
import type { TrainingMachineFacts } from "../../components/training/stepFunctions/terms";

/** A loop with everything that every engine has, and nothing that is optional. */
export const plainSpec: LoopSpec = {
  model: "churn",
  problemType: "binaryClassification",
  image: {
    repositoryUrl: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ml/training",
    repositoryName: "ml/training",
    tag: "1.0.0",
  },
  hyperparameters: { project: "churn", depth: "4" },
  instanceType: "ml.m5.xlarge",
  instances: 1,
  volumeGiB: 30,
  spot: true,
  timeoutMinutes: 240,
  gate: { metric: "auc", atLeast: 0.8, beatChampion: true },
  approve: "automatic",
  rawFolder: "data/churn/",
  sources: [],
  bakeMinutes: 10,
};

const arn = (service: string, rest: string) => `arn:aws:${service}:eu-west-1:123456789012:${rest}`;

/** Facts of a machine for that loop, with `over` in place of single ones. */
export function machineFacts(
  spec: Partial<LoopSpec> = {},
  over: Partial<TrainingMachineFacts> = {},
): TrainingMachineFacts {
  return {
    spec: { ...plainSpec, ...spec },
    jobPrefix: "mlplatform-dev-churn-",
    searchPrefix: "1a2b3c4d-",
    bucketName: "data",
    keyArn: arn("kms", "key/1"),
    tableName: "training",
    maxParallelRuns: 2,
    registrarArn: arn("states", "activity:registrar"),
    functions: {
      gate: arn("lambda", "function:trainingGate"),
      endpointStatus: arn("lambda", "function:endpointStatus"),
    },
    jobRoleArn: "arn:aws:iam::123456789012:role/jobs",
    network: { subnetIds: ["subnet-1", "subnet-2"], securityGroupId: "sg-1" },
    packages: { groupName: "dev-churn", image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ml/model-server:1.0.0" },
    newObjects: false,
    heldByBudget: false,
    topicArn: arn("sns", "owner"),
    tags: { team: "ml" },
    ...over,
  };
}
