import { jobPrefix, searchPrefix } from "./names";
import type { TrainingMachineFacts } from "./stepFunctions/terms";

/** What a stack says of a loop beside its specification. */
export interface LoopFacts
  extends Pick<TrainingMachineFacts, "spec" | "maxParallelRuns" | "newObjects" | "heldByBudget" | "tags"> {
  stack: string;
  /** Image that serves what comes out. */
  servingImage: string;
}

/** What only the cloud knows. */
export interface FoundFacts
  extends Pick<TrainingMachineFacts, "bucketName" | "tableName" | "registrarArn" | "functions" | "jobRoleArn"> {
  keyArn?: string | undefined;
  topicArn?: string | undefined;
  algorithmImage?: string | undefined;
  glueJobName?: string | undefined;
  task?: TrainingMachineFacts["task"] | undefined;
  subnetIds: string[];
  securityGroupId: string;
  groupName: string;
}

/** What the state machine of a loop is told. */
export function machineFacts(args: LoopFacts, found: FoundFacts): TrainingMachineFacts {
  const { spec, stack } = args;
  const { bucketName, tableName, registrarArn, functions, jobRoleArn, subnetIds, securityGroupId } = found;
  const { keyArn, topicArn, glueJobName, task, algorithmImage } = found;
  return {
    spec,
    jobPrefix: jobPrefix(stack, spec.model),
    searchPrefix: searchPrefix(stack, spec.model),
    ...{ bucketName, tableName, registrarArn, functions, jobRoleArn },
    network: { subnetIds, securityGroupId },
    packages: { groupName: found.groupName, image: args.servingImage },
    maxParallelRuns: args.maxParallelRuns,
    newObjects: args.newObjects,
    heldByBudget: args.heldByBudget,
    tags: args.tags,
    ...(keyArn === undefined ? {} : { keyArn }),
    ...(topicArn === undefined ? {} : { topicArn }),
    ...(glueJobName === undefined ? {} : { glueJobName }),
    ...(algorithmImage === undefined ? {} : { algorithmImage }),
    ...(task === undefined ? {} : { task: { clusterArn: task.clusterArn, definitionArn: task.definitionArn } }),
  };
}
