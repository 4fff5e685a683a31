import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isSecret } from "@pulumi/pulumi";
import { expect } from "chai";
import { shortName } from "../support/outline";
import type { Registration } from "../support/record";
import { program, run, runWith, stackFile, withFoundation, without } from "./program";

/** How Prometheus gets at the others; what MLflow's chart has of it is in that chart's values. */
const scraped = [
  "kubernetes:monitoring.coreos.com/v1:ServiceMonitor mlplatform-airflow-metrics",
  "kubernetes:monitoring.coreos.com/v1:ServiceMonitor mlplatform-jupyterhub-metrics",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy mlplatform-airflow-metrics",
  "kubernetes:core/v1:Secret mlplatform-mlflow-secrets-machine-prometheus",
  "random:index/randomPassword:RandomPassword mlplatform-mlflow-secrets-machine-prometheus",
];
/** What the receivers of a stack need whose alerts go out as mails. */
const mailed = [
  "AlertTopic mlplatform-alerts-ml-platform",
  "sns.Topic mlplatform-alerts-ml-platform",
  "sns.TopicPolicy mlplatform-alerts-ml-platform",
  "sns.TopicSubscription mlplatform-alerts-ml-platform-ml-platform@example.com",
];
/** What other pieces have for an app and nobody else, by its section; it is not named after the app, and goes with it. */
const goesWith: Record<string, { dev: string[]; prod?: string[] }> = {
  airflow: {
    dev: ["kubernetes:core/v1:ConfigMap mlplatform-jupyterhub-dags"],
    // Of a private repository.
    prod: [
      "kubernetes:core/v1:ConfigMap mlplatform-jupyterhub-dags",
      "kubernetes:core/v1:Secret mlplatform-jupyterhub-git",
    ],
  },
  mlflow: {
    dev: ["pods", "tasks"].map((of) => `kubernetes:core/v1:Secret mlplatform-airflow-secrets-tasks-airflow-${of}`),
  },
  jupyterhub: {
    // What it signs people's tokens with.
    dev: [
      "kubernetes:core/v1:Secret mlplatform-mlflow-secrets-tokens",
      "random:index/randomPassword:RandomPassword mlplatform-mlflow-secrets-tokens-seed",
    ],
  },
  monitoring: { dev: scraped, prod: [...scraped, ...mailed] },
};

const names = (all: Registration[]) => all.map(shortName).sort();
const minus = (all: string[], others: string[]) => all.filter((each) => !others.includes(each));

