import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { encryptVolumes } from "../../identity/policies/cluster";
import type { Dependency } from "../../lib/dependencies";
import { policyDocument } from "../../lib/statements";
import type { DataProtection } from "../data/protection";
import type { NetworkFacts } from "../network/facts";
import { SecurityGroup } from "../network/securityGroup";
import { Addon, type AddonVersions } from "./addon";
import type { ClusterFacts } from "./facts";

/** Volumes for pods. */
export interface ClusterStorageArgs {
  account: AwsAccount;
  versions: AddonVersions;
  cluster: ClusterFacts;
  network: NetworkFacts;
  /** Encrypts every volume. */
  keyArn: pulumi.Input<string>;
  /** Whether volumes that many pods share are offered too, on EFS. */
  shared: boolean;
  tags: Record<string, string>;
  protection: DataProtection;
  /** Nodes, on which the drivers run. */
  nodes: Dependency[];
}

const nfsPort = 2049;

/**
 * The default class `gp3` (EBS, one pod at a time) and, where asked for, `efs` (many pods).
 * @see https://docs.aws.amazon.com/eks/latest/userguide/storage.html
 */
export class ClusterStorage extends pulumi.ComponentResource {
  readonly className = "gp3";
  readonly sharedClassName?: string;
  /** Depend on these before claiming a volume: claims go before the driver that must delete their volumes. */
  readonly ready: Dependency[];

  constructor(name: string, args: ClusterStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:ClusterStorage", name, {}, opts);
    const child = { parent: this };
    const { account, cluster } = args;
    const driver = new Addon(
      `${name}-ebs`,
      {
        account,
        clusterName: cluster.clusterName,
        clusterArn: cluster.clusterArn,
        addonName: "aws-ebs-csi-driver",
        versions: args.versions,
        identity: {
          serviceAccount: "ebs-csi-controller-sa",
          managedPolicy: "service-role/AmazonEBSCSIDriverPolicy",
          policy: pulumi.output(args.keyArn).apply((arn) => policyDocument(encryptVolumes(arn))),
        },
        configuration: { controller: { extraVolumeTags: args.tags } },
        after: args.nodes,
      },
      child,
    );
    const gp3 = new k8s.storage.v1.StorageClass(
      name,
      {
        metadata: { name: this.className, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
        provisioner: "ebs.csi.aws.com",
        parameters: { type: "gp3", encrypted: "true", kmsKeyId: args.keyArn },
        volumeBindingMode: "WaitForFirstConsumer", // A volume is made in the zone where its pod runs.
        allowVolumeExpansion: true,
        reclaimPolicy: "Delete",
      },
      { ...child, dependsOn: driver },
    );
    this.ready = [gp3];
    if (args.shared) {
      this.sharedClassName = "efs";
      this.ready.push(this.sharedStorage(`${name}-efs`, args));
    }
    this.registerOutputs();
  }

  /** One encrypted file system; each claim becomes an access point with a user id of its own. */
  private sharedStorage(name: string, args: ClusterStorageArgs): k8s.storage.v1.StorageClass {
    const child = { parent: this };
    const { account, cluster, network } = args;
    const files = new aws.efs.FileSystem(
      name,
      { encrypted: true, kmsKeyId: args.keyArn, throughputMode: "elastic", tags: { Name: name } },
      { ...child, ...args.protection.options },
    );
    const guard = new SecurityGroup(
      name,
      {
        vpcId: network.vpcId,
        description: "NFS from the nodes and pods of the cluster",
        ingress: [{ key: "cluster", portNumber: nfsPort, peerSecurityGroupId: cluster.securityGroupId }],
        egress: [],
      },
      child,
    );
    const targets = network.zoneSubnetIds.map(
      (subnetId, index) =>
        new aws.efs.MountTarget(
          `${name}-${index + 1}`,
          {
            fileSystemId: files.id,
            subnetId,
            securityGroups: [guard.id],
          },
          child,
        ),
    );
    const driver = new Addon(
      name,
      {
        account,
        clusterName: cluster.clusterName,
        clusterArn: cluster.clusterArn,
        addonName: "aws-efs-csi-driver",
        versions: args.versions,
        identity: { serviceAccount: "efs-csi-controller-sa", managedPolicy: "service-role/AmazonEFSCSIDriverPolicy" },
        after: [...args.nodes, ...targets],
      },
      child,
    );
    return new k8s.storage.v1.StorageClass(
      name,
      {
        metadata: { name: "efs" },
        provisioner: "efs.csi.aws.com",
        parameters: {
          provisioningMode: "efs-ap",
          fileSystemId: files.id,
          directoryPerms: "700",
          ensureUniqueDirectory: "true",
        },
        mountOptions: ["tls"],
      },
      { ...child, dependsOn: driver },
    );
  }
}
