import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { after } from "../../lib/dependencies";
import { asRequest, asTagList } from "./api";
import { isolated, versionVariable } from "./configuration";
import { leftovers } from "./endpointRelease";
import { ExecutionRole } from "./executionRole";
import type { SageMakerServingArgs } from "./serving";

/** A model that only batch transform runs. */
export type TransformModelArgs = Pick<
  SageMakerServingArgs,
  | "account"
  | "model"
  | "image"
  | "release"
  | "artifacts"
  | "data"
  | "network"
  | "functionName"
  | "tags"
  | "moreStatements"
> & {
  /** What its endpoint would be called; names of its models begin so. */
  endpointName: string;
};

/** A role and, where the stack names the version, a model: an endpoint without the endpoint. */
export class TransformModel extends pulumi.ComponentResource {
  readonly roleArn: pulumi.Output<string>;
  /** Absent where somebody else makes models for new versions. */
  readonly modelName?: pulumi.Output<string>;
  /** What the release controller is told, where it is to make models. */
  readonly entry?: pulumi.Output<object>;
  /** Depend on these to come after the model, and to be destroyed before it. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: TransformModelArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:TransformModel", name, {}, opts);
    const child = { parent: this };
    const { endpointName, release, network, artifacts } = args;
    const role = new ExecutionRole(
      name,
      {
        account: args.account,
        model: args.model,
        endpointName,
        repositoryUrl: args.image.repositoryUrl,
        artifacts,
        data: args.data,
        asynchronous: false,
        captured: false,
        network,
        ...(release.kind === "pinned" && release.package.arn !== undefined ? { packageArn: release.package.arn } : {}),
        ...(args.moreStatements === undefined ? {} : { moreStatements: args.moreStatements }),
      },
      child,
    );
    const cleared = leftovers(`${name}-leftovers`, args.functionName, endpointName, child);
    const image = `${args.image.repositoryUrl}:${args.image.tag}`;
    const environment = { MODEL_SERVER_NAME: args.model };
    const places = pulumi
      .all([network.subnetIds, network.securityGroupId])
      .apply(([subnetIds, securityGroupId]) => isolated({ subnetIds, securityGroupId }));
    this.roleArn = role.arn;
    this.ready = [cleared];
    if (release.kind === "pinned") {
      const model = new aws.sagemaker.Model(
        name,
        {
          executionRoleArn: role.arn,
          enableNetworkIsolation: true,
          vpcConfig: places.vpcConfig,
          primaryContainer: {
            image,
            environment: { ...environment, [versionVariable]: release.package.version },
            modelDataUrl: release.package.url,
          },
        },
        { ...child, dependsOn: after(cleared, ...release.package.ready) },
      );
      this.modelName = model.name;
      this.ready.push(model);
    } else {
      this.entry = pulumi.all([role.arn, places, artifacts.uri]).apply(([executionRoleArn, isolation, uri]) => ({
        namePrefix: `${endpointName}--`,
        packagePrefix: `${uri}/models/${args.model}`,
        model: {
          ...(asRequest({ executionRoleArn, ...isolation, primaryContainer: { image, environment } }) as object),
          Tags: asTagList(args.tags),
        },
      }));
    }
    this.registerOutputs();
  }
}
