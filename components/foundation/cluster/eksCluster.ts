import * as aws from "@pulumi/aws";
import * as eks from "@pulumi/eks";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { after } from "../../lib/dependencies";
import { serviceCidr } from "../../settings/network";
import { appliedInPlace } from "../appliedInPlace";
import type { NetworkFacts } from "../network/facts";
import { AccessEntry } from "./accessEntry";
import type { ClusterFacts } from "./facts";

/** An EKS control plane of the platform's own. */
export interface EksClusterArgs {
  account: AwsAccount;
  /** Name in EKS. Explicit, since people type it and its log group is named after it. */
  clusterName: string;
  /** Kubernetes minor version such as `1.35`. */
  version: string;
  network: NetworkFacts;
  /** Ranges that reach the API server over the internet; empty means not at all. */
  publicAccessCidrs: string[];
  /** Ranges outside the VPC that reach it through the VPC, as by a VPN; the VPC's own always do. */
  privateAccessCidrs: string[];
  /** IAM principals with every right in the cluster, beside whoever creates it. */
  admins: string[];
  /** IAM principals that may look at everything but secrets. */
  viewers: string[];
  controlPlaneLogs: string[];
  /** How long control-plane logs stay, in days. */
  logRetentionDays: number;
  /** Encrypts Kubernetes Secrets in etcd, and the control-plane logs. */
  keyArn: pulumi.Input<string>;
  /** Role assumed by the provider; the cluster's token command must assume it too. */
  assumeRoleArn?: string;
  /** Whether EKS refuses to delete the cluster. */
  deletionProtection: boolean;
  /** Whether objects of a cluster that no longer answers are dropped from the state instead of blocking the run. */
  deleteUnreachable: boolean;
}

/**
 * A control plane that knows people by access entries and pods by Pod Identity. It comes without any add-on or node: those
 * are resources of their own, so that each is in the preview.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html
 */
export class EksCluster extends pulumi.ComponentResource implements ClusterFacts {
  readonly clusterName: pulumi.Output<string>;
  readonly clusterArn: pulumi.Output<string>;
  readonly endpoint: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;
  readonly kubeconfig: pulumi.Output<string>;
  readonly provider: k8s.Provider;

  constructor(name: string, args: EksClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:EksCluster", name, {}, opts);
    const child = { parent: this };
    // EKS would make it itself, to be kept for ever and left behind on destroy.
    const logs = new aws.cloudwatch.LogGroup(
      name,
      {
        name: `/aws/eks/${args.clusterName}/cluster`,
        retentionInDays: args.logRetentionDays,
        kmsKeyId: args.keyArn,
      },
      child,
    );
    const cluster = new eks.Cluster(
      name,
      {
        name: args.clusterName,
        version: args.version,
        vpcId: args.network.vpcId,
        subnetIds: args.network.privateSubnetIds,
        kubernetesServiceIpAddressRange: serviceCidr,
        endpointPrivateAccess: true,
        // Public is what EKS does when nothing is said. Saying it makes the component poll the endpoint at each run, for five
        // minutes where the program does not run within the ranges.
        ...(args.publicAccessCidrs.length > 0
          ? { publicAccessCidrs: args.publicAccessCidrs }
          : { endpointPublicAccess: false }),
        authenticationMode: eks.AuthenticationMode.Api,
        encryptionConfigKeyArn: args.keyArn,
        enabledClusterLogTypes: args.controlPlaneLogs,
        bootstrapSelfManagedAddons: false,
        useDefaultVpcCni: true,
        kubeProxyAddonOptions: { enabled: false },
        corednsAddonOptions: { enabled: false },
        skipDefaultNodeGroup: true,
        skipDefaultSecurityGroups: true,
        createInstanceRole: false,
        createOidcProvider: false,
        deletionProtection: args.deletionProtection,
        ...(args.assumeRoleArn === undefined ? {} : { providerCredentialOpts: { roleArn: args.assumeRoleArn } }),
      },
      { ...child, dependsOn: after(logs, ...args.network.ready) },
    );
    const made = cluster.eksCluster;
    this.clusterName = made.name;
    this.clusterArn = made.arn;
    this.endpoint = made.endpoint;
    this.securityGroupId = made.vpcConfig.clusterSecurityGroupId;
    this.kubeconfig = pulumi.secret(cluster.kubeconfigJson);

    const people = [
      ...args.admins.map((principalArn) => ({ principalArn, policy: "AmazonEKSClusterAdminPolicy" })),
      ...args.viewers.map((principalArn) => ({ principalArn, policy: "AmazonEKSViewPolicy" })),
    ];
    const entries = people.map(({ principalArn, policy }, at) => {
      const formerly = (arn: string) => `${name}-${arn.split("/").slice(1).join("-")}`;
      const first = people.findIndex((other) => formerly(other.principalArn) === formerly(principalArn)) === at;
      return new AccessEntry(
        `${name}-${principalArn.split(":").slice(4).join("-")}`,
        { account: args.account, clusterName: made.name, principalArn, policy },
        // They were called after the path alone, which roles and users of several accounts may share.
        { ...child, aliases: first ? [{ name: formerly(principalArn) }] : [] },
      );
    });

    // EKS lets in members of the cluster's own group only, not the machine in the VPC that runs this program.
    const doors = [...args.network.cidrs, ...args.privateAccessCidrs].map(
      (cidrIpv4) =>
        new aws.vpc.SecurityGroupIngressRule(
          `${name}-from-${cidrIpv4}`,
          {
            securityGroupId: this.securityGroupId,
            description: "Kubernetes API",
            ipProtocol: "tcp",
            fromPort: 443,
            toPort: 443,
            cidrIpv4,
          },
          child,
        ),
    );

    this.provider = new k8s.Provider(
      name,
      {
        kubeconfig: this.kubeconfig,
        // Without it a changed kubeconfig could pass for another cluster and replace every object in it.
        clusterIdentifier: pulumi.interpolate`${made.arn}`,
        ...appliedInPlace,
        deleteUnreachable: args.deleteUnreachable,
      },
      { ...child, dependsOn: [...entries, ...doors] },
    );
    this.registerOutputs({ clusterName: this.clusterName });
  }
}
