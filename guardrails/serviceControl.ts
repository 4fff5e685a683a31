import { type Guardrail, type GuardrailStatement, guardrail } from "./statement";

/** What the stack's own settings say of its account. */
export interface Limits {
  /** Regions that anything may be made in. */
  regions: string[];
  /** Families of machines that may not be started, such as `p5`. */
  deniedFamilies: string[];
  /** Roles of the platform have to carry it; absent: they need none. */
  boundaryArn?: string;
  /** Beginning of the names of the platform's roles, such as `mlplatform`. */
  project: string;
}

const deny = (
  Sid: string,
  Action: string[],
  Resource: string[],
  Condition?: GuardrailStatement["Condition"],
): GuardrailStatement => ({ Sid, Effect: "Deny", Action, Resource, ...(Condition === undefined ? {} : { Condition }) });

/**
 * Services that answer in one region for all, or have none.
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_general.html
 */
const worldwide = [
  ...["account", "aws-portal", "budgets", "ce", "cloudfront", "cur", "globalaccelerator", "health", "iam"],
  ...[
    "organizations",
    "pricing",
    "route53",
    "route53domains",
    "shield",
    "sts",
    "support",
    "tag",
    "trustedadvisor",
    "waf",
  ],
].map((service) => `${service}:*`);

function machines(families: readonly string[]): GuardrailStatement[] {
  if (families.length === 0) return [];
  const types = (before: string) => families.map((family) => `${before}${family}.*`);
  const models = ["CreateEndpointConfig", "CreateNotebookInstance", "CreateProcessingJob", "CreateTrainingJob"];
  return [
    deny("Machines", ["ec2:RunInstances"], ["arn:*:ec2:*:*:instance/*"], {
      StringLike: { "ec2:InstanceType": types("") },
    }),
    deny(
      "MachinesOfModels",
      models.map((action) => `sagemaker:${action}`),
      ["*"],
      {
        "ForAnyValue:StringLike": { "sagemaker:InstanceTypes": types("ml.") },
      },
    ),
    deny("MachinesOfDatabases", ["rds:CreateDBInstance", "rds:ModifyDBInstance"], ["*"], {
      StringLike: { "rds:DatabaseClass": types("db.") },
    }),
  ];
}

/** Roles of the platform without the boundary, or the boundary itself, are nobody's to make or change. */
function bounded(boundaryArn: string | undefined, project: string): GuardrailStatement[] {
  if (boundaryArn === undefined) return [];
  const roles = [`arn:*:iam::*:role/${project}-*`];
  const changes = ["AttachRolePolicy", "CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy"];
  return [
    deny(
      "RolesWithoutBoundary",
      changes.map((action) => `iam:${action}`),
      roles,
      {
        StringNotEquals: { "iam:PermissionsBoundary": boundaryArn },
      },
    ),
    deny("BoundaryStays", ["iam:DeleteRolePermissionsBoundary"], roles),
    deny(
      "BoundaryUnchanged",
      ["CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion"].map(
        (each) => `iam:${each}`,
      ),
      [boundaryArn],
    ),
  ];
}

/**
 * A service control policy for the account of a stack: what nobody in it may do, administrators and the platform alike. It goes beside `FullAWSAccess`.
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
 */
export function serviceControl({ regions, deniedFamilies, boundaryArn, project }: Limits): Guardrail {
  const audits = ["cloudtrail:DeleteTrail", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail"];
  const watchers = [
    "config:DeleteConfigurationRecorder",
    "config:StopConfigurationRecorder",
    "guardduty:DeleteDetector",
  ];
  return guardrail([
    deny("StaysInOrganization", ["organizations:LeaveOrganization"], ["*"]),
    deny("StaysAudited", [...audits, ...watchers], ["*"]),
    {
      ...{ Sid: "OtherRegions", Effect: "Deny", NotAction: worldwide, Resource: ["*"] },
      Condition: { StringNotEquals: { "aws:RequestedRegion": regions } },
    },
    deny("StaticKeys", ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateUser"], ["*"]),
    deny("PublicAccess", ["s3:PutAccountPublicAccessBlock"], ["*"]),
    deny("PlainVolumes", ["ec2:CreateVolume", "ec2:RunInstances"], ["arn:*:ec2:*:*:volume/*"], {
      Bool: { "ec2:Encrypted": "false" },
    }),
    deny("PlainDatabases", ["rds:CreateDBInstance"], ["*"], { Bool: { "rds:StorageEncrypted": "false" } }),
    deny("PlainFiles", ["elasticfilesystem:CreateFileSystem"], ["*"], {
      Bool: { "elasticfilesystem:Encrypted": "false" },
    }),
    deny("OldMetadata", ["ec2:RunInstances"], ["arn:*:ec2:*:*:instance/*"], {
      StringNotEquals: { "ec2:MetadataHttpTokens": "required" },
    }),
    ...machines(deniedFamilies),
    ...bounded(boundaryArn, project),
  ]);
}