describe("the sections of a stack's config", function () {
  this.timeout(60_000);

  for (const stack of ["dev", "prod"] as const) {
    for (const [app, alsoGone] of Object.entries(goesWith)) {
      it(`of ${stack} without ${app}, exactly what is named after it, and what others have for it, is not asked for`, async () => {
        const config = without(stackFile(stack), "models", "training", "delivery"); // Models need their registry.
        const whole = names(await runWith(config, { stack }));
        const rest = names(await runWith(without(config, app), { stack }));
        const its = whole.filter((each) => new RegExp(` \\S+-${app}(-|$)`).test(each));
        expect(its).to.include(`kubernetes:helm.sh/v4:Chart mlplatform-${app}`);
        expect(minus(whole, rest)).to.have.members([...its, ...(alsoGone[stack] ?? alsoGone.dev)]);
        expect(minus(rest, whole)).to.deep.equal([]);
      });
    }
  }

  it("without any app, no password, no database and no function to make them is asked for", async () => {
    const config = without(stackFile("dev"), "models", "airflow", "mlflow", "jupyterhub");
    expect(names(await runWith(config)).join()).to.not.match(/DatabaseAccess|DatabasePassword|AppDatabase|lambda/);
  });

  it("with MWAA in place of Airflow in the cluster, nothing of Airflow is asked of the cluster or the database", async () => {
    const its = names(await run("dev with MWAA")).filter((each) => each.includes("airflow"));
    expect(its).to.include("mwaa.Environment mlplatform-airflow");
    expect(its.filter((each) => /^kubernetes:|^random:|Database|PodRole|SecretVersion/.test(each))).to.deep.equal([]);
  });

  it("without flow logs, exactly they are not asked for", async () => {
    const config = withFoundation(stackFile("dev"), { network: { zones: 2, flowLogs: { enabled: false } } });
    const gone = minus(names(await run("dev")), names(await runWith(config)));
    expect(gone).to.deep.equal(
      ["cloudwatch.LogGroup", "ec2.FlowLog", "FlowLogs", "iam.Role", "iam.RolePolicy"]
        .map((type) => `${type} mlplatform-flow-logs`)
        .sort(),
    );
  });

  it("without kept logs, exactly what keeps them is not asked for", async () => {
    const { logs, ...monitoring } = stackFile("prod")["mlplatform:monitoring"]!;
    expect(logs).to.be.an("object");
    const without = { ...stackFile("prod"), "mlplatform:monitoring": monitoring };
    const [on, off] = [names(await run("prod")), names(await runWith(without, { stack: "prod" }))];
    const its = on.filter((each) => / mlplatform-monitoring-logs(-|$)/.test(each));
    expect(its).to.include.members([
      "kubernetes:helm.sh/v4:Chart mlplatform-monitoring-logs",
      "cloudwatch.LogGroup mlplatform-monitoring-logs-groups-airflow-tasks",
      "cloudwatch.LogGroup mlplatform-monitoring-logs-groups-kube-system",
      "cloudwatch.LogGroup mlplatform-monitoring-logs-groups-models",
    ]);
    expect(minus(on, off)).to.deep.equal(its);
    expect(minus(off, on)).to.deep.equal([]);
  });

  it("without a budget, exactly it is not asked for", async () => {
    const gone = minus(
      names(await run("prod")),
      names(await runWith(without(stackFile("prod"), "governance"), { stack: "prod" })),
    );
    expect(gone).to.deep.equal(["Budget mlplatform-budget", "budgets.Budget mlplatform-budget"]);
  });

  it("with a certificate of their own and no DNS zone, neither a certificate nor a keeper of records is asked for", async () => {
    const { zoneId, ...access } = stackFile("dev")["mlplatform:access"]!;
    expect(zoneId).to.be.a("string");
    const arn = "arn:aws:acm:eu-west-1:000000000000:certificate/00000000-0000-0000-0000-000000000000";
    const adopting = { ...access, certificate: { kind: "adopt", arn } };
    const config = { ...stackFile("dev"), "mlplatform:access": adopting };
    const gone = minus(names(await run("dev")), names(await runWith(config)));
    expect(gone.filter((each) => !/-(certificate|services-dns)$/.test(each))).to.deep.equal([]);
    expect(gone).to.include.members(["acm.Certificate mlplatform-certificate", "Controller mlplatform-services-dns"]);
  });

  it("in an adopted VPC make no VPC; on an adopted cluster neither cluster nor nodes nor controllers", async () => {
    expect(names(await run("dev in an adopted VPC")).join()).to.not.match(
      /awsx:|ec2\.Subnet|Route|VpcEndpoint|FlowLog/,
    );
    const adopted = names(await run("dev on an adopted cluster")).join();
    expect(adopted).to.not.match(/eks:index|eks\.(NodeGroup|Addon|AccessEntry)|LaunchTemplate|StorageClass/);
    // Of its own controllers; which charts are there all the same is held by the test of the charts.
    expect(adopted).to.not.match(/(^|,)Controller |Chart mlplatform-(services|karpenter|storage)/);
  });
});

