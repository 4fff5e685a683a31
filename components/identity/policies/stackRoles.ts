/** What roles of a git host may do with a whole stack: look at what would change, update it, compare it with what is there. */
import type { DenyStatement, PolicyStatement } from "../../lib/statements";
import { lookAtOffers, type Producer } from "./promotion";
import { data } from "./stackCalls/data";
import { ground } from "./stackCalls/ground";
import type { Kind, Names } from "./stackCalls/kind";
import { models } from "./stackCalls/models";
import { runs } from "./stackCalls/runs";
import { allow, arn, onAnyResource } from "./terms";

/** By the policy that they go into: a role may have ten, of 6,144 characters each. */
export const stackCalls: Readonly<Record<string, readonly Kind[]>> = { ground, data, models, runs };

/** Where a stack's state is, and what it is encrypted with. */
export interface StackState {
  bucketArn: string;
  /** Key of the bucket. */
  keyArn: string;
  /** Key of the secrets in the state. */
  secretsKeyArn: string;
}

/** Value of the stack's tag on what its bootstrap makes: of the stack, and not its own. No stack has a slash in its name. */
export const bootstrapTag = (stack: string) => `${stack}/bootstrap`;

const actions = ({ service }: Kind, names: readonly string[]) => names.map((name) => `${service}:${name}`);
const written = (statements: PolicyStatement[]) =>
  statements.filter(({ Action, Resource }) => Action.length > 0 && Resource.length > 0);

/** Look at everything that a stack can consist of. */
export function readThings(kinds: readonly Kind[], names: Names): PolicyStatement[] {
  return written([
    ...kinds.map((kind, at) => allow(`Read${at}`, actions(kind, kind.reads), [...kind.resources(names)])),
    onAnyResource(
      "List",
      kinds.flatMap((kind) => actions(kind, kind.lists ?? [])),
    ),
  ]);
}

/** Make, change and delete everything that a stack can consist of. */
export function writeThings(kinds: readonly Kind[], names: Names): PolicyStatement[] {
  const there = { StringEquals: { "aws:RequestedRegion": names.account.region } };
  return written([
    ...kinds.map((kind, at) => allow(`Write${at}`, actions(kind, kind.writes ?? []), [...kind.resources(names)])),
    onAnyResource(
      "Make",
      kinds.flatMap((kind) => actions(kind, kind.creates ?? [])),
      there,
    ),
  ]);
}

/**
 * Read the state. Neither a preview nor a comparison takes its lock.
 * @see https://www.pulumi.com/docs/iac/concepts/state-and-backends/#aws-s3
 */
export function readState({ bucketArn, keyArn, secretsKeyArn }: StackState): PolicyStatement[] {
  return [
    allow("FindState", ["s3:GetBucketLocation", "s3:ListBucket"], [bucketArn]),
    allow("ReadState", ["s3:GetObject"], [`${bucketArn}/.pulumi/*`]),
    allow("OpenState", ["kms:Decrypt"], [keyArn, secretsKeyArn]),
  ];
}

/** Write the state, and hold its lock: an object that is put before an update and deleted after it. */
export function writeState(state: StackState): PolicyStatement[] {
  return [
    ...readState(state),
    allow("WriteState", ["s3:DeleteObject", "s3:PutObject"], [`${state.bucketArn}/.pulumi/*`]),
    allow("SealState", ["kms:Encrypt", "kms:GenerateDataKey"], [state.keyArn, state.secretsKeyArn]),
  ];
}

/** What the program looks up before it builds, by the function that it calls. */
export const lookups: Readonly<Record<string, readonly string[]>> = {
  getAvailabilityZones: ["ec2:DescribeAvailabilityZones"],
  "ec2.getPrefixList": ["ec2:DescribePrefixLists"],
  "ec2.getSubnet": ["ec2:DescribeSubnets"],
  "ec2.getVpc": ["ec2:DescribeVpcAttribute", "ec2:DescribeVpcs", "ec2:DescribeRouteTables"],
  "ecr.getImage": ["ecr:DescribeImages"],
  "eks.getAccessEntry": ["eks:DescribeAccessEntry"],
  "eks.getAddon": ["eks:DescribeAddon"],
  "eks.getAddonVersion": ["eks:DescribeAddonVersions"],
  "eks.getCluster": ["eks:DescribeCluster"],
  "eks.getClusters": ["eks:ListClusters"],
  "eks.getNodeGroup": ["eks:DescribeNodegroup"],
  "eks.getNodeGroups": ["eks:ListNodegroups"],
  "iam.getOpenIdConnectProvider": ["iam:GetOpenIDConnectProvider"],
  "rds.getInstance": ["rds:DescribeDBInstances", "rds:ListTagsForResource"],
  "rds.getInstances": ["rds:DescribeDBInstances"],
  "iam.getRoles": ["iam:ListRoles"],
};

