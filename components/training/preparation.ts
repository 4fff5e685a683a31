import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import { featureVariables } from "../contracts/features";
import type { ObjectStore } from "../contracts/foundation";
import { type LoopPreparation, type LoopSpec, layout } from "../contracts/trainingLoop";
import { glueEncryption } from "../foundation/data/glueEncryption";
import { serviceRole } from "../foundation/serviceRole";
import { prepareData, startTask } from "../identity/policies/training";
import { fargateSize } from "../lib/fargateSize";
import type { PolicyStatement } from "../lib/statements";

/** What prepares one model's data. */
export interface PreparationArgs {
  account: AwsAccount;
  stack: string;
  spec: Pick<LoopSpec, "model" | "rawFolder" | "sources" | "features"> & { prepare: LoopPreparation };
  store: ObjectStore;
  clusterArn?: pulumi.Input<string>;
  logRetentionDays: number;
}

/** A Glue job, or a task on Fargate: the state machine starts it, nothing else does. */
export class Preparation extends pulumi.ComponentResource {
  readonly glueJobName?: pulumi.Output<string>;
  readonly task?: pulumi.Output<{ clusterArn: string; definitionArn: string; roleArns: string[] }>;

  constructor(name: string, args: PreparationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:training:Preparation", name, {}, opts);
    const { prepare } = args.spec;
    if (prepare.with === "glue") this.glueJobName = this.glue(name, args, prepare);
    else this.task = this.fargate(name, args, prepare);
    this.registerOutputs();
  }

  private data({ account, spec, store }: PreparationArgs, script?: string): pulumi.Output<PolicyStatement[]> {
    const { model, rawFolder, sources, features } = spec;
    return pulumi.all([store.bucketArn, store.keyArn]).apply(([bucketArn, keyArn]) =>
      prepareData(account, {
        model,
        rawFolder,
        sources,
        store: { bucketArn, keyArn },
        ...(script ? { script } : {}),
        ...(features ? { features } : {}),
      }),
    );
  }

  /** @see https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-job.html */
  private glue(
    name: string,
    args: PreparationArgs,
    prepare: LoopPreparation & { with: "glue" },
  ): pulumi.Output<string> {
    const child = { parent: this };
    const { store, spec } = args;
    const encrypted = glueEncryption(name, store.keyArn, child);
    const job = new aws.glue.Job(
      name,
      {
        description: `Prepares the data of ${spec.model}`,
        roleArn: serviceRole(
          name,
          { account: args.account, service: "glue.amazonaws.com", statements: this.data(args, prepare.script) },
          child,
        ).arn,
        glueVersion: "5.0",
        workerType: "G.1X",
        numberOfWorkers: prepare.workers,
        timeout: prepare.timeoutMinutes,
        command: {
          name: "glueetl",
          pythonVersion: "3",
          scriptLocation: pulumi.interpolate`${store.uri}/${layout.source}${prepare.script}`,
        },
        defaultArguments: { "--job-language": "python", "--enable-metrics": "true" },
        ...encrypted,
      },
      child,
    );
    return job.name;
  }

  /** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html */
  private fargate(name: string, args: PreparationArgs, prepare: LoopPreparation & { with: "container" }) {
    const child = { parent: this };
    const { account, store, clusterArn } = args;
    const size = fargateSize(prepare.cpu, prepare.memoryMiB);
    if (size === undefined || clusterArn === undefined) throw new Error(`${name}: Fargate has no such size`);
    const logs = new aws.cloudwatch.LogGroup(
      name,
      {
        retentionInDays: args.logRetentionDays,
        ...(store.keyArn === undefined ? {} : { kmsKeyId: store.keyArn }),
      },
      child,
    );
    const service = "ecs-tasks.amazonaws.com";
    const { arn: own } = serviceRole(name, { account, service, statements: this.data(args) }, child);
    const statements = logs.arn.apply((arn) => startTask(account, prepare.image, arn));
    const { arn: starts } = serviceRole(`${name}-run`, { account, service, statements }, child);
    const definition = new aws.ecs.TaskDefinition(
      name,
      {
        family: `${args.stack}-${args.spec.model}-prepare`,
        requiresCompatibilities: ["FARGATE"],
        networkMode: "awsvpc",
        cpu: String(size.cpu),
        memory: String(size.memoryMiB),
        taskRoleArn: own,
        executionRoleArn: starts,
        containerDefinitions: logs.name.apply((group) =>
          JSON.stringify([
            {
              name: "prepare",
              image: prepare.image,
              command: ["prepare"],
              ...(args.spec.features ? { environment: variablesOf(args.spec.features) } : {}),
              essential: true,
              logConfiguration: {
                logDriver: "awslogs",
                options: {
                  "awslogs-group": group,
                  "awslogs-region": account.region,
                  "awslogs-stream-prefix": args.spec.model,
                },
              },
            },
          ]),
        ),
      },
      child,
    );
    return pulumi
      .all([clusterArn, definition.arn, own, starts])
      .apply(([cluster, definitionArn, ...roleArns]) => ({ clusterArn: cluster, definitionArn, roleArns }));
  }
}

const variablesOf = (features: LoopSpec["features"]) =>
  Object.entries(featureVariables(features)).map(([name, value]) => ({ name, value }));
