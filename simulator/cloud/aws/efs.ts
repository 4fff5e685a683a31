/** EFS. Limits: https://docs.aws.amazon.com/efs/latest/ug/limits.html */
import { between, describeTypes, howMany, oneOf, Refusal } from "./describe";
import * as type from "./tokens";

describeTypes(
  {
    type: type.fileSystem,
    id: "fs",
    arn: "elasticfilesystem:{region}:{account}:file-system/{id}",
    forces: ["creationToken", "encrypted", "kmsKeyId", "performanceMode", "availabilityZoneName"],
    refs: { kmsKeyId: type.keyReference },
    limits: [
      oneOf("throughputMode", "bursting", "provisioned", "elastic"),
      oneOf("performanceMode", "generalPurpose", "maxIO"),
    ],
    computed: {
      creationToken: (x) => `simulated-${x.digits("token", 12)}`,
      dnsName: (x) => `${x.id}.efs.${x.region}.simulated.invalid`,
      encrypted: () => false,
      performanceMode: () => "generalPurpose",
      numberOfMountTargets: () => 0,
      sizeInBytes: () => [],
      kmsKeyId: () => "",
      name: (x) => x.inputs.tags?.Name ?? "",
    },
    code: "FileSystemInUse",
  },
  {
    type: "aws:efs/mountTarget:MountTarget",
    id: "fsmt",
    forces: ["fileSystemId", "subnetId", "ipAddress", "ipAddressType"],
    refs: { fileSystemId: type.fileSystem, subnetId: type.subnet, "securityGroups[]": { to: type.securityGroups } },
    limits: [howMany("securityGroups", 0, 5)],
    computed: {
      availabilityZoneName: (x) => x.referred("subnetId")?.outputs.availabilityZone,
      availabilityZoneId: (x) => x.referred("subnetId")?.outputs.availabilityZoneId,
      dnsName: (x) => `${x.inputs.fileSystemId}.efs.${x.region}.simulated.invalid`,
      mountTargetDnsName: (x) => `${x.inputs.fileSystemId}.efs.${x.region}.simulated.invalid`,
      fileSystemArn: (x) => x.referred("fileSystemId")?.outputs.arn,
      networkInterfaceId: (x) => `eni-sim${x.digits("interface", 14)}`,
      ipAddress: () => "10.255.255.253",
      securityGroups: () => [],
    },
    claims: (x) => [`mount of ${x.inputs.fileSystemId} in ${x.referred("subnetId")?.outputs.availabilityZone}`],
    verify: (x) => {
      if (x.referred("subnetId") === undefined) throw new Refusal("SubnetNotFound", `no subnet ${x.inputs.subnetId}`);
    },
  },
  {
    type: "aws:efs/accessPoint:AccessPoint",
    id: "fsap",
    arn: "elasticfilesystem:{region}:{account}:access-point/{id}",
    forces: ["fileSystemId", "posixUser", "rootDirectory"],
    refs: { fileSystemId: { to: [type.fileSystem], holds: false } },
    limits: [between("posixUser.uid", 0, 4294967295), between("posixUser.gid", 0, 4294967295)],
    computed: { fileSystemArn: (x) => x.referred("fileSystemId")?.outputs.arn, rootDirectory: () => ({ path: "/" }) },
  },
);
