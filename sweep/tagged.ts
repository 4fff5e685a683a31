import type { Aws } from "./aws";
import { unlessGone } from "./gone";
import type { Leftover } from "./leftover";
import { type NetworkInterface, networkInterface, type SecurityGroup, securityGroup } from "./network";
import { repository } from "./repositories";

const gib = 1024 ** 3;

/** A resource that carries the tag of the stack. */
export interface Tagged {
  arn: string;
  /** Service and type, such as `ec2:volume`. */
  type: string;
  tagKeys: string[];
  /** Part of the ARN behind the service's type, such as `vol-1`. */
  id: string;
}

type Look = (aws: Aws, found: Tagged) => Promise<Leftover | undefined>;

/** The first of an answer's list, with the fields that are read. */
async function first<T>(aws: Aws, [service, operation, parameters, list]: [string, string, object, string]) {
  const answer = (await aws(service, operation, parameters)) as Record<string, T[]>;
  return answer[list]?.[0];
}

const deletes = (service: string, operation: string, parameters: object) => ({
  deletions: [{ service, operation, parameters }],
});

/** What is known of each type of resource, by the service and type of its ARN. */
const looks: Readonly<Record<string, Look>> = {
  "ec2:volume": async (aws, { id }) => {
    const asked = { VolumeIds: [id] };
    const volume = await first<{ Size: number; State: string }>(aws, ["ec2", "describe-volumes", asked, "Volumes"]);
    if (volume === undefined) return undefined;
    const cost = { price: "ebs/gp3", amount: volume.Size, holdsData: true } as const;
    if (volume.State === "in-use") return { kind: "volume", id, ...cost, stays: "a machine uses it" };
    return { kind: "volume", id, ...cost, ...deletes("ec2", "delete-volume", { VolumeId: id }) };
  },
  "ec2:snapshot": async (aws, { id }) => {
    const asked = { SnapshotIds: [id] };
    const found = await first<{ VolumeSize: number }>(aws, ["ec2", "describe-snapshots", asked, "Snapshots"]);
    if (found === undefined) return undefined;
    const cost = { price: "ebs/snapshot", amount: found.VolumeSize, holdsData: true } as const;
    return { kind: "snapshot", id, ...cost, ...deletes("ec2", "delete-snapshot", { SnapshotId: id }) };
  },
  "ec2:network-interface": async (aws, { id }) => {
    const asked = { NetworkInterfaceIds: [id] };
    const found = await first<NetworkInterface>(aws, [
      "ec2",
      "describe-network-interfaces",
      asked,
      "NetworkInterfaces",
    ]);
    return found && networkInterface(found);
  },
  "ec2:security-group": async (aws, { id }) => {
    const asked = { GroupIds: [id] };
    const found = await first<SecurityGroup>(aws, ["ec2", "describe-security-groups", asked, "SecurityGroups"]);
    return found && securityGroup(found);
  },
  "elasticloadbalancing:loadbalancer": async (aws, { arn, id }) => {
    // One of the classic kind, which the platform does not make, has a name alone, and another API.
    if (!id.includes("/")) return unseen("elasticloadbalancing:loadbalancer", arn, "a person decides");
    const asked = { LoadBalancerArns: [arn] };
    const found = await first(aws, ["elbv2", "describe-load-balancers", asked, "LoadBalancers"]);
    if (found === undefined) return undefined;
    return {
      ...{ kind: "load balancer", id: arn, about: id.split("/")[1] ?? id, price: "elb/application", amount: 1 },
      ...deletes("elbv2", "delete-load-balancer", { LoadBalancerArn: arn }),
    };
  },
  "elasticloadbalancing:targetgroup": async (aws, { arn, id }) => {
    const found = await first(aws, ["elbv2", "describe-target-groups", { TargetGroupArns: [arn] }, "TargetGroups"]);
    if (found === undefined) return undefined;
    return {
      ...{ kind: "target group", id: arn, about: id.split("/")[0] ?? id, free: true },
      ...deletes("elbv2", "delete-target-group", { TargetGroupArn: arn }),
    };
  },
  "elasticfilesystem:file-system": async (aws, { id }) => {
    const asked = { FileSystemId: id };
    type FileSystem = { Name?: string; SizeInBytes: { Value: number } };
    const found = await first<FileSystem>(aws, ["efs", "describe-file-systems", asked, "FileSystems"]);
    if (found === undefined) return undefined;
    const { MountTargets: mounts } = (await aws("efs", "describe-mount-targets", asked)) as {
      MountTargets: { MountTargetId: string }[];
    };
    return {
      ...{ kind: "file system", id, ...(found.Name === undefined ? {} : { about: found.Name }) },
      ...{ price: "efs/standard", amount: found.SizeInBytes.Value / gib, holdsData: true },
      deletions: [
        ...mounts.map(({ MountTargetId }) => ({
          ...{ service: "efs", operation: "delete-mount-target", parameters: { MountTargetId } },
        })),
        {
          ...{ service: "efs", operation: "delete-file-system", parameters: asked },
          after: { service: "efs", operation: "describe-mount-targets", parameters: asked, list: "MountTargets" },
        },
      ],
    };
  },
  "ecr:repository": (aws, { id }) => repository(aws, id),
  "kms:key": async (aws, { id }) => {
    const { KeyMetadata: key } = (await aws("kms", "describe-key", { KeyId: id })) as {
      KeyMetadata: { KeyState: string; DeletionDate?: string | number };
    };
    if (key.KeyState === "PendingDeletion") return { kind: "key", id, free: true, stays: "it ends by itself" };
    return { kind: "key", id, price: "kms/key", amount: 1, stays: "it opens data: a person decides" };
  },
};