/** Look up what the program looks up in the account. */
export function lookUp(names: Names): PolicyStatement[] {
  const wanted = new Set(Object.values(lookups).flat());
  const looked = Object.values(stackCalls)
    .flat()
    .map((kind, at) =>
      allow(
        `LookUp${at}`,
        actions(kind, kind.reads).filter((action) => wanted.has(action)),
        [...kind.resources(names)],
      ),
    );
  const listed = Object.values(stackCalls).flatMap((kinds) => kinds.flatMap((kind) => actions(kind, kind.lists ?? [])));
  return written([
    ...looked,
    onAnyResource(
      "LookUp",
      listed.filter((action) => wanted.has(action)),
    ),
  ]);
}

/** What the settings name of somebody else's, which the program looks at before it builds. */
export interface NamedBySettings {
  /** Names of secrets, whose values it reads. */
  storedSecrets: readonly string[];
  /** Names of buckets with data. */
  buckets: readonly string[];
  /** Stacks whose models are taken. */
  offers: readonly Producer[];
}

/** Look at what the settings name. */
export function lookAtNamed(names: Names, { storedSecrets, buckets, offers }: NamedBySettings): PolicyStatement[] {
  const { partition, region } = names.account;
  return written([
    allow("PublicParameters", ["ssm:GetParameter"], [`arn:${partition}:ssm:${region}::parameter/aws/service/*`]),
    allow(
      "StoredSecrets",
      ["secretsmanager:GetSecretValue"],
      storedSecrets.map((name) => arn(names.account, "secretsmanager", `secret:${name}-??????`)),
    ),
    allow(
      "BucketsOfOthers",
      ["s3:GetBucketLocation", "s3:ListBucket"],
      buckets.map((bucket) => `arn:${partition}:s3:::${bucket}`),
    ),
    ...lookAtOffers(names.account, offers),
  ]);
}

/** Read what is encrypted, through the service that keeps it. */
export function openThrough(names: Names, services: readonly string[]): PolicyStatement {
  const { account } = names;
  return allow("OpenThroughServices", ["kms:Decrypt"], [arn(account, "kms", "key/*")], {
    StringEquals: { "kms:ViaService": services.map((service) => `${service}.${account.region}.amazonaws.com`) },
  });
}

/** Services to which the program hands roles. */
export const passedTo = [
  ...["airflow", "airflow-env", "backup", "codebuild", "codepipeline", "ec2", "ecs-tasks", "eks", "events", "glue"],
  ...["lambda", "pipes", "pods.eks", "sagemaker", "scheduler", "states", "vpc-flow-logs"],
].map((service) => `${service}.amazonaws.com`);

/** Policies of Amazon's that the program attaches to roles. */
export const attached = [
  ...["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSClusterPolicy", "AmazonEKSWorkerNodePolicy"],
  ...["AmazonEKS_CNI_Policy", "service-role/AWSLambdaENIManagementAccess", "service-role/AmazonEBSCSIDriverPolicy"],
  "service-role/AmazonEFSCSIDriverPolicy",
];

/** Services that make a role of their own when they are first used in an account. */
const serviceLinked = [
  ...["airflow", "autoscaling", "backup", "ecs", "eks", "eks-nodegroup", "elasticfilesystem", "elasticloadbalancing"],
  ...["rds", "sagemaker.application-autoscaling", "spot"],
].map((service) => `${service}.amazonaws.com`);

