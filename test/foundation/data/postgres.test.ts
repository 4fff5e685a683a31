import { expect } from "chai";
import { allowPostgres, Postgres, type PostgresArgs } from "../../../components/foundation/data/postgres";
import type { RestoreFrom } from "../../../components/settings/database";
import { building, dropped, kept, keyArn, networkFacts, value } from "../../support/foundation";
import { dependencies, inputs, outline, secretInputs } from "../../support/outline";

const args = (): PostgresArgs => ({
  network: networkFacts(),
  identifier: "mlplatform-test",
  instanceClass: "db.t4g.medium",
  engineVersion: "17",
  storageGiB: 20,
  maxStorageGiB: 100,
  multiZone: false,
  backupRetentionDays: 7,
  insights: "none",
  iamSignIn: false,
  logRetentionDays: 30,
  keyArn,
  protection: kept,
});
const made = (over: Partial<PostgresArgs> = {}) => building(() => new Postgres("database", { ...args(), ...over }));
const instance = async (over: Partial<PostgresArgs>) => inputs(await made(over), "rds.Instance database");

const common = {
  identifier: "mlplatform-test",
  engine: "postgres",
  engineVersion: "17",
  instanceClass: "db.t4g.medium",
  allocatedStorage: 20,
  maxAllocatedStorage: 100,
  storageType: "gp3",
  storageEncrypted: true,
  kmsKeyId: keyArn,
  username: "platform",
  manageMasterUserPassword: true,
  masterUserSecretKmsKeyId: keyArn,
  dbSubnetGroupName: "database",
  parameterGroupName: "database",
  vpcSecurityGroupIds: ["database-id"],
  publiclyAccessible: false,
  multiAz: false,
  backupRetentionPeriod: 7,
  copyTagsToSnapshot: true,
  autoMinorVersionUpgrade: true,
  allowMajorVersionUpgrade: true,
  enabledCloudwatchLogsExports: ["postgresql", "upgrade"],
  databaseInsightsMode: "standard",
  performanceInsightsEnabled: false,
};

