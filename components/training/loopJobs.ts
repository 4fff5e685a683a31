import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { ObjectStore } from "../contracts/foundation";
import type { LoopSpec } from "../contracts/trainingLoop";
import { serviceRole } from "../foundation/serviceRole";
import { runTrainingJobs } from "../identity/policies/training";
import type { AwsEngine } from "../settings/engines";
import { engines } from "./engines";

/** Whose jobs, and what starts them. */
export interface LoopJobs {
  account: AwsAccount;
  stack: string;
  spec: LoopSpec;
  engine: AwsEngine;
  store: ObjectStore;
}

/** The role of a loop's jobs of SageMaker, known once it may do what it is for. */
export function jobRole(
  name: string,
  args: LoopJobs,
  algorithmImage: pulumi.Output<string> | undefined,
  child: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { account, spec, store } = args;
  const { model, rawFolder, image, prepare } = spec;
  const statements = pulumi.all([store.bucketArn, store.keyArn, algorithmImage]).apply(([bucketArn, keyArn, builtIn]) =>
    runTrainingJobs(account, {
      model,
      rawFolder,
      store: { bucketArn, keyArn },
      jobPrefixes: engines[args.engine].jobPrefixes(args.stack, spec),
      image: "uri" in image ? image.uri : image.repositoryUrl,
      algorithmImage: builtIn,
      prepared: prepare !== undefined,
      samples: spec.gate?.maxDriftPsi !== undefined,
    }),
  );
  return serviceRole(name, { account, service: "sagemaker.amazonaws.com", statements }, child).arn;
}
