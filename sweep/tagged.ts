import type { Aws } from "./aws";
import type { Leftover } from "./leftover";
import { repository } from "./repositories";

const gib = 1024 ** 3;

/** A resource by its tag. */
interface Tagged {
  arn: string;
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
    const cost = { price: "ebs/gp3", amount: volume.Size };
    if (volume.State === "in-use") return { kind: "volume", id, ...cost, stays: "a machine uses it" };
    return { kind: "volume", id, ...cost, ...deletes("ec2", "delete-volume", { VolumeId: id }) };
  },
  "ec2:snapshot": async (aws, { id }) => {
    const asked = { SnapshotIds: [id] };
    const found = await first<{ VolumeSize: number }>(aws, ["ec2", "describe-snapshots", asked, "Snapshots"]);
    if (found === undefined) return undefined;
    const cost = { price: "ebs/snapshot", amount: found.VolumeSize };
    return { kind: "snapshot", id, ...cost, ...deletes("ec2", "delete-snapshot", { SnapshotId: id }) };
  },
  "ec2:network-interface": async (_, { id }) => ({
    ...{ kind: "network interface", id },
    ...deletes("ec2", "delete-network-interface", { NetworkInterfaceId: id }),
  }),
  "ec2:security-group": async (_, { id }) => ({
    ...{ kind: "security group", id },
    ...deletes("ec2", "delete-security-group", { GroupId: id }),
  }),
  "elasticloadbalancing:loadbalancer": async (_, { arn, id }) => ({
    ...{ kind: "load balancer", id: arn, about: id.split("/")[1] ?? id, price: "elb/application", amount: 1 },
    ...deletes("elbv2", "delete-load-balancer", { LoadBalancerArn: arn }),
  }),
  "elasticloadbalancing:targetgroup": async (_, { arn, id }) => ({
    ...{ kind: "target group", id: arn, about: id.split("/")[0] ?? id },
    ...deletes("elbv2", "delete-target-group", { TargetGroupArn: arn }),
  }),
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
      ...{ price: "efs/standard", amount: found.SizeInBytes.Value / gib },
      deletions: [
        ...mounts.map(({ MountTargetId }) => ({
          ...{ service: "efs", operation: "delete-mount-target", parameters: { MountTargetId } },
        })),
        { service: "efs", operation: "delete-file-system", parameters: asked },
      ],
    };
  },
  "ecr:repository": (aws, { id }) => repository(aws, id),
  "kms:key": async (aws, { id }) => {
    const { KeyMetadata: key } = (await aws("kms", "describe-key", { KeyId: id })) as {
      KeyMetadata: { KeyState: string; DeletionDate?: string | number };
    };
    const pending = key.KeyState === "PendingDeletion";
    return { kind: "key", id, stays: pending ? "it ends by itself, and costs nothing" : decided };
  },
};

const decided = "it holds data, or opens them: a person decides";

/** `arn:aws:ec2:eu-west-1:111122223333:volume/vol-1`, with `:` in place of the first `/` for some services. */
function partsOf(arn: string): { type: string; id: string } {
  const [, , service = "", , , ...rest] = arn.split(":");
  const [kind = "", ...id] = rest.join(":").split(/[/:]/);
  return { type: `${service}:${kind}`, id: rest.join(":").slice(kind.length + (id.length > 0 ? 1 : 0)) };
}

/** What carries the tag of the stack. Of log groups others tell. @param full as `mlplatform-prod` */
export async function tagged(aws: Aws, full: string, tell: (text: string) => void): Promise<Leftover[]> {
  const asked = { TagFilters: [{ Key: "mlplatform/stack", Values: [full] }] };
  const { ResourceTagMappingList: all } = (await aws("resourcegroupstaggingapi", "get-resources", asked)) as {
    ResourceTagMappingList: { ResourceARN: string; Tags: { Key: string; Value: string }[] }[];
  };
  // AWS is asked by value; what is deleted is looked at once more.
  const own = all.filter(({ Tags }) => Tags.some(({ Key, Value }) => Key === "mlplatform/stack" && Value === full));
  const found: Leftover[] = [];
  for (const [at, { ResourceARN: arn, Tags }] of own.entries()) {
    tell(`${at + 1} of ${own.length}: ${arn}`);
    const { type, id } = partsOf(arn);
    if (type === "logs:log-group") continue;
    // A backup in a vault carries the stack's tag and AWS Backup's own: it is what a stack is restored from.
    const look = Tags.some(({ Key }) => Key.startsWith("aws:backup:")) ? undefined : looks[type];
    const one =
      look === undefined ? { kind: type.replace(":", " "), id: arn, stays: decided } : await look(aws, { arn, id });
    if (one !== undefined) found.push(one);
  }
  return found;
}
