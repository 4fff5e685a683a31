import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stableJson } from "../../lib/json";
import { SettingsProblems } from "../../settings/problems";
import { appliedInPlace } from "../appliedInPlace";
import { Lookups } from "../lookups";
import type { ClusterAccess } from "../ownership/clusterReader";
import type { ClusterFacts } from "./facts";

/** An EKS cluster that somebody else keeps. */
export interface AdoptedClusterArgs {
  clusterName: string;
  region: string;
  /** Role the token command must assume, as the provider does. */
  assumeRoleArn?: string;
  deleteUnreachable: boolean;
}

/**
 * Looks at a cluster that somebody else keeps, before anything is made beside it.
 * @returns how it is reached.
 * @throws SettingsProblems with everything that stands in the way.
 */
export async function lookAtCluster(
  { name, region, assumeRoleArn }: Pick<AdoptedClusterArgs, "region" | "assumeRoleArn"> & { name: string },
  vpcId: string,
  opts: pulumi.InvokeOptions,
): Promise<ClusterAccess> {
  const lookups = new Lookups();
  const { problems } = lookups;
  const cluster = await lookups.find(
    "foundation.cluster.name",
    name,
    "an EKS cluster of this account and region",
    aws.eks.getCluster({ name }, opts),
  );
  if (cluster === undefined) throw new SettingsProblems(problems);
  const { accessConfigs, vpcConfig } = cluster;
  if (vpcConfig.vpcId !== vpcId) {
    problems.push({
      path: "foundation.network.vpcId",
      value: vpcId,
      allowed: `the VPC of the adopted cluster ${name}`,
      remedy: `Write ${vpcConfig.vpcId}, with its subnets: databases must be reachable from the cluster.`,
    });
  }
  const mode = accessConfigs[0]?.authenticationMode;
  if (mode === "CONFIG_MAP") {
    problems.push({
      path: "foundation.cluster.name",
      value: name,
      allowed: "a cluster that knows people by access entries",
      remedy: `aws eks update-cluster-config --name ${name} --access-config authenticationMode=API_AND_CONFIG_MAP`,
    });
  }
  if (problems.length > 0) throw new SettingsProblems(problems);
  const args = { clusterName: name, region, ...(assumeRoleArn === undefined ? {} : { assumeRoleArn }) };
  const authority = cluster.certificateAuthorities?.[0]?.data ?? "";
  return { kubeconfig: kubeconfig(args, cluster.endpoint, authority), identifier: cluster.arn };
}

/** Facts of a running cluster, read when the program runs; nothing of the cluster itself is made or changed. */
export class AdoptedCluster extends pulumi.ComponentResource implements ClusterFacts {
  readonly clusterName: pulumi.Output<string>;
  readonly clusterArn: pulumi.Output<string>;
  readonly endpoint: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;
  readonly kubeconfig: pulumi.Output<string>;
  readonly provider: k8s.Provider;

  constructor(name: string, args: AdoptedClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:AdoptedCluster", name, {}, opts);
    const found = aws.eks.getClusterOutput({ name: args.clusterName }, { parent: this });
    this.clusterName = found.name;
    this.clusterArn = found.arn;
    this.endpoint = found.endpoint;
    this.securityGroupId = found.vpcConfig.clusterSecurityGroupId;
    this.kubeconfig = pulumi.secret(
      pulumi
        .all([found.endpoint, found.certificateAuthorities])
        .apply(([endpoint, authorities]) => kubeconfig(args, endpoint, authorities[0]!.data)),
    );
    this.provider = new k8s.Provider(
      name,
      {
        kubeconfig: this.kubeconfig,
        clusterIdentifier: found.arn,
        ...appliedInPlace,
        upsertExistingObjects: true, // Of what is there only what carries the stack's label: see ownership.ts.
        deleteUnreachable: args.deleteUnreachable,
      },
      { parent: this },
    );
    this.registerOutputs({ clusterName: this.clusterName });
  }
}

/** Authenticates by command, like the one `aws eks update-kubeconfig` writes: no credential is stored. */
function kubeconfig(args: Omit<AdoptedClusterArgs, "deleteUnreachable">, server: string, authority: string): string {
  const name = args.clusterName;
  return stableJson({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server, "certificate-authority-data": authority } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "aws",
            args: [
              ...["--region", args.region, "eks", "get-token", "--cluster-name", name, "--output", "json"],
              ...(args.assumeRoleArn === undefined ? [] : ["--role-arn", args.assumeRoleArn]),
            ],
            interactiveMode: "Never",
          },
        },
      },
    ],
  });
}
