/** RDS. Limits: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html */
import { at } from "../values";
import { between, describeTypes, howMany, like, oneOf, Refusal } from "./describe";
import * as type from "./tokens";

const identifier = {
  allowed: /^[a-z](?!.*--)[a-z0-9-]*[a-z0-9]$/i,
  allowedMeans: "letters, digits and single hyphens, a letter first, no hyphen last",
};
const classes =
  /^db\.(t3|t4g|m5|m5d|m6g|m6gd|m6i|m6id|m6in|m6idn|m7g|m7i|m8g|m8gd|r5|r5b|r5d|r6g|r6gd|r6i|r6id|r6in|r6idn|r7g|r7i|r8g|r8gd|x2g|x2idn|x2iedn|x2iezn|z1d|c6gd)\.(micro|small|medium|large|\d{0,2}xlarge)$/;

describeTypes(
  {
    type: "aws:rds/instance:Instance",
    id: (x) => `db-SIM${x.digits("id", 23).toUpperCase()}`,
    arn: "rds:{region}:{account}:db:{identifier}",
    name: { property: "identifier", longest: 63, lowerCase: true, ...identifier },
    forces: [
      "engine",
      "username",
      "dbName",
      "storageEncrypted",
      "kmsKeyId",
      "availabilityZone",
      "characterSetName",
      "timezone",
      "snapshotIdentifier",
      "backupTarget",
      "restoreToPointInTime",
      "s3Import",
    ],
    refs: {
      dbSubnetGroupName: type.subnetGroup,
      "vpcSecurityGroupIds[]": { to: type.securityGroups },
      parameterGroupName: { to: [type.parameterGroup], unless: (value) => value.startsWith("default.") },
      kmsKeyId: type.keyReference,
      performanceInsightsKmsKeyId: type.keyReference,
      masterUserSecretKmsKeyId: type.keyReference,
      monitoringRoleArn: type.roleReference,
    },
    limits: [
      like("instanceClass", classes, "classes such as db.t4g.medium"),
      between("allocatedStorage", 20, 65536, "GiB"),
      between("backupRetentionPeriod", 0, 35, "days"),
      between("port", 1150, 65535),
      oneOf("storageType", "gp2", "gp3", "io1", "io2", "standard"),
      oneOf("monitoringInterval", 0, 1, 5, 10, 15, 30, 60),
      like("dbName", /^[A-Za-z]\w{0,62}$/, "1 to 63 letters, digits and _, a letter first"),
      like(
        "username",
        /^(?!(rdsadmin|admin|postgres_admin)$)[A-Za-z]\w{0,62}$/,
        "1 to 63 letters, digits and _, a letter first, no reserved word",
      ),
      {
        path: "password",
        wrong: (value) =>
          /^[^/"@ ]{8,128}$/.test(String(value))
            ? undefined
            : 'must have 8 to 128 characters and none of / " @ or space',
      },
      like("backupWindow", /^\d\d:\d\d-\d\d:\d\d$/, "hh:mm-hh:mm"),
      like(
        "maintenanceWindow",
        /^(mon|tue|wed|thu|fri|sat|sun):\d\d:\d\d-(mon|tue|wed|thu|fri|sat|sun):\d\d:\d\d$/i,
        "ddd:hh:mm-ddd:hh:mm",
      ),
      oneOf(
        "performanceInsightsRetentionPeriod",
        7,
        731,
        ...Array.from({ length: 23 }, (_, month) => (month + 1) * 31),
      ),
    ],
    defaults: {
      autoMinorVersionUpgrade: true,
      copyTagsToSnapshot: false,
      publiclyAccessible: false,
      skipFinalSnapshot: false,
      deleteAutomatedBackups: true,
      iamDatabaseAuthenticationEnabled: false,
    },
    computed: {
      address: (x) => `${x.inputs.identifier}.sim${x.digits("address", 9)}.${x.region}.rds.simulated.invalid`,
      endpoint: (x) =>
        `${x.inputs.identifier}.sim${x.digits("address", 9)}.${x.region}.rds.simulated.invalid:${x.inputs.port ?? (String(x.inputs.engine).includes("postgres") ? 5432 : 3306)}`,
      port: (x) => (String(x.inputs.engine).includes("postgres") ? 5432 : 3306),
      resourceId: (x) => `db-SIM${x.digits("resource", 23).toUpperCase()}`,
      engineVersion: () => "17.4",
      engineVersionActual: (x) => x.inputs.engineVersion ?? "17.4",
      availabilityZone: (x) => `${x.region}a`,
      backupRetentionPeriod: () => 0,
      status: () => "available",
      hostedZoneId: () => "Z000SIMULATED",
      caCertIdentifier: () => "rds-ca-rsa2048-g1",
      multiAz: () => false,
      storageType: () => "gp2",
      masterUserSecrets: (x) =>
        x.inputs.manageMasterUserPassword === true
          ? [
              {
                secretArn: `arn:aws:secretsmanager:${x.region}:${x.account.number}:secret:rds!${x.id}-sim`,
                secretStatus: "active",
                kmsKeyId: x.inputs.masterUserSecretKmsKeyId ?? "alias/aws/secretsmanager",
              },
            ]
          : [],
    },
    verify: (x) => {
      const zones = subnetZones(x.referred("dbSubnetGroupName")?.inputs.subnetIds, x.account);
      if (x.inputs.multiAz === true && zones.size === 1)
        throw new Refusal("InvalidSubnet", "multiAz needs a subnet group over two zones");
      // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.Considerations.html
      const { databaseInsightsMode, performanceInsightsEnabled, performanceInsightsRetentionPeriod = 7 } = x.inputs;
      if (
        databaseInsightsMode === "advanced" &&
        !(performanceInsightsEnabled && performanceInsightsRetentionPeriod >= 465)
      )
        throw new Refusal(
          "InvalidParameterCombination",
          "the advanced mode of Database Insights needs Performance Insights with a retention of at least 465 days",
        );
      if (
        x.inputs.maxAllocatedStorage !== undefined &&
        x.inputs.maxAllocatedStorage !== 0 &&
        x.inputs.maxAllocatedStorage <= x.inputs.allocatedStorage
      ) {
        throw new Refusal(
          "InvalidParameterCombination",
          `maxAllocatedStorage ${x.inputs.maxAllocatedStorage} must exceed allocatedStorage ${x.inputs.allocatedStorage}`,
        );
      }
      if (x.inputs.password !== undefined && x.inputs.manageMasterUserPassword === true) {
        throw new Refusal("InvalidParameterCombination", "password and manageMasterUserPassword exclude each other");
      }
    },
    verifyDeletion: (existing, account) => {
      if (existing.outputs.deletionProtection === true) {
        throw new Refusal(
          "InvalidParameterCombination",
          `database ${existing.outputs.identifier} has deletionProtection; switch it off first`,
        );
      }
      if (existing.outputs.skipFinalSnapshot !== true && existing.outputs.finalSnapshotIdentifier === undefined) {
        throw new Refusal(
          "InvalidParameter",
          `database ${existing.outputs.identifier} of ${account.number}: finalSnapshotIdentifier is required when skipFinalSnapshot is false`,
        );
      }
    },
  },
  {
    type: type.subnetGroup,
    id: (x) => x.inputs.name,
    arn: "rds:{region}:{account}:subgrp:{name}",
    // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html
    name: {
      longest: 255,
      lowerCase: true,
      allowed: /^(?!default$)[a-z0-9. _-]+$/,
      allowedMeans: "lower-case letters, digits, spaces and . _ -",
    },
    refs: { "subnetIds[]": type.subnet },
    defaults: { description: "Managed by Pulumi" },
    computed: {
      vpcId: (x) => x.account.resolve([type.subnet], x.inputs.subnetIds[0])?.outputs.vpcId,
      supportedNetworkTypes: () => ["IPV4"],
    },
    limits: [howMany("subnetIds", 1, 20)],
    verify: (x) => {
      const zones = subnetZones(x.inputs.subnetIds, x.account);
      if (zones.size < 2) {
        throw new Refusal(
          "DBSubnetGroupDoesNotCoverEnoughAZs",
          `subnets lie in ${[...zones].join(", ")}; at least two zones are needed`,
        );
      }
    },
    code: "InvalidDBSubnetGroupStateFault",
  },
  {
    type: type.parameterGroup,
    id: (x) => x.inputs.name,
    arn: "rds:{region}:{account}:pg:{name}",
    name: { longest: 255, lowerCase: true, ...identifier },
    forces: ["family", "description"],
    limits: [
      like(
        "family",
        /^(postgres|mysql|mariadb|aurora-postgresql|aurora-mysql|oracle|sqlserver)[\w.-]*\d/,
        "families such as postgres17",
      ),
      oneOf("parameters[].applyMethod", "immediate", "pending-reboot"),
    ],
    defaults: { description: "Managed by Pulumi" },
    code: "InvalidDBParameterGroupState",
  },
);

function subnetZones(
  ids: string[] | undefined,
  account: { resolve(types: string[], id: string): { outputs: Record<string, unknown> } | undefined },
): Set<unknown> {
  return new Set(
    at({ ids: ids ?? [] }, "ids[]").map(({ value }) => account.resolve([type.subnet], value)?.outputs.availabilityZone),
  );
}