describe("a PostgreSQL server", () => {
  it("keeps what it waited for as long as the mode takes, under the stack's key, and lets people in by IAM where asked", async () => {
    const asked = async (over: Partial<PostgresArgs>) => {
      const { databaseInsightsMode, iamDatabaseAuthenticationEnabled, ...rest } = await instance(over);
      const { performanceInsightsEnabled, performanceInsightsKmsKeyId, performanceInsightsRetentionPeriod } = rest;
      return [
        ...[databaseInsightsMode, performanceInsightsEnabled, performanceInsightsRetentionPeriod],
        ...[performanceInsightsKmsKeyId, iamDatabaseAuthenticationEnabled],
      ];
    };
    expect(await asked({}), "said, or what was on before would stay on").to.deep.equal([
      ...["standard", false, undefined],
      ...[undefined, undefined],
    ]);
    expect(await asked({ insights: "standard" })).to.deep.equal(["standard", true, 7, keyArn, undefined]);
    expect(await asked({ insights: "advanced", iamSignIn: true })).to.deep.equal(["advanced", true, 465, keyArn, true]);
  });

  it("is one instance with its network, parameters and logs; only the instance is kept", async () => {
    expect(outline(await made())).to.deep.equal([
      "Postgres database",
      "  SecurityGroup database",
      "    ec2.SecurityGroup database",
      "  cloudwatch.LogGroup database-postgresql",
      "  cloudwatch.LogGroup database-upgrade",
      "  random:index/randomId:RandomId database-final",
      "  rds.Instance database (protected, retained)",
      "  rds.ParameterGroup database",
      "  rds.SubnetGroup database",
    ]);
  });

  it("that is kept cannot be deleted, and leaves a snapshot of a name of its own if it is", async () => {
    const outputs = (type: string) =>
      type === "random:index/randomId:RandomId"
        ? { hex: "0badcafe" }
        : { address: "db.fake.invalid", masterUserSecrets: [{ secretArn: "arn:made-up" }] };
    const registrations = await building(() => new Postgres("database", args()), { outputs });
    expect(inputs(registrations, "rds.Instance database")).to.deep.equal({
      ...common,
      deletionProtection: true,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: "database-final-0badcafe",
    });
  });

  it("that is dropped goes at once, backups included", async () => {
    const registrations = await made({ protection: dropped });
    expect(inputs(registrations, "rds.Instance database")).to.deep.equal({
      ...common,
      deletionProtection: false,
      skipFinalSnapshot: true,
      deleteAutomatedBackups: true,
    });
    expect(outline(registrations))
      .to.include("  rds.Instance database")
      .and.not.to.include.members(["  random:index/randomId:RandomId database-final"]);
  });

  it("has no password in the program: RDS makes and keeps it", async () => {
    const registrations = await made();
    expect(inputs(registrations, "rds.Instance database")).to.not.have.any.keys("password", "passwordWo");
    expect(secretInputs(registrations)).to.deep.equal([]);
  });

  it("takes windows where they are given and leaves them to AWS where not", async () => {
    const windows = { backupWindow: "02:00-03:00", maintenanceWindow: "sun:03:30-sun:04:30" };
    expect(await instance(windows)).to.include(windows);
    expect(await instance({})).to.not.have.any.keys("backupWindow", "maintenanceWindow");
  });

  it("refuses connections without TLS and writes down slow statements", async () => {
    expect(inputs(await made({ engineVersion: "16.4" }), "rds.ParameterGroup database")).to.deep.equal({
      description: "Managed by Pulumi",
      family: "postgres16",
      parameters: [
        { name: "rds.force_ssl", value: "1" },
        { name: "log_min_duration_statement", value: "1000" },
      ],
    });
  });

  it("stands in the database subnets and lets nobody in by itself", async () => {
    const registrations = await made();
    expect(inputs(registrations, "rds.SubnetGroup database").subnetIds).to.deep.equal([
      "subnet-database-1",
      "subnet-database-2",
    ]);
    expect(outline(registrations).filter((line) => line.includes("Rule"))).to.deep.equal([]);
  });

  it("finds its log groups made before it would make them itself, for ever and unencrypted", async () => {
    const registrations = await made();
    expect(dependencies(registrations, "rds.Instance database")).to.include.members([
      "cloudwatch.LogGroup database-postgresql",
      "cloudwatch.LogGroup database-upgrade",
    ]);
    expect(inputs(registrations, "cloudwatch.LogGroup database-upgrade")).to.deep.equal({
      name: "/aws/rds/instance/mlplatform-test/upgrade",
      retentionInDays: 30,
      kmsKeyId: keyArn,
    });
  });

  it("tells its address, its security group and where its password is", async () => {
    let postgres!: Postgres;
    await building(() => (postgres = new Postgres("database", args())));
    expect(await value(postgres.host)).to.equal("db.fake.invalid");
    expect(await value(postgres.securityGroupId)).to.equal("database-id");
    expect(await value(postgres.masterSecretArn)).to.equal("arn:aws:secretsmanager:fake");
  });
});

describe("a client of PostgreSQL", () => {
  it("is let in by its security group, on the database's port alone", async () => {
    const registrations = await building(() => allowPostgres("from-cluster", "sg-database", "sg-cluster", {}));
    expect(inputs(registrations, "vpc.SecurityGroupIngressRule from-cluster")).to.deep.equal({
      securityGroupId: "sg-database",
      referencedSecurityGroupId: "sg-cluster",
      ipProtocol: "tcp",
      fromPort: 5432,
      toPort: 5432,
      description: "from-cluster",
    });
  });
});

describe("a PostgreSQL server that is brought back", () => {
  const restored = (restoreFrom: RestoreFrom) => instance({ restoreFrom });

  it("of a snapshot names it, and says so in a tag", async () => {
    expect(await restored({ kind: "snapshot", snapshot: "before" })).to.deep.include({
      snapshotIdentifier: "before",
      tags: { "mlplatform/restored-from": "before" },
    });
  });

  it("of a moment names an instance that lives, or the backups of one that is gone", async () => {
    const time = "2026-11-30T12:00:00Z";
    expect(await restored({ kind: "pointInTime", source: "old", time })).to.deep.include({
      restoreToPointInTime: { sourceDbInstanceIdentifier: "old", restoreTime: time },
      tags: { "mlplatform/restored-from": `old ${time}` },
    });
    const source = "arn:aws:rds:eu-west-1:000000000000:auto-backup:ab-0badcafe";
    expect(await restored({ kind: "pointInTime", source })).to.deep.include({
      restoreToPointInTime: { sourceDbInstanceAutomatedBackupsArn: source, useLatestRestorableTime: true },
      tags: { "mlplatform/restored-from": `${source} latest` },
    });
  });

  it("of nothing has neither", async () => {
    expect(await instance({})).to.not.have.any.keys("snapshotIdentifier", "restoreToPointInTime", "tags");
  });
});
