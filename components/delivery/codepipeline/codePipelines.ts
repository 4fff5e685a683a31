import * as pulumi from "@pulumi/pulumi";
import { Bucket } from "../../foundation/data/bucket";
import type { DataProtection } from "../../foundation/data/protection";
import type { Dependency } from "../../lib/dependencies";
import type { DeliverySettings } from "../../settings/delivery";
import { connectionTo } from "./connection";
import { artifactPrefix, ModelPipeline, type ModelPipelineArgs } from "./modelPipeline";

/** What is a pipeline's own; the rest follows from the settings. */
export type PipelineOfModel = Pick<ModelPipelineArgs, "images" | "imageArns" | "endpointName" | "trainingMinutes">;

/** The pipelines of a stack's models. */
export interface CodePipelinesArgs
  extends Pick<ModelPipelineArgs, "account" | "stack" | "registry" | "bases" | "logRetentionDays"> {
  settings: DeliverySettings;
  /** Encrypts what stages hand on, and their logs. */
  keyArn: pulumi.Output<string>;
  protection: DataProtection;
  models: Record<string, PipelineOfModel>;
}

/** Days that what one stage hands to the next is kept, for a stage that is tried again. */
const artifactDays = 30;

/** A connection to the git host, and a pipeline for each model's repository. */
export class CodePipelines extends pulumi.ComponentResource {
  readonly ready: Dependency[];
  readonly outputs: Record<string, pulumi.Input<unknown>>;

  constructor(name: string, args: CodePipelinesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:delivery:CodePipelines", name, {}, opts);
    const child = { parent: this };
    const { settings, stack } = args;
    const { account, registry, bases, logRetentionDays } = args;
    const connection = connectionTo(name, settings, stack, child);
    const artifacts = new Bucket(
      `${name}-artifacts`,
      {
        keyArn: args.keyArn,
        noncurrentVersionDays: 1,
        abortUploadDays: 1,
        expirePrefixDays: Object.fromEntries(
          Object.keys(args.models).map((model) => [artifactPrefix(stack, model), artifactDays]),
        ),
        protection: args.protection,
      },
      child,
    );
    const pipelines = Object.entries(args.models).map(([model, own]) => {
      const { repository, branch, score } = settings.models[model]!;
      return new ModelPipeline(
        `${name}-${model}`,
        {
          ...{ account, stack, registry, bases, logRetentionDays, model, repository, branch, score, ...own },
          connectionArn: connection.arn,
          approval: settings.codePipeline.approval,
          artifacts,
        },
        child,
      );
    });
    this.ready = [this, artifacts, ...connection.made, ...pipelines.flatMap(({ ready }) => ready)];
    this.outputs = {
      connectionArn: connection.arn,
      pipelines: Object.fromEntries(Object.keys(args.models).map((model, at) => [model, pipelines[at]!.pipelineName])),
    };
    this.registerOutputs();
  }
}
