import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { Bench, engineOrSkip } from "./engine";

const vpcType = "aws:ec2/vpc:Vpc";

describe("a change on the simulated cloud", function () {
  this.timeout(60_000);
  let bench: Bench;
  before(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  afterEach(async () => {
    await bench?.destroy();
  });
  after(() => bench?.remove());

  it("replaces on a property that forces it, and updates in place otherwise", async () => {
    const program = (cidrBlock: string, owner: string) => async () => {
      new aws.ec2.Vpc("net", { cidrBlock, tags: { owner } });
    };
    await bench.up(program("10.0.0.0/16", "a"));
    const first = await bench.idOf(vpcType, "net");
    expect((await bench.up(program("10.0.0.0/16", "b"))).changes).to.deep.include({ update: 1 });
    expect(await bench.idOf(vpcType, "net")).to.equal(first);
    expect((await bench.up(program("10.1.0.0/16", "b"))).changes).to.deep.include({ replace: 1 });
    expect(await bench.idOf(vpcType, "net")).to.not.equal(first);
  });

  it("updates whatever has tags in place where the provider has others, and only then", async () => {
    const program = (team: string, own: string) => async () => {
      const tags = { team, owner: "b" };
      const provider = new aws.Provider("aws", { region: "eu-west-1", defaultTags: { tags } });
      new aws.ec2.Vpc("net", { cidrBlock: "10.0.0.0/16" }, { provider });
      new aws.sns.Topic("news", { tags: { owner: own } }, { provider });
      new aws.sns.Topic("fixed", { tags: { team: "its own" } }, { provider, ignoreChanges: ["tags", "tagsAll"] });
    };
    await bench.up(program("a", "b"));
    const id = await bench.idOf(vpcType, "net");
    expect((await bench.preview(program("a", "b"))).changes).to.deep.include({ same: 5 });
    const changed = await bench.up(program("c", "b"));
    expect(changed.changes).to.deep.include({ update: 3, same: 2 });
    expect(bench.cloud!.operations.map(({ kind, name }) => `${kind} ${name}`).sort()).to.deep.equal([
      "update net",
      "update news",
    ]);
    expect(await bench.idOf(vpcType, "net")).to.equal(id);
    expect((await bench.preview(program("c", "b"))).changes).to.deep.include({ same: 5 });
  });

  it("keeps an automatic name over updates and takes another for a replacement", async () => {
    const program = (fifoTopic: boolean, displayName: string) => async () => ({
      name: new aws.sns.Topic("news", { fifoTopic, displayName }).name,
    });
    const first = await bench.up(program(false, "a"));
    expect(first.outputs.name!.value).to.match(/^news-[0-9a-f]{7}$/);
    const second = await bench.up(program(false, "b"));
    expect(second.outputs.name!.value).to.equal(first.outputs.name!.value);
    const third = await bench.up(program(true, "b"));
    expect(third.outputs.name!.value).to.not.equal(first.outputs.name!.value);
  });

  it("deletes first where both would have one fixed name", async () => {
    const program = (fifoTopic: boolean) => async () => {
      new aws.sns.Topic("news", { name: "fixed", fifoTopic });
    };
    await bench.up(program(false));
    expect((await bench.up(program(true))).changes).to.deep.include({ replace: 1 });
    expect(bench.cloud!.operations.map(({ kind }) => kind)).to.deep.equal(["delete", "create"]);
  });

  it("leaves a protected resource alone", async () => {
    const program = (protect: boolean) => async () => {
      new aws.s3.Bucket("data", {}, { protect });
    };
    await bench.up(program(true));
    const ran = await bench.destroy();
    expect(ran.succeeded).to.equal(false);
    expect(ran.text).to.contain("protect");
    expect(bench.cloud!.account.list().map(({ name }) => name)).to.deep.equal(["data"]);
    await bench.up(program(false));
  });

  it("shows none for a policy that says the same in another order or with other whitespace", async () => {
    const program = (assumeRolePolicy: string) => async () => {
      new aws.iam.Role("worker", { assumeRolePolicy });
    };
    const statement = { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } };
    await bench.up(program(JSON.stringify({ Version: "2012-10-17", Statement: [statement] })));
    const ran = await bench.preview(
      program(JSON.stringify({ Statement: [statement], Version: "2012-10-17" }, null, 2)),
    );
    expect(ran.changes).to.deep.equal({ same: 2 });
  });
});
