import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import type { ObjectStore } from "../../contracts/foundation";
import { serviceRole } from "../../foundation/serviceRole";
import { type EndpointScope, runEndpoint } from "../../identity/policies/sagemaker";
import type { PolicyStatement } from "../../lib/statements";

/** Whose role, and what for. */
export interface ExecutionRoleArgs
  extends Pick<EndpointScope, "model" | "endpointName" | "repositoryUrl" | "asynchronous" | "captured" | "packageArn"> {
  account: AwsAccount;
  /** Path of all roles that the release controller may pass, such as `/mlplatform-dev/endpoints/`. */
  rolePath: string;
  artifacts: ObjectStore;
  data: ObjectStore;
  /** Absent for a serverless endpoint. */
  network?: { subnetIds: pulumi.Input<string[]>; securityGroupId: pulumi.Input<string> };
  /** What it may do besides, such as to read rows and write predictions. */
  moreStatements?: pulumi.Input<PolicyStatement[]>;
}

/**
 * The role that SageMaker takes on for one model: it reads that model, pulls one image, and writes where it was told to.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
 */
export class ExecutionRole extends pulumi.ComponentResource {
  /** Known once the role may do what it is for. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: ExecutionRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:ExecutionRole", name, {}, opts);
    const { account, rolePath, artifacts, data, network, moreStatements, ...scope } = args;
    const statements = pulumi
      .all([
        pulumi.all([artifacts.bucketArn, artifacts.keyArn, data.bucketArn, data.keyArn]),
        pulumi.all([network?.subnetIds, network?.securityGroupId]),
        moreStatements ?? [],
      ])
      .apply(([[artifactsArn, artifactsKey, dataArn, dataKey], [subnetIds, securityGroupId], more]) => [
        ...runEndpoint(account, {
          ...scope,
          artifacts: { bucketArn: artifactsArn, keyArn: artifactsKey },
          data: { bucketArn: dataArn, keyArn: dataKey },
          ...(subnetIds && securityGroupId ? { network: { subnetIds, securityGroupId } } : {}),
        }),
        ...more,
      ]);
    this.arn = serviceRole(
      name,
      { account, service: "sagemaker.amazonaws.com", statements, path: rolePath },
      { parent: this },
    ).arn;
    this.registerOutputs({ arn: this.arn });
  }
}
