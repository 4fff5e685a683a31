import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { RestoreFrom } from "../../settings/database";
import type { NetworkFacts } from "../network/facts";
import { SecurityGroup } from "../network/securityGroup";
import type { DataProtection } from "./protection";
import { madeOnce, restoredInputs } from "./restored";

/** One PostgreSQL server for the metadata of all apps. */
export interface PostgresArgs {
  network: NetworkFacts;
  /** Identifier of the instance; the names of its log groups follow from it. */
  identifier: string;
  /** RDS class such as `db.t4g.medium`. */
  instanceClass: string;
  /** Major version; minor upgrades happen in the maintenance window. */
  engineVersion: string;
  storageGiB: number;
  /** Storage grows by itself up to here. */
  maxStorageGiB: number;
  /** Whether a standby in a second zone takes over when the first is lost. */
  multiZone: boolean;
  /** Point-in-time recovery reaches back this far, in days; 0 turns backups off. */
  backupRetentionDays: number;
  /** How long what the database waited for is kept: not at all, 7 days, or 15 months. */
  insights: "none" | "standard" | "advanced";
  /** Whether users that were granted `rds_iam` sign in with tokens of IAM. */
  iamSignIn: boolean;
  /** Daily, in UTC, such as `02:00-03:00`; AWS picks one otherwise. */
  backupWindow?: string;
  /** Weekly, in UTC, such as `sun:03:00-sun:04:00`; AWS picks one otherwise. */
  maintenanceWindow?: string;
  /** How long PostgreSQL's own log stays, in days. */
  logRetentionDays: number;
  keyArn: pulumi.Input<string>;
  protection: DataProtection;
  /** What it is made of where it does not exist yet; empty otherwise. */
  restoreFrom?: RestoreFrom;
}

/** Port every PostgreSQL listens on here. */
export const postgresPort = 5432;

const logKinds = ["postgresql", "upgrade"];

/** Days that each mode keeps; the API takes no others for it. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.TurningOnAdvanced.html */
const insightsDays = { standard: 7, advanced: 465 };

/** Database Insights of an instance. What is left out stays as it was, so none is said too: the mode `standard` collects nothing by itself. */
function insights({ insights: mode, keyArn }: Pick<PostgresArgs, "insights" | "keyArn">) {
  if (mode === "none") return { databaseInsightsMode: "standard", performanceInsightsEnabled: false };
  return {
    databaseInsightsMode: mode,
    performanceInsightsEnabled: true,
    performanceInsightsKmsKeyId: keyArn,
    performanceInsightsRetentionPeriod: insightsDays[mode],
  };
}

/**
 * An RDS PostgreSQL instance in subnets without a way out, encrypted, TLS only. Its master password is made, kept and rotated
 * by RDS in Secrets Manager: the program never sees it.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
 */
export class Postgres extends pulumi.ComponentResource {
  readonly host: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;
  readonly masterSecretArn: pulumi.Output<string>;

  constructor(name: string, args: PostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Postgres", name, {}, opts);
    const child = { parent: this };
    const { protection } = args;

    const guard = new SecurityGroup(
      name,
      {
        vpcId: args.network.vpcId,
        description: "PostgreSQL from pods and functions of the platform",
        ingress: [], // Each client lets itself in, see `allowPostgres`.
        egress: [],
      },
      child,
    );
    const subnets = new aws.rds.SubnetGroup(name, { subnetIds: args.network.databaseSubnetIds }, child);
    const parameters = new aws.rds.ParameterGroup(
      name,
      {
        family: `postgres${args.engineVersion.split(".")[0]}`,
        parameters: [
          { name: "rds.force_ssl", value: "1" },
          { name: "log_min_duration_statement", value: "1000" }, // Milliseconds: slow statements reach the log.
        ],
      },
      child,
    );
    // A final snapshot outlives the stack, so the next stack of this name needs another name for its own.
    const finalSnapshot = protection.keep ? new random.RandomId(`${name}-final`, { byteLength: 4 }, child) : undefined;

    // RDS would make these itself, to be kept for ever and left behind on destroy.
    const logs = logKinds.map(
      (kind) =>
        new aws.cloudwatch.LogGroup(
          `${name}-${kind}`,
          {
            name: `/aws/rds/instance/${args.identifier}/${kind}`,
            retentionInDays: args.logRetentionDays,
            kmsKeyId: args.keyArn,
          },
          child,
        ),
    );

    const instance = new aws.rds.Instance(
      name,
      {
        identifier: args.identifier,
        engine: "postgres",
        engineVersion: args.engineVersion,
        instanceClass: args.instanceClass,
        allocatedStorage: args.storageGiB,
        maxAllocatedStorage: args.maxStorageGiB,
        storageType: "gp3",
        storageEncrypted: true,
        kmsKeyId: args.keyArn,
        username: "platform",
        manageMasterUserPassword: true,
        masterUserSecretKmsKeyId: args.keyArn,
        dbSubnetGroupName: subnets.name,
        parameterGroupName: parameters.name,
        vpcSecurityGroupIds: [guard.id],
        publiclyAccessible: false,
        multiAz: args.multiZone,
        backupRetentionPeriod: args.backupRetentionDays,
        ...(args.backupWindow === undefined ? {} : { backupWindow: args.backupWindow }),
        ...(args.maintenanceWindow === undefined ? {} : { maintenanceWindow: args.maintenanceWindow }),
        copyTagsToSnapshot: true,
        deletionProtection: protection.keep,
        ...(finalSnapshot
          ? {
              skipFinalSnapshot: false,
              finalSnapshotIdentifier: pulumi.interpolate`${name}-final-${finalSnapshot.hex}`,
            }
          : { skipFinalSnapshot: true, deleteAutomatedBackups: true }),
        autoMinorVersionUpgrade: true,
        allowMajorVersionUpgrade: true, // A new major version in the config is the wish to upgrade.
        enabledCloudwatchLogsExports: logKinds,
        ...(args.iamSignIn ? { iamDatabaseAuthenticationEnabled: true } : {}),
        ...insights(args),
        ...(args.restoreFrom === undefined ? {} : restoredInputs(args.restoreFrom)),
      },
      { ...child, ...protection.options, dependsOn: logs, ignoreChanges: madeOnce },
    );
    this.host = instance.address;
    this.securityGroupId = guard.id;
    this.masterSecretArn = instance.masterUserSecrets.apply((secrets) => secrets[0]!.secretArn);
    this.registerOutputs({ host: this.host });
  }
}

/** Lets the members of a security group connect to a PostgreSQL. Logical name: `name`. */
export function allowPostgres(
  name: string,
  postgresSecurityGroupId: pulumi.Input<string>,
  clientSecurityGroupId: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): aws.vpc.SecurityGroupIngressRule {
  return new aws.vpc.SecurityGroupIngressRule(
    name,
    {
      securityGroupId: postgresSecurityGroupId,
      referencedSecurityGroupId: clientSecurityGroupId,
      ipProtocol: "tcp",
      fromPort: postgresPort,
      toPort: postgresPort,
      description: name,
    },
    opts,
  );
}