describe("the block of a model", function () {
  this.timeout(60_000);
  const flask = { minReplicas: 1, maxReplicas: 2 };
  const models = {
    churn: { from: "models:/churn@champion", serve: { flask }, drift: {} },
    "churn-eu": { from: "models:/churn-eu/3", serve: { flask }, drift: {} },
  };
  const registered = async (blocks: object) =>
    names(await runWith({ ...stackFile("dev"), "mlplatform:models": blocks as Record<string, unknown> }));

  it("is, when it goes, exactly what was named after the model; the others stay as they are", async () => {
    const [both, one] = [await registered(models), await registered({ churn: models.churn })];
    const its = both.filter((each) => / mlplatform-models-churn-eu(-|$)/.test(each));
    expect(its).to.include.members([
      "kubernetes:helm.sh/v4:Chart mlplatform-models-churn-eu",
      "kubernetes:networking.k8s.io/v1:Ingress mlplatform-models-churn-eu-ingress",
      "kubernetes:core/v1:Secret mlplatform-models-churn-eu-token",
      "kubernetes:batch/v1:Job mlplatform-models-churn-eu-release",
      "iam.Role mlplatform-models-churn-eu",
    ]);
    expect(minus(both, one)).to.deep.equal(its);
    expect(minus(one, both)).to.deep.equal([]);
  });

  it("is, when the last one goes, their namespace too, who releases, and MLflow's clients for them", async () => {
    const [one, none] = [await registered({ churn: models.churn }), await registered({})];
    const gone = minus(one, none);
    expect(gone.filter((each) => !/ mlplatform-models(-|$)/.test(each))).to.deep.equal(
      [
        ...["model-servers", "releases"].flatMap((client) => [
          `kubernetes:core/v1:Secret mlplatform-mlflow-secrets-machine-${client}`,
          `random:index/randomPassword:RandomPassword mlplatform-mlflow-secrets-machine-${client}`,
        ]),
        // Signs the records of versions' files, which only models have.
      ].sort(),
    );
    expect(none.join()).to.not.contain("mlplatform-models");
  });
});

describe("what the stack exports", function () {
  this.timeout(60_000);

  it("is what people need to find it; the kubeconfig is secret, and nothing else is", async () => {
    let exported: Record<string, unknown> = {};
    await runWith(stackFile("dev"), {}, async () => (exported = await program()));
    const secret = await Promise.all(
      Object.entries(exported).map(async ([key, value]) =>
        typeof value === "object" && (await isSecret(value as never)) ? [key] : [],
      ),
    );
    expect(secret.flat()).to.deep.equal(["kubeconfig"]);
    expect(Object.keys(exported)).to.have.members([
      ...["region", "vpcId", "clusterName", "kubeconfig", "namespaces", "databaseHost", "certificateArn"],
      ...["artifactsBucket", "dataBucket", "logsBucket"],
      ...["mlflowUri", "mlflowUrl", "airflowUrl", "jupyterhubUrl", "grafanaUrl", "homeUrl", "models", "delivery"],
    ]);
  });

  it("has no address of a tool where nobody signs in: none is published", async () => {
    const { signIn: _, ...access } = stackFile("dev")["mlplatform:access"]!;
    let exported: Record<string, unknown> = {};
    await runWith({ ...stackFile("dev"), "mlplatform:access": access }, {}, async () => (exported = await program()));
    expect(exported).to.not.have.any.keys("jupyterhubUrl", "grafanaUrl", "homeUrl");
    expect(exported).to.include({
      mlflowUri: "http://mlflow.mlflow.svc:5000",
      mlflowUrl: "http://mlflow.mlflow.svc:5000",
    });
  });
});

describe("the packages of the program", () => {
  it("hold one Pulumi SDK: with two, tests and program would each talk to their own", () => {
    const { packages } = JSON.parse(readFileSync(join(__dirname, "..", "..", "package-lock.json"), "utf8"));
    const copies = Object.keys(packages).filter((path) => path.endsWith("node_modules/@pulumi/pulumi"));
    expect(copies).to.deep.equal(["node_modules/@pulumi/pulumi"]);
  });
});
