import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isSecret } from "@pulumi/pulumi";
import { expect } from "chai";
import { type ChartName, charts } from "../../charts/lock";
import { cachedChartFile, chartSource } from "../../charts/source";
import { shortName } from "../support/outline";
import type { Registration } from "../support/record";
import { program, programs, run, runWith, stackFile, withFoundation, without } from "./program";

const names = (all: Registration[]) => all.map(shortName).sort();
const minus = (all: string[], others: string[]) => all.filter((each) => !others.includes(each));

describe("the sections of a stack's config", function () {
  this.timeout(60_000);

  for (const app of ["airflow", "mlflow", "jupyterhub"]) {
    it(`without ${app}, exactly what is named after it is not asked for`, async () => {
      const config = without(stackFile("dev"), "models"); // A model needs its registry.
      const whole = names(await runWith(config));
      const rest = names(await runWith(without(config, app)));
      const its = whole.filter((each) => new RegExp(`\\b${app}\\b`).test(each));
      expect(its).to.not.deep.equal([]);
      expect(minus(whole, rest)).to.deep.equal(its);
      expect(minus(rest, whole)).to.deep.equal([]);
    });
  }

  it("without any app, no password, no database and no function to make them is asked for", async () => {
    const config = without(stackFile("dev"), "models", "airflow", "mlflow", "jupyterhub");
    expect(names(await runWith(config)).join()).to.not.match(/DatabaseAccess|DatabasePassword|AppDatabase|lambda/);
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
    expect(adopted).to.not.match(/eks:index|eks\.(NodeGroup|Addon|AccessEntry)|LaunchTemplate|Chart|StorageClass/);
  });
});

describe("the charts of the program", function () {
  this.timeout(60_000);

  for (const name of Object.keys(programs)) {
    it(`${name}: each is one of the lock table, at its exact version`, async () => {
      for (const { inputs, name: chart } of (await run(name)).filter(({ type }) => type.endsWith(":Chart"))) {
        const locked = charts[inputs.name as ChartName];
        expect(locked, `${chart} in charts/lock.ts`).to.not.equal(undefined);
        expect(inputs).to.deep.include({ ...chartSource(inputs.name as ChartName) });
        const cached = inputs.chart === cachedChartFile(inputs.name as ChartName);
        expect(cached ? locked.version : inputs.version, chart).to.equal(locked.version);
      }
    });
  }
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
    expect(Object.keys(exported)).to.include.members(["region", "vpcId", "clusterName", "databaseHost"]);
  });
});

describe("the packages of the program", () => {
  it("hold one Pulumi SDK: with two, tests and program would each talk to their own", () => {
    const { packages } = JSON.parse(readFileSync(join(__dirname, "..", "..", "package-lock.json"), "utf8"));
    const copies = Object.keys(packages).filter((path) => path.endsWith("node_modules/@pulumi/pulumi"));
    expect(copies).to.deep.equal(["node_modules/@pulumi/pulumi"]);
  });
});
