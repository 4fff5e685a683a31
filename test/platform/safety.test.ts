import { expect } from "chai";
import { anyResourceActions } from "../../policy/anyResourceActions";
import { findings } from "../../policy/evaluate";
import exceptions from "../../policy/exceptions.json";
import type { Config } from "../../policy/rule";
import { rules } from "../../policy/rules";
import { reference, secretInputs, shortName } from "../support/outline";
import type { Registration } from "../support/record";
import { programs, run } from "./program";

const holdsData = new Set([
  "aws:backup/vault:Vault",
  "aws:ecr/repository:Repository",
  "aws:efs/fileSystem:FileSystem",
  "aws:kms/key:Key",
  "aws:rds/instance:Instance",
  "aws:s3/bucket:Bucket",
]);

/** What holds data, or is the only way to it, though others of its type do not and are not. */
const holdData = new Set([
  // Volumes of homes, which the hub makes, go with their namespace.
  "kubernetes:core/v1:Namespace mlplatform-airflow",
  "kubernetes:core/v1:Namespace mlplatform-jupyterhub",
  // Another key opens neither the connections in Airflow's database ...
  "random:index/randomBytes:RandomBytes mlplatform-airflow-secrets-fernetKey",
  "kubernetes:core/v1:Secret mlplatform-airflow-secrets-fernetKey",
  // ... checks no record of a version's files ...
  "random:index/randomPassword:RandomPassword mlplatform-mlflow-secrets-signing",
  // ... nor the sessions, tokens and sign-in states in the hub's.
  "random:index/randomBytes:RandomBytes mlplatform-jupyterhub-secrets-cookies",
  "random:index/randomBytes:RandomBytes mlplatform-jupyterhub-secrets-metrics",
  "random:index/randomBytes:RandomBytes mlplatform-jupyterhub-secrets-proxy",
  "random:index/randomBytes:RandomBytes mlplatform-jupyterhub-secrets-sign-in-state",
  "kubernetes:core/v1:Secret mlplatform-jupyterhub-secrets-keys",
]);

/** Stays with what it holds and is not protected: so that a model's block can go, and the role that ends backups with their vault. */
const leftBehind = ({ type, name }: Registration) =>
  type.startsWith("aws:sagemaker/modelPackageGroup:") ||
  (type.startsWith("aws:iam/role") && name === "mlplatform-backup");

/** Stays whatever is protected: the account has one, which other stacks lean on. */
const ofTheAccount = /^aws:iam\/openIdConnectProvider:/;

/**
 * Rules without a port. Parts of MWAA must reach each other on any, which it checks; and its tasks are there to reach things.
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-security.html
 */
const ofManagedAirflow = new Map([
  ["vpc.SecurityGroupIngressRule mlplatform-airflow", { referencedSecurityGroupId: "mlplatform-airflow-id" }],
  ["vpc.SecurityGroupEgressRule mlplatform-airflow", { cidrIpv4: "0.0.0.0/0" }],
]);

interface Statement {
  Sid?: string;
  Effect: string;
  Action: string[];
  Resource?: string[];
  Principal?: unknown;
  Condition?: Record<string, object>;
}

/** Statements of every policy among the inputs, with the resource they belong to. */
function policies(all: Registration[], keys: string[]): { of: Registration; statement: Statement }[] {
  return all.flatMap((of) =>
    keys
      .filter((key) => typeof of.inputs[key] === "string" && (of.inputs[key] as string).includes('"Statement"'))
      .flatMap((key) => JSON.parse(of.inputs[key] as string).Statement as Statement[])
      .map((statement) => ({ of, statement })),
  );
}

