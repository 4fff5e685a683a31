import { spawn } from "node:child_process";
import * as path from "node:path";
import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import { expect } from "chai";
import { Account } from "../../../simulator/cloud/account";
import { Bench, engineOrSkip } from "./engine";

const topics = async () => {
  let before: aws.sns.Topic | undefined;
  for (const name of ["first", "second", "third"]) {
    before = new aws.sns.Topic(name, { name }, before ? { dependsOn: before } : {});
  }
};

describe("a run of the simulated cloud that goes wrong", function () {
  this.timeout(60_000);
  let bench: Bench;
  beforeEach(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  afterEach(() => bench?.remove());

  it("fails where it is told to, and heals in the next run", async () => {
    const failures = [
      { type: "sns/topic:Topic", name: "second", times: 1 },
      { type: "Queue", times: 1 },
    ];
    const first = await bench.up(topics, { failures });
    expect(first.succeeded).to.equal(false);
    expect(first.text).to.contain('told to fail create of aws:sns/topic:Topic "second"');
    expect(bench.cloud!.unmatchedFailures()).to.deep.equal([failures[1]]);
    expect((await bench.up(topics)).changes).to.deep.include({ create: 2 });
    expect((await bench.preview(topics)).changes).to.deep.equal({ same: 4 });
  });

  it("fails again and again when told to, and for the named operation only", async () => {
    const failures = [
      { type: "aws:sns/topic:Topic", times: Number.POSITIVE_INFINITY, operation: "delete" as const, message: "no" },
    ];
    expect((await bench.up(topics, { failures })).succeeded).to.equal(true);
    expect((await bench.destroy({ failures })).text).to.contain("Told: no (simulated)");
    expect((await bench.destroy({ failures })).succeeded).to.equal(false);
    expect((await bench.destroy()).succeeded).to.equal(true);
  });

  it("leaves no rejection unhandled where several children of a component fail, makes the others, and heals", async function () {
    this.timeout(240_000);
    const network = async () => {
      new awsx.ec2.Vpc("vpc", { numberOfAvailabilityZones: 2, natGateways: { strategy: "OnePerAz" } });
    };
    const unhandled: string[] = [];
    const note = (error: Error) => unhandled.push(error.message);
    process.on("unhandledRejection", note);
    const failures = ["subnet:Subnet", "internetGateway:InternetGateway"].map((type) => ({ type, times: 1 }));
    const failed = await bench.up(network, { failures }, { continueOnError: true });
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(failed.text).to.contain("told to fail create of aws:ec2/subnet:Subnet");
    // The program itself hears of its component.
    expect(unhandled.filter((message) => !message.startsWith("failed to register new resource vpc"))).to.deep.equal([]);
    expect((await bench.up(network)).succeeded).to.equal(true);
    expect((await bench.preview(network)).changes).to.have.all.keys("same");
  });

  it("killed at the worst moment: what happened is in the account, found again by its URN", async () => {
    const child = spawn(process.execPath, ["--import", "tsx", path.join(__dirname, "killedRun.ts"), bench.folder], {
      stdio: "ignore",
    });
    const signal = await new Promise((resolve) => child.once("exit", (_, by) => resolve(by)));
    expect(signal).to.equal("SIGKILL");
    const account = new Account(path.join(bench.folder, "account.json"));
    expect(account.list().map(({ name }) => name)).to.deep.equal(["first", "second"]);
    const [, second] = account.list();
    expect(account.find(second!.urn)).to.deep.include({ id: second!.id });
    expect(account.find("urn:of:nobody")).to.equal(undefined);
    account.close();
  });
});
