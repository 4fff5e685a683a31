import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";
import { PlanIndex } from "../../report/planIndex";
import { byHand } from "../../report/risk/byHand";
import { lostBy } from "../../report/risk/lost";
import { reachable } from "../../report/risk/reachable";
import { riskOf } from "../../report/risk/risk";
import { riskSection, riskSummary } from "../../report/risk/section";
import { singlePoints, unprotected } from "../../report/risk/singlePoints";
import type { PlannedResource } from "../../simulator/plan";
import { stackFile } from "../platform/program";
import { planned, planOf } from "./plans";

const settingsOf = (stack: "dev" | "prod") =>
  parseSettings(
    Object.fromEntries(
      Object.entries(stackFile(stack)).flatMap(([key, value]) =>
        key.startsWith("mlplatform:") ? [[key.replace("mlplatform:", ""), value]] : [],
      ),
    ),
    { stackName: stack },
  );
const index = (...resources: PlannedResource[]) => new PlanIndex(planOf(...resources));
const subnets = ["a", "b"].map((zone) =>
  planned("aws:ec2/subnet:Subnet", zone, { availabilityZone: `eu-west-1${zone}` }),
);
const gateway = (name: string) => planned("aws:ec2/natGateway:NatGateway", name);
const database = (inputs: Record<string, unknown>) => planned("aws:rds/instance:Instance", "database", inputs);

