import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { packageGroupName } from "../../contracts/trainingLoop";
import { serviceRole } from "../../foundation/serviceRole";
import { batchMachineName } from "../../identity/policies/batch";
import {
  askEndpoint,
  deployByPipeline,
  pullBases,
  pushImages,
  runPipelineOfModel,
  runProject,
  trainByPipeline,
} from "../../identity/policies/delivery";
import { arn } from "../../identity/policies/terms";
import { trainingMachineName } from "../../identity/policies/training";
import type { Dependency } from "../../lib/dependencies";
import { shortened } from "../../lib/mark";
import type { PolicyStatement } from "../../lib/statements";
import { type BuildStage, buildspec } from "./buildspecs";
import { stages, triggers } from "./stages";

/** One model's pipeline. */
export interface ModelPipelineArgs {
  account: AwsAccount;
  /** Name of the stack in the account. */
  stack: string;
  model: string;
  connectionArn: pulumi.Input<string>;
  repository: string;
  branch: string;
  approval: boolean;
  /** Registry with the stack's folder, without a slash at its end. */
  registry: string;
  /** Repositories of its images, by what builds them: `training` and, where it has one, `serving`. */
  images: Record<string, string>;
  /** ARNs of those repositories. */
  imageArns: string[];
  /** Images of the platform that its are built on, by variable of the build, and the ARNs of their repositories. */
  bases: { variables: Record<string, string>; arns: string[] };
  /** Endpoint that can be asked at once; absent where the model has none. */
  endpointName?: string;
  /** Whether the model's batch scoring comes last. */
  score: boolean;
  artifacts: { bucketName: pulumi.Input<string>; bucketArn: pulumi.Input<string>; keyArn: pulumi.Input<string> };
  /** Minutes that training, from the first job to the waiting version, may take. */
  trainingMinutes: number;
  logRetentionDays: number;
}

/** Longest names. https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html, https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const longest = { project: 150, pipeline: 100 };
/** Longest that CodeBuild lets a build run. */
const mostMinutes = 2160;
/** Amazon's image, which it keeps current. https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html */
const image = "aws/codebuild/amazonlinux-x86_64-standard:5.0";

/** Signs of its name that CodePipeline puts before the objects of a pipeline. */
const namedSigns = 20;

/** Name of a model's pipeline. With the model first, and a sign behind it that no model has, no two pipelines' objects begin alike. */
const pipelineNameOf = (stack: string, model: string) =>
  shortened(`${shortened(model, namedSigns)}.${stack}`, longest.pipeline);

/** How a pipeline's objects begin in the bucket of artifacts. */
export const artifactPrefix = (stack: string, model: string) => pipelineNameOf(stack, model).slice(0, namedSigns);

/**
 * Source, build and test, train, approve, deploy, smoke: a pipeline of Amazon's for one model's repository, each stage with a role of its own.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts.html
 */
export class ModelPipeline extends pulumi.ComponentResource {
  readonly pipelineName: pulumi.Output<string>;
  readonly ready: Dependency[];