/** Hand roles to services, and keys, as making what the stack consists of takes. */
export function handOver({ account, project }: Names): PolicyStatement[] {
  const { partition, accountId, region } = account;
  const roles = `arn:${partition}:iam::${accountId}:role/${project}-*`;
  const keys = [arn(account, "kms", "key/*")];
  return [
    allow("PassRoles", ["iam:PassRole"], [roles], { StringEquals: { "iam:PassedToService": passedTo } }),
    allow("AttachPolicies", ["iam:AttachRolePolicy", "iam:DetachRolePolicy"], [roles], {
      ArnEquals: { "iam:PolicyARN": attached.map((policy) => `arn:${partition}:iam::aws:policy/${policy}`) },
    }),
    allow(
      "ServiceRoles",
      ["iam:CreateServiceLinkedRole"],
      [`arn:${partition}:iam::${accountId}:role/aws-service-role/*`],
      { StringEquals: { "iam:AWSServiceName": serviceLinked } },
    ),
    // The last of them is asked of who makes a vault of backups.
    allow("UseKeysThroughServices", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:RetireGrant"], keys, {
      StringLike: { "kms:ViaService": `*.${region}.amazonaws.com` },
    }),
    allow("GrantKeysToServices", ["kms:CreateGrant"], keys, { Bool: { "kms:GrantIsForAWSResource": "true" } }),
  ];
}

/**
 * What an update never may, whatever else allows it: touch what its own rights come from, and things of other stacks. Most names do not say the stack,
 * tags do. What has no tag yet is no other stack's: it is being made. What a stack in the same account offers may be looked at, and no more than that.
 */
export function neverTouch(
  { account, project, stack }: Names,
  {
    tag,
    roles,
    state,
    offers,
  }: { tag: string; roles: readonly string[]; state: StackState; offers: readonly Producer[] },
): DenyStatement[] {
  const { partition, accountId } = account;
  const deny = (Sid: string, what: Omit<DenyStatement, "Sid" | "Effect">): DenyStatement => ({
    ...{ Sid, Effect: "Deny" },
    ...what,
  });
  const changes = (service: string) =>
    ["Add", "Attach", "Create", "Delete", "Detach", "Pass", "Put", "Remove", "Tag", "Untag", "Update"].map(
      (verb) => `${service}:${verb}*`,
    );
  const ofOthers = {
    Null: { [`aws:ResourceTag/${tag}`]: "false" },
    StringNotEquals: { [`aws:ResourceTag/${tag}`]: [stack, bootstrapTag(stack)] },
    // What another account's stack offers has that stack's tag too.
    StringEqualsIfExists: { "aws:ResourceAccount": accountId },
  };
  const looks = lookAtOffers(
    account,
    offers.filter(({ keyArn }) => keyArn.split(":")[4] === accountId),
  );
  return [
    deny("OwnRights", {
      Action: changes("iam"),
      Resource: [
        ...roles.map((role) => `arn:${partition}:iam::${accountId}:role/${role}`),
        ...["preview", "deploy", "drift"].map((role) => `arn:${partition}:iam::${accountId}:role/${project}-*-${role}`),
        `arn:${partition}:iam::${accountId}:policy/*`,
        `arn:${partition}:iam::${accountId}:oidc-provider/*`,
      ],
    }),
    deny("StateKeys", {
      Action: [
        "kms:CreateGrant",
        "kms:Disable*",
        "kms:Put*",
        "kms:ScheduleKeyDeletion",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:Update*",
      ],
      Resource: [state.keyArn, state.secretsKeyArn],
    }),
    deny("OtherStacks", {
      Action: [
        ...["backup", "dynamodb", "ecs", "elasticfilesystem", "glue", "kms", "lambda", "logs", "rds", "s3"],
        ...["sagemaker", "secretsmanager", "sns", "sqs", "states"],
      ]
        .map((service) => `${service}:*`)
        .concat("iam:*Role*", "ec2:Delete*", "ec2:Release*", "ec2:Revoke*"),
      ...(looks.length === 0 ? { Resource: ["*"] } : { NotResource: looks.flatMap(({ Resource }) => Resource) }),
      Condition: ofOthers,
    }),
    ...looks.flatMap(({ Sid, Action, Resource, Condition = {} }) => [
      deny(`OtherThan${Sid}`, { NotAction: Action, Resource, Condition: ofOthers }),
      // What is allowed for all of the account is no way around how the offer may be looked at.
      ...Object.values(Condition).map((only) =>
        deny(`NotAs${Sid}`, {
          Action,
          Resource,
          Condition: { ...ofOthers, StringNotEquals: { ...ofOthers.StringNotEquals, ...only } },
        }),
      ),
    ]),
  ];
}