describe("Single points of failure", () => {
  it("are one gateway for several zones and a database in one, and none where each zone has its own", () => {
    const points = (...resources: PlannedResource[]) => singlePoints(index(...subnets, ...resources), {});
    expect(points(gateway("1"), database({ multiAz: false })).join("\n"))
      .to.match(/1 NAT gateway for 2 zones.*nat: perZone/)
      .and.to.match(/database is in one zone.*multiZone: true/);
    expect(points(gateway("1"), gateway("2"), database({ multiAz: true }))).to.deep.equal([]);
  });

  it("are each said with the setting that ends it: dev has some, prod none", () => {
    const dev = singlePoints(index(), settingsOf("dev"));
    expect(dev.map((point) => /`([a-zA-Z.]+): /.exec(point)?.[1])).to.deep.equal([
      "foundation.cluster.nodeGroups.system.minNodes",
      "airflow.schedulers",
      "airflow.apiServers",
      "mlflow.replicas",
      "models.churn.serve.flask.minReplicas",
    ]);
    expect(singlePoints(index(), settingsOf("prod"))).to.deep.equal([]);
  });
});

describe("What stops by itself", () => {
  const models = { trial: { from: "models:/trial/1", serve: { sagemaker: { maxInstances: 1, ttlHours: 48 } } } };
  const settings = (governance: object) =>
    parseSettings({
      foundation: {
        ...{ kind: "aws", region: "eu-west-1", dataProtection: false },
        cluster: {
          nodeGroups: {
            system: { purpose: "system", instanceTypes: ["m7i.large"], minNodes: 2 },
            people: { purpose: "notebooks", instanceTypes: ["m7i.large"] },
          },
        },
      },
      ...{ mlflow: {}, jupyterhub: {}, models, governance },
      monitoring: { receivers: { team: { kind: "email", addresses: ["ml@example.com"] } } },
    });
  const warned = { monthlyUsd: 500, notifyEmails: ["ml@example.com"] };

  it("is told with the sum, the time and the setting", () => {
    const asked = settings({ budget: { ...warned, stop: { atPercent: 90 } }, offHours: {} });
    const { stops } = riskOf(index(), asked, undefined);
    expect(stops).to.deep.equal([
      "Once a month has cost 450 dollars, until it ends: the endpoint of trial, for good; the nodes people, and JupyterHub's servers with them. " +
        "`governance.budget.stop`",
      "From 20:00 to 07:00 and on other days than work days: nodes and database; notebook instances. `governance.offHours`",
      "48 hours after it was made, for good: the endpoint of trial. `models.trial.serve.sagemaker.ttlHours`",
    ]);
    const text = JSON.stringify(riskSection(riskOf(index(), asked, undefined)));
    expect(text).to.contain("Stops by itself:").and.to.contain("Once a month has cost 450 dollars");
  });

  it("is not mentioned where nothing does", () => {
    const asked = parseSettings({ foundation: { kind: "aws", region: "eu-west-1" }, governance: { budget: warned } });
    expect(riskOf(index(), asked, undefined).stops).to.deep.equal([]);
    expect(JSON.stringify(riskSection(riskOf(index(), asked, undefined)))).to.not.contain("Stops by itself");
  });
});

describe("What can be reached from the internet", () => {
  const cluster = (vpcConfig: object) => planned("aws:eks/cluster:Cluster", "eks", { vpcConfig });

  it("is the cluster's API unless it is private", () => {
    expect(reachable(index(cluster({ publicAccessCidrs: ["203.0.113.0/24"] })))[0]).to.contain("from 203.0.113.0/24");
    expect(reachable(index(cluster({})))[0]).to.contain("from everywhere");
    expect(reachable(index(cluster({ endpointPublicAccess: false })))).to.deep.equal([]);
  });

  it("is a public database, an open rule, a bucket that may be opened and a policy for anybody", () => {
    const open = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::a/*" };
    const policy = (Statement: object) => JSON.stringify({ Version: "2012-10-17", Statement });
    const found = reachable(
      index(
        database({ publiclyAccessible: true }),
        planned("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "rule", { cidrIpv4: "0.0.0.0/0" }),
        planned("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "block", { blockPublicAcls: true }),
        planned("aws:s3/bucketPolicy:BucketPolicy", "open", { policy: policy(open) }),
        planned("aws:s3/bucketPolicy:BucketPolicy", "tls", { policy: policy({ ...open, Effect: "Deny" }) }),
        planned("aws:s3/bucketPolicy:BucketPolicy", "narrow", {
          policy: policy({ ...open, Condition: { StringEquals: { "aws:PrincipalAccount": "000000000000" } } }),
        }),
      ),
    );
    expect(found).to.deep.equal([
      "The database database has a public address",
      "The bucket block may be made public: blockPublicPolicy, ignorePublicAcls, restrictPublicBuckets is off",
      "Security group rule rule: from everywhere",
      "The policy of open lets anybody in",
    ]);
  });
});

describe("What is lost", () => {
  const urn = (type: string, name: string) => `urn:pulumi:dev::mlplatform::mlplatform:index:Platform$${type}::${name}`;

  it("is what an update replaces or deletes, data first", () => {
    const changes = [
      { op: "replace", urn: urn("aws:ec2/subnet:Subnet", "a") },
      { op: "delete", urn: urn("aws:s3/bucket:Bucket", "logs") },
      { op: "update", urn: urn("aws:rds/instance:Instance", "database") },
      { op: "same", urn: urn("aws:kms/key:Key", "data") },
    ];
    expect(lostBy(changes)).to.deep.equal([
      { op: "deleted", type: "aws:s3/bucket:Bucket", name: "logs", data: "objects" },
      { op: "replaced", type: "aws:ec2/subnet:Subnet", name: "a" },
    ]);
  });

  it("is what nothing protects when the stack is destroyed", () => {
    const kept = { ...planned("aws:s3/bucket:Bucket", "kept"), protect: true };
    const retained = { ...planned("aws:kms/key:Key", "retained"), retainOnDelete: true };
    expect(unprotected(index(kept, retained, planned("aws:s3/bucket:Bucket", "gone"), ...subnets))).to.deep.equal([
      "Bucket gone: objects",
    ]);
  });
});

describe("The other risks of a stack", () => {
  it("are quotas of a new account, with the command that asks for each", () => {
    const { quotas, lost } = riskOf(index(), settingsOf("dev"), undefined);
    expect(quotas.join("\n"))
      .to.match(/On-Demand Standard.*2 to begin with, 6 vCPUs at most; the account has 5/)
      .and.to.contain("aws service-quotas request-service-quota-increase --region eu-west-1");
    expect(lost).to.equal(undefined);
  });
});

describe("Rules that a stack breaks", () => {
  const log = planned("aws:cloudwatch/logGroup:LogGroup", "log", { kmsKeyId: "key", retentionInDays: 30 });
  const broken = (settings: Parameters<typeof riskOf>[1], ...resources: PlannedResource[]) =>
    riskOf(index(...resources), settings, undefined).broken.map(({ rule }) => rule);

  it("are those of the policy pack, with the tags and machines that its own settings name", () => {
    const machine = database({ storageEncrypted: true, kmsKeyId: "key", instanceClass: "db.p5.large" });
    expect(broken({}, log, machine)).to.deep.equal([]);
    expect(broken({}, { ...log, inputs: { kmsKeyId: "key" } })).to.deep.equal(["log-retention"]);
    expect(broken(settingsOf("dev"), machine)).to.deep.equal(["instance-families", "required-tags"]);
    const provider = planned("pulumi:providers:aws", "aws", {
      defaultTags: JSON.stringify({ tags: { environment: "dev", team: "ml" } }),
    });
    expect(broken(settingsOf("dev"), provider, { ...log, provider: provider.urn })).to.deep.equal([]);
  });

  it("are said with why, what to do and by which rule", () => {
    const risk = riskOf(index({ ...log, inputs: { kmsKeyId: "key" } }), {}, undefined);
    expect(riskSummary(risk).join("\n")).to.contain("Rules broken: log-retention.");
    expect(JSON.stringify(riskSection(risk))).to.contain(
      "log: The log group keeps everything. CloudWatch keeps logs for ever, and bills them for ever. Set retentionInDays. `log-retention`, mandatory",
    );
  });
});

describe("What is to do by hand", () => {
  it("is every secret, callback and confirmation that prod asks for", () => {
    const mail = planned("aws:sns/topicSubscription:TopicSubscription", "mail", {
      ...{ protocol: "email", endpoint: "ml@example.com" },
    });
    const found = byHand(index(mail), settingsOf("prod"), ["an image is not there yet"]).join("\n");
    for (const name of ["sign-in", "dags", "slack-marketing"]) expect(found).to.contain(`mlplatform/prod/${name}`);
    for (const address of [
      "https://airflow.ml.example.com/auth/oauth-authorized/oidc",
      "https://mlflow.ml.example.com/oauth2/callback",
      "https://home.ml.example.com/oauth2/callback",
      "https://hub.ml.example.com/hub/oauth_callback",
      "https://grafana.ml.example.com/login/generic_oauth",
    ])
      expect(found).to.contain(address);
    expect(found).to.contain("Confirm the mail that AWS sends to ml@example.com");
    expect(found).to.contain("an image is not there yet");
  });

  it("is taking out the setting by which a server in a cluster was restored", () => {
    const database = (more: object) => {
      const { foundation } = parseSettings(
        {
          foundation: { kind: "existing", context: "kind-test", database: more },
          backup: { store: { endpoint: "https://s3.example.com", bucket: "backups", secretName: "backup-store" } },
        },
        {},
      );
      return byHand(index(), { foundation }, []).join();
    };
    expect(database({ restoreFrom: { folder: "mlplatform-old/database-0a1b2c3d" } })).to.contain(
      "Take `foundation.database.restoreFrom` out",
    );
    expect(database({})).not.to.contain("restoreFrom");
  });

  it("is nothing for a stack that asks for nothing", () => {
    expect(byHand(index(), {}, [])).to.deep.equal([]);
  });
});
