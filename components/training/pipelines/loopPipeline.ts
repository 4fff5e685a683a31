import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { onceAssumable } from "../../foundation/assumableRole";
import type { StoppingFunction } from "../../foundation/machineRuns";
import { serviceRole } from "../../foundation/serviceRole";
import { runPipeline } from "../../identity/policies/pipeline";
import type { Dependency } from "../../lib/dependencies";
import type { TrainingMachineFacts } from "../stepFunctions/terms";
import { pipelineDefinition, searchStep } from "./definition";
import { pipelineRuns } from "./pipelineRuns";

/** One model's jobs as a pipeline. */
export interface LoopPipelineArgs {
  account: AwsAccount;
  /** In Studio and in the console; letters, digits and single dashes. ARNs have it in small letters. */
  pipelineName: string;
  model: string;
  facts: pulumi.Output<TrainingMachineFacts>;
  /** Stops runs before the pipeline goes. */
  stopping: StoppingFunction;
}

/** A pipeline of SageMaker with the role it starts jobs by. Whatever the config says of training is in the definition. */
export class LoopPipeline extends pulumi.ComponentResource {
  readonly pipelineName: pulumi.Output<string>;
  readonly pipelineArn: pulumi.Output<string>;
  /** Depend on these to come after it, and to be destroyed before its runs are stopped. */
  readonly ready: Dependency[];

  constructor(name: string, args: LoopPipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:training:LoopPipeline", name, {}, opts);
    const child = { parent: this };
    const { account, facts } = args;
    const pipelineName = args.pipelineName.toLowerCase();
    const { arn: roleArn } = serviceRole(
      name,
      {
        account,
        service: "sagemaker.amazonaws.com",
        statements: facts.apply(({ spec, jobRoleArn, functions, packages, bucketName, keyArn }) =>
          runPipeline(account, {
            jobRoleArn,
            model: args.model,
            store: { bucketArn: `arn:${account.partition}:s3:::${bucketName}`, keyArn },
            groupName: packages.groupName,
            packageImage: packages.image,
            ...(spec.tune ? { searchStep } : {}),
            ...(spec.gate ? { gateArn: functions.gate } : {}),
            converts: spec.algorithm !== undefined,
          }),
        ),
      },
      child,
    );
    const pipeline = new aws.sagemaker.Pipeline(
      name,
      {
        pipelineName,
        pipelineDisplayName: pipelineName,
        pipelineDescription: `Trains, evaluates and packages ${args.model}; started by the state machine of its training`,
        roleArn,
        pipelineDefinition: facts.apply(pipelineDefinition),
      },
      { ...child, hooks: onceAssumable(`${name}-pipeline`) },
    );
    const stopped = pipelineRuns(`${name}-runs`, { by: args.stopping, pipeline }, this);
    this.ready = [this, pipeline, stopped];
    this.pipelineName = pipeline.pipelineName;
    this.pipelineArn = pipeline.arn;
    this.registerOutputs();
  }
}
