import { expect } from "chai";
import { ClusterStorage } from "../../../components/foundation/cluster/storage";
import type { DataProtection } from "../../../components/foundation/data/protection";
import {
  account,
  addonVersions,
  building,
  clusterFacts,
  dropped,
  Follower,
  kept,
  keyArn,
  Marker,
  networkFacts,
  tags,
} from "../../support/foundation";
import { dependencies, inputs, outline, statements, waitedFor } from "../../support/outline";

const make = (shared: boolean, protection: DataProtection = kept) =>
  new ClusterStorage("storage", {
    account,
    cluster: clusterFacts(),
    versions: addonVersions,
    network: networkFacts(),
    keyArn,
    shared,
    tags,
    protection,
    nodes: [new Marker("nodes")],
  });
const made = (shared: boolean, protection?: DataProtection) => building(() => make(shared, protection));
const gp3 = "kubernetes:storage.k8s.io/v1:StorageClass storage";
const efs = "kubernetes:storage.k8s.io/v1:StorageClass storage-efs";
const ebsTree = [
  "  Addon storage-ebs",
  "    eks.Addon storage-ebs",
  "    iam.Role storage-ebs",
  "    iam.RolePolicy storage-ebs",
  "    iam.RolePolicyAttachment storage-ebs",
];

describe("volumes for one pod", () => {
  it("are a driver with a role of its own and one class, and nothing of EFS", async () => {
    expect(outline(await made(false))).to.deep.equal(["ClusterStorage storage", ...ebsTree, `  ${gp3}`]);
  });

  it("are of the default class: encrypted with the cluster's key, made where the pod runs", async () => {
    expect(inputs(await made(false), gp3)).to.deep.equal({
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "gp3", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
      provisioner: "ebs.csi.aws.com",
      parameters: { type: "gp3", encrypted: "true", kmsKeyId: keyArn },
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: true,
      reclaimPolicy: "Delete",
    });
  });

  it("have a driver that runs on nodes, tags what it makes, and may use that key", async () => {
    const registrations = await made(false);
    const { configurationValues, addonName } = inputs(registrations, "eks.Addon storage-ebs");
    expect(addonName).to.equal("aws-ebs-csi-driver");
    expect(JSON.parse(configurationValues as string)).to.deep.equal({ controller: { extraVolumeTags: tags } });
    expect(dependencies(registrations, "eks.Addon storage-ebs")).to.include.members([
      "test:index:Marker nodes",
      "iam.RolePolicy storage-ebs",
      "iam.RolePolicyAttachment storage-ebs",
    ]);
    for (const { Resource } of statements(registrations, "iam.RolePolicy storage-ebs")) {
      expect(Resource).to.deep.equal([keyArn]);
    }
  });

  it("can be claimed once their driver is there", async () => {
    expect(dependencies(await made(false), gp3)).to.include("eks.Addon storage-ebs");
    let storage!: ClusterStorage;
    const registrations = await building(() => {
      storage = make(false);
      new Follower(storage.ready);
    });
    expect([storage.className, storage.sharedClassName]).to.deep.equal(["gp3", undefined]);
    expect(waitedFor(registrations)).to.deep.equal([gp3]);
  });
});

describe("volumes that many pods share", () => {
  for (const protection of [kept, dropped]) {
    it(`are one file system with a door in each zone, ${protection.keep ? "kept" : "dropped"} with the data`, async () => {
      expect(outline(await made(true, protection))).to.deep.equal([
        "ClusterStorage storage",
        ...ebsTree,
        "  Addon storage-efs",
        "    eks.Addon storage-efs",
        "    iam.Role storage-efs",
        "    iam.RolePolicyAttachment storage-efs",
        "  SecurityGroup storage-efs",
        "    ec2.SecurityGroup storage-efs",
        "    vpc.SecurityGroupIngressRule storage-efs-from-cluster",
        `  efs.FileSystem storage-efs${protection.keep ? " (protected, retained)" : ""}`,
        "  efs.MountTarget storage-efs-1",
        "  efs.MountTarget storage-efs-2",
        `  ${gp3}`,
        `  ${efs}`,
      ]);
    });
  }

  it("are encrypted, and reached by the cluster alone", async () => {
    const registrations = await made(true);
    expect(inputs(registrations, "efs.FileSystem storage-efs")).to.deep.equal({
      encrypted: true,
      kmsKeyId: keyArn,
      throughputMode: "elastic",
      tags: { Name: "storage-efs" },
    });
    expect(inputs(registrations, "efs.MountTarget storage-efs-2")).to.deep.equal({
      fileSystemId: "storage-efs-id",
      subnetId: "subnet-private-2",
      securityGroups: ["storage-efs-id"],
    });
    expect(inputs(registrations, "vpc.SecurityGroupIngressRule storage-efs-from-cluster")).to.deep.equal({
      securityGroupId: "storage-efs-id",
      referencedSecurityGroupId: "sg-cluster",
      ipProtocol: "tcp",
      fromPort: 2049,
      toPort: 2049,
      description: "cluster",
    });
  });

  it("are of a class of their own, over TLS, each claim in its own directory", async () => {
    const registrations = await made(true);
    expect(inputs(registrations, efs)).to.deep.equal({
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "efs" },
      provisioner: "efs.csi.aws.com",
      parameters: {
        provisioningMode: "efs-ap",
        fileSystemId: "storage-efs-id",
        directoryPerms: "700",
        ensureUniqueDirectory: "true",
      },
      mountOptions: ["tls"],
    });
    expect(dependencies(registrations, efs)).to.include("eks.Addon storage-efs");
    expect(dependencies(registrations, "eks.Addon storage-efs")).to.include.members([
      "efs.MountTarget storage-efs-1",
      "efs.MountTarget storage-efs-2",
      "iam.RolePolicyAttachment storage-efs",
      "test:index:Marker nodes",
    ]);
    let storage!: ClusterStorage;
    const followed = await building(() => {
      storage = make(true);
      new Follower(storage.ready);
    });
    expect(storage.sharedClassName).to.equal("efs");
    expect(waitedFor(followed)).to.deep.equal([gp3, efs]);
  });
});