  constructor(
    private readonly name: string,
    private readonly args: ModelPipelineArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("mlplatform:delivery:ModelPipeline", name, {}, opts);
    const child = { parent: this };
    const { account, stack, model } = args;
    const pipelineName = pipelineNameOf(stack, model);
    const prefix = artifactPrefix(stack, model);
    const machine = trainingMachineName(stack, model);
    const groupName = packageGroupName(stack, model);
    const logs = new aws.cloudwatch.LogGroup(
      name,
      {
        name: `/aws/codebuild/${stack}/${model}`,
        retentionInDays: args.logRetentionDays,
        kmsKeyId: args.artifacts.keyArn,
      },
      child,
    );
    const known = pulumi.output({
      connectionArn: args.connectionArn,
      store: { bucketArn: args.artifacts.bucketArn, keyArn: args.artifacts.keyArn },
      logGroupArn: logs.arn,
    });
    const project = (stage: BuildStage, statements: PolicyStatement[], more: ProjectOptions) =>
      this.project(
        stage,
        known.apply((facts) => [...runProject({ ...facts, repository: args.repository, prefix }), ...statements]),
        logs,
        more,
      );
    const training = { MACHINE_ARN: arn(account, "states", `stateMachine:${machine}`), PACKAGE_GROUP: groupName };
    const built = Object.entries(args.images).map(([what, repository]) => `${what}=${repository}`);
    const projects = {
      build: project("build", [...pushImages(args.imageArns), pullBases(args.bases.arns)], {
        minutes: 60,
        docker: true,
        variables: { REGISTRY: args.registry, IMAGES: built.join(" "), ...args.bases.variables },
      }),
      train: project("train", trainByPipeline(account, machine, groupName), {
        minutes: Math.min(mostMinutes, args.trainingMinutes),
        variables: training,
      }),
      deploy: project("deploy", deployByPipeline(account, machine, groupName), { minutes: 240, variables: {} }),
      ...(args.endpointName === undefined
        ? {}
        : {
            smoke: project("smoke", askEndpoint(account, args.endpointName), {
              minutes: 10,
              variables: { ENDPOINT_NAME: args.endpointName },
            }),
          }),
    };
    const all = Object.values(projects);
    const scoringMachine = args.score ? batchMachineName(stack, model) : undefined;
    const { arn: roleArn } = serviceRole(
      name,
      {
        account,
        service: "codepipeline.amazonaws.com",
        statements: pulumi
          .all([known, pulumi.all(all.map(({ arn: projectArn }) => projectArn))])
          .apply(([facts, projectArns]) =>
            runPipelineOfModel(account, {
              ...{ connectionArn: facts.connectionArn, store: facts.store, projectArns, scoringMachine },
              repository: args.repository,
              prefix,
            }),
          ),
      },
      child,
    );
    const names = pulumi.all(Object.fromEntries(Object.entries(projects).map(([stage, made]) => [stage, made.name])));
    const pipeline = new aws.codepipeline.Pipeline(
      name,
      {
        name: pipelineName,
        roleArn,
        pipelineType: "V2", // Triggers and conditions are its alone.
        executionMode: "QUEUED", // Of two commits neither overtakes the other.
        artifactStores: [
          {
            type: "S3",
            location: args.artifacts.bucketName,
            encryptionKey: { type: "KMS", id: args.artifacts.keyArn },
          },
        ],
        stages: pulumi.all([known, names]).apply(([{ connectionArn }, projectNames]) =>
          stages({
            ...{ model, connectionArn, repository: args.repository, branch: args.branch, approval: args.approval },
            projects: projectNames as Parameters<typeof stages>[0]["projects"],
            ...(scoringMachine === undefined
              ? {}
              : { scoringMachineArn: arn(account, "states", `stateMachine:${scoringMachine}`) }),
          }),
        ),
        triggers: triggers(args.branch),
      },
      child,
    );
    this.pipelineName = pipeline.name;
    this.ready = [this, pipeline, ...all];
    this.registerOutputs({ pipelineName: this.pipelineName });
  }

  /** A project of CodeBuild, and its role. */
  private project(
    stage: BuildStage,
    statements: pulumi.Output<PolicyStatement[]>,
    logs: aws.cloudwatch.LogGroup,
    { minutes, docker = false, variables }: ProjectOptions,
  ): aws.codebuild.Project {
    const { account, stack, model } = this.args;
    const name = `${this.name}.${stage}`; // No model's name has a dot: with a dash a model churn-build would be called like this.
    const child = { parent: this };
    const { arn: serviceRoleArn } = serviceRole(
      name,
      { account, service: "codebuild.amazonaws.com", statements },
      child,
    );
    return new aws.codebuild.Project(
      name,
      {
        name: shortened(`${stack}-${model}-${stage}`, longest.project),
        description: `${stage} of ${model}`,
        serviceRole: serviceRoleArn,
        buildTimeout: minutes,
        encryptionKey: this.args.artifacts.keyArn,
        artifacts: { type: "CODEPIPELINE" },
        source: { type: "CODEPIPELINE", buildspec: buildspec(stage) },
        environment: {
          type: "LINUX_CONTAINER",
          computeType: docker ? "BUILD_GENERAL1_MEDIUM" : "BUILD_GENERAL1_SMALL",
          image,
          privilegedMode: docker, // Docker in a build takes it; no other stage has it.
          environmentVariables: Object.entries(variables).map(([variable, value]) => ({ name: variable, value })),
        },
        logsConfig: { cloudwatchLogs: { groupName: logs.name, streamName: stage } },
      },
      child,
    );
  }
}

interface ProjectOptions {
  /** Minutes after which a build fails. */
  minutes: number;
  /** Whether it builds images. */
  docker?: boolean;
  variables: Record<string, string>;
}
