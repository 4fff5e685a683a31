import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { after } from "../../lib/dependencies";
import { isolated, versionVariable } from "./configuration";
import { ExecutionRole } from "./executionRole";
import { imageName, type ModelPackage, type SageMakerServingArgs } from "./servingArgs";

/** A model that only batch transform runs. */
export type TransformModelArgs = Pick<
  SageMakerServingArgs,
  "account" | "model" | "endpointName" | "rolePath" | "image" | "artifacts" | "data" | "network" | "moreStatements"
> & { package: ModelPackage };

/** A role and a model of the version that the stack names: an endpoint without the endpoint. */
export class TransformModel extends pulumi.ComponentResource {
  readonly modelName: pulumi.Output<string>;
  /** Depend on these to come after the model, and to be destroyed before it. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: TransformModelArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:TransformModel", name, {}, opts);
    const child = { parent: this };
    const { network, image } = args;
    const role = new ExecutionRole(
      name,
      {
        account: args.account,
        model: args.model,
        endpointName: args.endpointName,
        rolePath: args.rolePath,
        repositoryUrl: image.repositoryUrl,
        artifacts: args.artifacts,
        data: args.data,
        asynchronous: false,
        captured: false,
        network,
        ...(args.package.arn !== undefined ? { packageArn: args.package.arn } : {}),
        ...(args.moreStatements === undefined ? {} : { moreStatements: args.moreStatements }),
      },
      child,
    );
    const model = new aws.sagemaker.Model(
      name,
      {
        executionRoleArn: role.arn,
        enableNetworkIsolation: true,
        vpcConfig: pulumi
          .all([network.subnetIds, network.securityGroupId])
          .apply(([subnetIds, securityGroupId]) => isolated({ subnetIds, securityGroupId }).vpcConfig),
        primaryContainer: {
          image: imageName(image),
          environment: { MODEL_SERVER_NAME: args.model, [versionVariable]: args.package.version },
          modelDataUrl: args.package.url,
        },
      },
      { ...child, dependsOn: after(...image.pushed, ...args.package.ready) },
    );
    this.modelName = model.name;
    this.ready = [model];
    this.registerOutputs();
  }
}