for (const [name, config] of Object.entries(programs)) {
  describe(`safety of ${name}, in what is asked for (AWS may refuse it all the same)`, function () {
    this.timeout(300_000);
    const kept = config["mlplatform:foundation"]!.dataProtection === true;
    let all: Registration[];
    const of = (type: RegExp) => all.filter((each) => type.test(each.type));

    before(async () => {
      all = await run(name);
    });

    it(`${kept ? "protects and keeps what holds data, and nothing else" : "protects nothing"}`, () => {
      const holding = all.filter((each) => holdsData.has(each.type) || holdData.has(shortName(each))).map(shortName);
      expect(holding).to.include.members(kept ? [...holdData] : []);
      const expected = kept ? holding : [];
      const guard = kept ? ["random:index/randomId:RandomId mlplatform-guard"] : [];
      expect(all.filter((each) => each.protect).map(shortName)).to.have.members([...expected, ...guard]);
      const left = [...(kept ? all.filter(leftBehind) : []), ...of(ofTheAccount)].map(shortName);
      expect(all.filter((each) => each.retainOnDelete).map(shortName)).to.have.members([...expected, ...left]);
      expect(of(/:Bucket$/).length).to.be.above(2);
    });

    if (kept) {
      it("guards every AWS and Kubernetes resource against destroy: all of them come before the guard", () => {
        const guard = all.find((each) => each.name === "mlplatform-guard" && each.custom)!;
        const guarded = new Set(guard.dependencies.map(reference));
        const made = all.filter(({ custom, type }) => custom && !type.startsWith("pulumi:")).map(shortName);
        expect(made.filter((each) => !guarded.has(each))).to.deep.equal([shortName(guard)]);
      });
    }

    it(`${kept ? "empties nothing on destroy" : "can be destroyed in one go, data included"}`, () => {
      for (const bucket of of(/^aws:s3\/bucket:Bucket$/)) expect(bucket.inputs.forceDestroy).to.equal(!kept);
      for (const images of of(/:Repository$/)) expect(images.inputs.forceDelete).to.equal(!kept);
      for (const database of of(/:Instance$/)) {
        expect(database.inputs).to.include({ deletionProtection: kept, skipFinalSnapshot: !kept });
      }
      for (const cluster of of(/^eks:index:Cluster$/)) expect(cluster.inputs.deletionProtection).to.equal(kept);
      for (const call of of(/:Invocation$/)) {
        const asked = JSON.parse(call.inputs.input as string);
        if (asked.databaseName !== undefined) expect(asked.keepData).to.equal(kept);
      }
    });

    it("closes every bucket to the public and to plain HTTP, and encrypts it", () => {
      for (const bucket of of(/^aws:s3\/bucket:Bucket$/)) {
        const its = (type: string) => of(new RegExp(`:${type}$`)).find((each) => each.name === bucket.name)!.inputs;
        const closed = its("BucketPublicAccessBlock");
        for (const what of ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"]) {
          expect(closed[what], what).to.equal(true);
        }
        expect(its("BucketPolicy").policy).to.contain('"aws:SecureTransport":"false"');
        expect(JSON.stringify(its("BucketServerSideEncryptionConfiguration").rules)).to.contain('"aws:kms"');
        expect(its("BucketVersioning").versioningConfiguration).to.deep.equal({ status: "Enabled" });
      }
    });

    it("encrypts databases, files, disks, logs, images, secrets and queues, and lets logs end", () => {
      for (const each of of(/:(Instance|FileSystem)$/)) {
        expect(each.inputs.storageEncrypted ?? each.inputs.encrypted, each.name).to.equal(true);
        expect(each.inputs.kmsKeyId, each.name).to.be.a("string");
      }
      for (const database of of(/:Instance$/)) expect(database.inputs.publiclyAccessible).to.equal(false);
      for (const each of of(/:LogGroup$/)) {
        expect(each.inputs.kmsKeyId, each.name).to.be.a("string");
        expect(each.inputs.retentionInDays, each.name).to.be.above(0);
      }
      for (const each of of(/^aws:secretsmanager.*:Secret$/)) expect(each.inputs.kmsKeyId, each.name).to.be.a("string");
      for (const each of of(/:LaunchTemplate$/))
        expect(JSON.stringify(each.inputs)).to.match(/"encrypted":"true".*"kmsKeyId".*"encrypted":"true".*"kmsKeyId"/);
      for (const each of of(/:Repository$/)) expect(JSON.stringify(each.inputs)).to.contain('"encryptionType":"KMS"');
      for (const each of of(/:Queue$/)) expect(each.inputs.sqsManagedSseEnabled).to.equal(true);
      for (const each of of(/^eks:index:Cluster$/)) expect(each.inputs.encryptionConfigKeyArn).to.be.a("string");
    });

    it("allows no action by wildcard, and any resource only where AWS can name none", () => {
      const granted = policies(all, ["policy", "assumeRolePolicy", "inlinePolicy"]);
      expect(granted.length).to.be.above(5);
      for (const { of: holder, statement } of granted.filter(({ statement }) => statement.Effect === "Allow")) {
        const where = `${shortName(holder)} ${statement.Sid ?? ""}`;
        // A gateway permits nothing by itself: its policy narrows what roles and resources allow.
        if (holder.type === "aws:ec2/vpcEndpoint:VpcEndpoint") continue;
        expect(statement.Action.join(), where).to.not.contain("*");
        // Whoever of the account starts a node, through EC2 alone.
        if (holder.type === "aws:kms/key:Key" && statement.Sid === "Volumes")
          expect(Object.keys(statement.Condition?.StringEquals ?? {})).to.have.members([
            "kms:CallerAccount",
            "kms:ViaService",
          ]);
        else expect(JSON.stringify(statement.Principal ?? ""), where).to.not.match(/"\*"/);
        // In the policy of a key itself, "*" is that key.
        if (holder.type === "aws:kms/key:Key" || !statement.Resource?.includes("*")) continue;
        const unlisted = statement.Action.filter((action) => !anyResourceActions.has(action));
        expect(unlisted, where).to.deep.equal([]);
      }
    });

    it("lets whoever uses EC2 have the key of nodes' volumes, which encrypts nothing else", () => {
      const opened = policies(of(/^aws:kms\/key:Key$/), ["policy"]).filter(
        ({ statement }) => statement.Sid === "Volumes",
      );
      const made = of(/^eks:index:Cluster$/).length > 0;
      expect(opened.map(({ of: key }) => key.name)).to.deep.equal(made ? ["mlplatform-nodes"] : []);
      const named = (each: Registration) =>
        (JSON.stringify(each.inputs).match(/kms\/key:Key\/[\w-]+/g) ?? []).map((text) => text.split("/").at(-1));
      const templates = /:(LaunchTemplate|EC2NodeClass)$/;
      expect(of(templates).length > 0).to.equal(made);
      for (const each of of(templates))
        expect(new Set(named(each)), each.name).to.deep.equal(new Set(["mlplatform-nodes"]));
      const users = all.filter((each) => named(each).includes("mlplatform-nodes") && !templates.test(each.type));
      expect(users.map(shortName)).to.deep.equal([]);
    });

    it("lets nobody in from everywhere, and out to everywhere over HTTPS alone", () => {
      for (const rule of of(/:SecurityGroup(Ingress|Egress)Rule$/)) {
        const everywhere = rule.inputs.cidrIpv4 === "0.0.0.0/0" || rule.inputs.cidrIpv6 !== undefined;
        const portless = ofManagedAirflow.get(shortName(rule));
        if (portless) {
          const group = { securityGroupId: "mlplatform-airflow-id", ipProtocol: "-1" };
          expect(rule.inputs, rule.name).to.deep.equal({ ...group, ...portless });
          continue;
        }
        expect(rule.inputs.ipProtocol, rule.name).to.equal("tcp");
        if (!everywhere) continue;
        expect(rule.type, rule.name).to.contain("Egress");
        expect([rule.inputs.fromPort, rule.inputs.toPort], rule.name).to.deep.equal([443, 443]);
      }
      for (const group of of(/:(Default)?SecurityGroup$/))
        expect(group.inputs).to.not.have.any.keys("ingress", "egress");
      for (const cluster of of(/^eks:index:Cluster$/)) {
        expect((cluster.inputs.publicAccessCidrs as string[] | undefined) ?? []).to.not.include("0.0.0.0/0");
      }
    });

    it("keeps passwords and kubeconfigs secret, and blinds the preview of nothing else: no values of a chart", () => {
      // Options of MWAA are made secret by the provider's SDK, whatever is in them.
      const allowed =
        /^(mwaa\.Environment \S+: airflowConfigurationOptions|secretsmanager\.SecretVersion \S+: secretString|pulumi:providers:kubernetes \S+: kubeconfig|kubernetes:core\/v1:Secret \S+: (stringData|data))$/;
      for (const secret of secretInputs(all)) expect(secret).to.match(allowed);
      for (const each of of(/SecretVersion$/)) expect(each.secretInputs).to.deep.equal(["secretString"]);
      for (const each of of(/^kubernetes:core\/v1:Secret$/)) expect(each.secretInputs, each.name).to.have.length(1);
      for (const each of of(/^pulumi:providers:kubernetes$/)) expect(each.secretInputs).to.deep.equal(["kubeconfig"]);
    });

    it("breaks no rule of the policy pack that looks at one resource", () => {
      const looked = all.map(({ type, name, inputs, protect }) => ({
        ...{ urn: `urn:pulumi:${name}::mlplatform::${type}::${name}`, type, name },
        ...{ props: inputs, protect, dependencies: [], provider: {} },
      }));
      const single = rules.filter(({ check }) => "resource" in check);
      const config: Record<string, Config> = exceptions;
      const broken = single.flatMap((rule) => findings(rule, looked, config[rule.name]));
      expect(broken.map(({ rule, urn, what }) => `${rule} ${urn} ${what}`)).to.deep.equal([]);
    });

    it("makes no log group that all stacks of an account write to", () => {
      const named = of(/^aws:cloudwatch\/logGroup:/).map(({ inputs }) => String(inputs.name ?? ""));
      const ofServices = named.filter((each) => /^\/aws(-glue|\/sagemaker)/.test(each));
      for (const each of ofServices) expect(each).to.match(/^\/aws\/sagemaker\/Endpoints\/mlplatform-(dev|prod)-/);
    });

    it("has no admission policy with parameters, which an API server may have as they were long ago", () => {
      const policies = of(/^kubernetes:admissionregistration/);
      expect(policies.length).to.be.greaterThan(0);
      for (const each of policies)
        expect(JSON.stringify(each.inputs), shortName(each)).not.to.match(/param(Kind|Ref)|params\b/);
    });

    it("pins every image", () => {
      for (const each of of(/^kubernetes:/)) {
        expect(JSON.stringify(each.inputs), shortName(each)).to.not.match(/:latest"|"tag":"latest"/);
      }
    });
  });
}
