import { among, at, given, holds, list } from "../resource";
import type { Rule } from "../rule";
import { inline, isBucket, partsOf } from "./buckets";

type Check = (props: Record<string, unknown>) => boolean;

const disks = (props: Record<string, unknown>, path: string[]) =>
  list(at(props, ...path)).map((each) => at(each, "ebs") ?? each);
const encryptedDisk = (disk: unknown) => holds(at(disk, "encrypted")) && given(at(disk, "kmsKeyId"));
/** A disk of which nothing is said, such as one that holds no data, is none of an instance's. */
const launched = (disk: unknown) => at(disk, "virtualName") !== undefined || at(disk, "noDevice") !== undefined;

/** How each type says that it is encrypted with a key of the stack. */
const own: Readonly<Record<string, Check>> = {
  "aws:rds/instance:Instance": (props) => holds(props.storageEncrypted) && given(props.kmsKeyId),
  "aws:rds/cluster:Cluster": (props) => holds(props.storageEncrypted) && given(props.kmsKeyId),
  "aws:efs/fileSystem:FileSystem": (props) => holds(props.encrypted) && given(props.kmsKeyId),
  "aws:ebs/volume:Volume": encryptedDisk,
  "aws:ec2/launchTemplate:LaunchTemplate": (props) =>
    disks(props, ["blockDeviceMappings"]).every((disk) => launched(disk) || encryptedDisk(disk)),
  "aws:cloudwatch/logGroup:LogGroup": (props) => given(props.kmsKeyId),
  "aws:secretsmanager/secret:Secret": (props) => given(props.kmsKeyId),
  "aws:ecr/repository:Repository": (props) => {
    const [configuration] = list(props.encryptionConfigurations);
    return among(at(configuration, "encryptionType"), "KMS") && given(at(configuration, "kmsKey"));
  },
  "aws:dynamodb/table:Table": (props) => given(at(props, "serverSideEncryption", "kmsKeyArn")),
  "aws:sqs/queue:Queue": (props) => given(props.kmsMasterKeyId) || holds(props.sqsManagedSseEnabled),
  "aws:eks/cluster:Cluster": (props) => given(at(props, "encryptionConfig", "provider", "keyArn")),
  "aws:sagemaker/endpointConfiguration:EndpointConfiguration": (props) => serverless(props) || given(props.kmsKeyArn),
  "aws:sagemaker/notebookInstance:NotebookInstance": (props) => given(props.kmsKeyId),
  "aws:sagemaker/domain:Domain": (props) => given(props.kmsKeyId),
  "aws:sagemaker/featureGroup:FeatureGroup": (props) =>
    props.offlineStoreConfig === undefined || given(at(props, "offlineStoreConfig", "s3StorageConfig", "kmsKeyId")),
  "aws:mwaa/environment:Environment": (props) => given(props.kmsKey),
  "aws:athena/workgroup:Workgroup": (props) =>
    given(at(props, "configuration", "resultConfiguration", "encryptionConfiguration", "kmsKeyArn")),
  "kubernetes:storage.k8s.io/v1:StorageClass": (props) =>
    props.provisioner !== "ebs.csi.aws.com" ||
    (holds(at(props, "parameters", "encrypted")) && given(at(props, "parameters", "kmsKeyId"))),
};

/** What serves without a machine has no disk of its own, and SageMaker takes no key for it. */
const serverless = (props: Record<string, unknown>) =>
  list(props.productionVariants).some((variant) => at(variant, "serverlessConfig") !== undefined);

const byKey = (rule: unknown) =>
  ["applyServerSideEncryptionByDefault", "applyServerSideEncryptionByDefaults"]
    .flatMap((key) => at(rule, key) ?? [])
    .some((each) => among(at(each, "sseAlgorithm"), "aws:kms", "aws:kms:dsse") && given(at(each, "kmsMasterKeyId")));

export const encryption: readonly Rule[] = [
  {
    name: "encryption-at-rest",
    level: "mandatory",
    reason:
      "Whoever gets at a disk, a snapshot or a log reads it; with a key of the stack, its policy decides and CloudTrail tells.",
    remedy: "Name a key of KMS that the stack makes.",
    check: {
      resource: ({ type, props }) =>
        own[type]?.(props) === false ? ["It is not encrypted with a key of its own"] : [],
    },
  },
  {
    name: "bucket-encryption",
    level: "mandatory",
    reason: "S3's own keys open every object to whoever may read the bucket, with no second lock.",
    remedy: "Add a BucketServerSideEncryptionConfiguration with aws:kms and a key.",
    check: {
      stack: (all) =>
        all
          .filter(isBucket)
          .filter((bucket) => {
            const parts = partsOf(bucket, all, /:BucketServerSideEncryptionConfiguration(V2)?$/);
            const within = inline(bucket, "serverSideEncryptionConfiguration").flatMap(
              (each) => at(each, "rule") ?? list(at(each, "rules")),
            );
            return ![...parts.flatMap(({ props }) => list(props.rules)), ...within].some(byKey);
          })
          .map(({ urn }) => ({ urn, what: "The bucket does not encrypt with a key of its own" })),
    },
  },
  {
    name: "key-rotation",
    level: "mandatory",
    reason: "A key that never changes opens all that was ever written with it.",
    remedy: "Set enableKeyRotation.",
    check: {
      resource: ({ type, props }) =>
        type === "aws:kms/key:Key" && rotates(props) && !holds(props.enableKeyRotation)
          ? ["The key is not rotated"]
          : [],
    },
  },
];

/** KMS rotates symmetric keys alone. */
const rotates = ({ customerMasterKeySpec: spec }: Record<string, unknown>) =>
  spec === undefined || spec === "SYMMETRIC_DEFAULT";