const dataTypes = /^(s3|dynamodb|secretsmanager|backup):|^rds:(db|cluster|snapshot|cluster-snapshot)$/;
const billedTypes =
  /^(ec2:(instance|natgateway|vpc-endpoint|elastic-ip)|eks:(cluster|nodegroup)|airflow:environment|sagemaker:(endpoint|notebook-instance|app))$/;

/** Why a type of resource stays that nothing here looks at. */
function reason(type: string): string {
  if (dataTypes.test(type)) return "it holds data: a person decides";
  return billedTypes.test(type) ? "it is billed while it is there: a person decides" : "a person decides";
}

/** What AWS names by its tag, and nothing here looks at. It does so for hours after the thing is gone. */
const unseen = (type: string, arn: string, why: string): Leftover => ({
  ...{ kind: type.replace(":", " "), id: arn, stays: `${why}; it may be gone already` },
});

/** `arn:aws:ec2:eu-west-1:111122223333:volume/vol-1`, with `:` in place of the first `/` for some services. */
function partsOf(arn: string): { type: string; id: string } {
  const [, , service = "", , , ...rest] = arn.split(":");
  const [kind = "", ...id] = rest.join(":").split(/[/:]/);
  return { type: `${service}:${kind}`, id: rest.join(":").slice(kind.length + (id.length > 0 ? 1 : 0)) };
}

/** What carries the tag of the stack. @param full as `mlplatform-prod` */
export async function carrying(aws: Aws, full: string): Promise<Tagged[]> {
  const asked = { TagFilters: [{ Key: "mlplatform/stack", Values: [full] }] };
  const { ResourceTagMappingList: all } = (await aws("resourcegroupstaggingapi", "get-resources", asked)) as {
    ResourceTagMappingList: { ResourceARN: string; Tags: { Key: string; Value: string }[] }[];
  };
  // AWS is asked by value; what is deleted is looked at once more.
  const own = all.filter(({ Tags }) => Tags.some(({ Key, Value }) => Key === "mlplatform/stack" && Value === full));
  return own.map(({ ResourceARN: arn, Tags }) => ({ arn, ...partsOf(arn), tagKeys: Tags.map(({ Key }) => Key) }));
}

/** What of it is still there, save for log groups, which others look at. */
export async function tagged(aws: Aws, own: readonly Tagged[], tell: (text: string) => void): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const [at, each] of own.entries()) {
    tell(`${at + 1} of ${own.length}: ${each.arn}`);
    const { type, arn, tagKeys } = each;
    if (type === "logs:log-group") continue;
    // A backup in a vault carries the stack's tag and AWS Backup's own: it is what a stack is restored from.
    const backup = tagKeys.some((key) => key.startsWith("aws:backup:"));
    const look = backup ? undefined : looks[type];
    const why = backup ? "it is a backup: a person decides" : reason(type);
    const one = look === undefined ? unseen(type, arn, why) : await unlessGone(look(aws, each));
    if (one !== undefined) found.push(one);
  }
  return found;
}
