import { at, holds, type Resource, stackOf } from "../resource";
import { type Rule, textList, texts } from "../rule";
import { bucketTypes, inline, isBucket, partsOf } from "./buckets";

/** What lets data go with a mistake, by type. */
const loses: Readonly<Record<string, (props: Record<string, unknown>) => string[]>> = {
  "aws:rds/instance:Instance": (props) => [
    ...(holds(props.deletionProtection) ? [] : ["The database may be deleted"]),
    ...(props.skipFinalSnapshot === true ? ["The database leaves no snapshot when it goes"] : []),
    ...(Number(props.backupRetentionPeriod ?? 0) > 0 ? [] : ["The database has no backups"]),
  ],
  // Aurora always has backups, of a day at least.
  "aws:rds/cluster:Cluster": (props) => [
    ...(holds(props.deletionProtection) ? [] : ["The database may be deleted"]),
    ...(props.skipFinalSnapshot === true ? ["The database leaves no snapshot when it goes"] : []),
  ],
  "aws:eks/cluster:Cluster": (props) => (holds(props.deletionProtection) ? [] : ["The cluster may be deleted"]),
  "aws:dynamodb/table:Table": (props) => [
    ...(holds(props.deletionProtectionEnabled) ? [] : ["The table may be deleted"]),
    ...(holds(at(props, "pointInTimeRecovery", "enabled")) ? [] : ["The table cannot be brought back"]),
  ],
  ...Object.fromEntries(
    [...bucketTypes].map((type) => [
      type,
      (props: Record<string, unknown>) => (props.forceDestroy === true ? ["The bucket is emptied when it goes"] : []),
    ]),
  ),
  "aws:ecr/repository:Repository": (props) =>
    props.forceDelete === true ? ["The repository goes with its images"] : [],
};

/** Types that are nothing but data: Pulumi itself has to refuse to delete them. */
const protectedTypes = new Set([
  ...bucketTypes,
  "aws:rds/instance:Instance",
  "aws:rds/cluster:Cluster",
  "aws:efs/fileSystem:FileSystem",
  "aws:kms/key:Key",
  "aws:ecr/repository:Repository",
]);

const unprotected = ({ type, protect }: Resource) =>
  protectedTypes.has(type) && !protect ? ["Pulumi may delete it"] : [];

export const dataLoss: readonly Rule[] = [
  {
    name: "data-protection",
    level: "mandatory",
    reason: "One wrong command, and what it holds is gone.",
    remedy: "Set protect, and the type's own protection.",
    options: { stacks: textList("Stacks whose data are kept, by name.", "prod", "production") },
    check: {
      resource: (resource, config) =>
        texts(config, "stacks").includes(stackOf(resource))
          ? [...(loses[resource.type]?.(resource.props) ?? []), ...unprotected(resource)]
          : [],
    },
  },
  {
    name: "bucket-versioning",
    level: "mandatory",
    reason: "What is overwritten or deleted cannot be brought back.",
    remedy: "Add a BucketVersioning that is Enabled, with a lifecycle for old versions.",
    check: {
      stack: (all) =>
        all
          .filter(isBucket)
          .filter((bucket) => {
            const parts = partsOf(bucket, all, /:BucketVersioning(V2)?$/);
            return !(
              parts.some(({ props }) => at(props, "versioningConfiguration", "status") === "Enabled") ||
              inline(bucket, "versioning").some((each) => holds(at(each, "enabled")))
            );
          })
          .map(({ urn }) => ({ urn, what: "The bucket keeps no versions" })),
    },
  },
];
