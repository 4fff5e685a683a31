import * as sagemaker from "@aws-sdk/client-sagemaker";
import { expect } from "chai";
import { bundleFunction } from "../../functions/bundle";
import type { EndpointReleaseResult, InvocationContext } from "../../functions/endpointRelease";
import { parseEvent } from "../../functions/endpointRelease/event";
import { type Moto, motoMissing, startMoto } from "../../test/support/moto";
import { skip } from "../../test/support/skip";

const roleArn = "arn:aws:iam::123456789012:role/churn";
const endpointName = "mlplatform-test-churn";
const namePrefix = `${endpointName}--`;

describe("endpointRelease, as packaged, on moto's SageMaker", function () {
  this.timeout(300_000);
  let moto: Moto;
  let client: sagemaker.SageMakerClient;
  let handler: (event: unknown, context: InvocationContext) => Promise<EndpointReleaseResult>;
  let printed: string[] = [];
  const { log } = console;
  const environment = { ...process.env };

  before(async function () {
    const missing = motoMissing();
    if (missing !== undefined) skip(this, missing);
    moto = await startMoto();
    handler = require(bundleFunction("endpointRelease").file).handler;
  });
  after(() => moto?.stop());
  beforeEach(async () => {
    await moto.reset();
    Object.assign(process.env, moto.environment);
    client = new sagemaker.SageMakerClient({});
    printed = [];
    console.log = (line: string) => printed.push(line);
  });
  afterEach(() => {
    console.log = log;
    client?.destroy();
    for (const name of Object.keys(moto?.environment ?? {})) {
      if (environment[name] === undefined) delete process.env[name];
      else process.env[name] = environment[name];
    }
    for (const line of printed) expect(JSON.parse(line)).to.include.keys("level", "message");
  });

  const invoke = (event: object, seconds = 30) => {
    const end = Date.now() + seconds * 1000;
    return handler(event, { getRemainingTimeInMillis: () => end - Date.now() });
  };
  const check = (endpointConfigName: string) =>
    invoke({ action: "check", endpointName, endpointConfigName, model: "churn" });
  const leftovers = (action: string) => invoke({ action: "leftovers", endpointName, namePrefix, tf: { action } });
  const reasonOf = (work: Promise<unknown>) =>
    work.then(
      () => expect.fail("it should have been refused"),
      (error: Error) => error.message,
    );

  async function version(name: string): Promise<void> {
    await client.send(new sagemaker.CreateModelCommand({ ModelName: name, ExecutionRoleArn: roleArn }));
    const variant = { VariantName: "main", ModelName: name, InitialInstanceCount: 1, InitialVariantWeight: 1 };
    await client.send(
      new sagemaker.CreateEndpointConfigCommand({
        EndpointConfigName: name,
        ProductionVariants: [{ ...variant, InstanceType: "ml.m5.large" }],
      }),
    );
  }
  const endpointWith = (name: string) =>
    client.send(new sagemaker.CreateEndpointCommand({ EndpointName: endpointName, EndpointConfigName: name }));
  async function names(): Promise<string[]> {
    const { EndpointConfigs } = await client.send(new sagemaker.ListEndpointConfigsCommand({ MaxResults: 100 }));
    const { Models } = await client.send(new sagemaker.ListModelsCommand({ MaxResults: 100 }));
    return [
      ...EndpointConfigs!.map((each) => `configuration ${each.EndpointConfigName}`),
      ...Models!.map((each) => `model ${each.ModelName}`),
    ].sort();
  }

  it("is content when what was asked for is live", async () => {
    await version("churn-2");
    await endpointWith("churn-2");
    expect(await check("churn-2")).to.deep.equal({ action: "check", endpointName, outcome: "live" });
  });

  it("fails when another configuration is live, and says which, where to look and what to do", async () => {
    await version("churn-1");
    await endpointWith("churn-1");
    const reason = await reasonOf(check("churn-2"));
    expect(reason).to.contain("is InService with churn-1, not with churn-2");
    expect(reason).to.contain(`${endpointName}-errors`);
    expect(reason).to.contain("models.churn.from");
    expect(reason).to.contain("pulumi up --refresh");
    expect(JSON.parse(printed[0]!)).to.include({ level: "error", message: reason, action: "check", endpointName });
  });

  it("fails when there is no endpoint", async () => {
    expect(await reasonOf(check("churn-1"))).to.equal(`Endpoint ${endpointName} does not exist.`);
  });

  it("leaves everything alone until the model is taken out of the config", async () => {
    await version(`${namePrefix}1-aaaaaa`);
    for (const action of ["create", "update"]) expect((await leftovers(action)).outcome).to.equal("nothing to do");
    expect(await names()).to.have.length(2);
  });

  it("deletes what was made under the prefix, many at once, and nothing of a model whose name begins alike", async () => {
    for (let count = 1; count <= 12; count += 1) await version(`${namePrefix}${count}-aaaaaa`);
    for (const other of [`${endpointName}-eu--1-aaaaaa`, `other-${namePrefix}1`, "churn-pinned"]) await version(other);
    expect((await leftovers("delete")).outcome).to.equal("deleted");
    expect(await names()).to.deep.equal(
      ["churn-pinned", `${endpointName}-eu--1-aaaaaa`, `other-${namePrefix}1`]
        .flatMap((name) => [`configuration ${name}`, `model ${name}`])
        .sort(),
    );
    expect(JSON.parse(printed[0]!)).to.include({ deleted: 24 });
    expect((await leftovers("delete")).outcome).to.equal("deleted");
  });

  it("deletes nothing below an endpoint that stands", async () => {
    const name = `${namePrefix}1-aaaaaa`;
    await version(name);
    await endpointWith(name);
    expect(await reasonOf(leftovers("delete"))).to.contain("still exists (InService)");
    expect(await names()).to.have.length(2);
  });

  it("says so when SageMaker is out of reach", async () => {
    process.env.AWS_ENDPOINT_URL = "http://127.0.0.1:9";
    expect(await reasonOf(check("churn-1"))).to.match(/ECONNREFUSED|connect/);
  });
});

describe("the payload of endpointRelease", () => {
  const good = { action: "check", endpointName, endpointConfigName: "churn-1", model: "churn" };
  it("is read with what AWS adds to it", () => {
    expect(parseEvent({ ...good, tf: { action: "create" } })).to.deep.equal(good);
    const request = { action: "leftovers", endpointName, namePrefix };
    expect(parseEvent({ ...request, tf: { action: "delete", prev_input: null } })).to.deep.equal({
      ...request,
      lifecycle: "delete",
    });
  });

  const bad: [unknown, string][] = [
    [undefined, "action: missing; allowed: check, leftovers"],
    [{ ...good, endpointConfigName: undefined }, "endpointConfigName: missing"],
    [{ ...good, endpointName: "-churn" }, 'endpointName: "-churn"'],
    [{ ...good, endpointName: "c".repeat(64) }, "endpointName"],
    [{ action: "leftovers", endpointName, namePrefix: "", tf: { action: "delete" } }, 'namePrefix: ""'],
    [{ action: "leftovers", endpointName, namePrefix: "mlplatform-", tf: { action: "delete" } }, "namePrefix"],
    [{ action: "leftovers", endpointName, namePrefix }, "tf.action: missing; allowed: create, update, delete"],
  ];
  for (const [event, text] of bad) {
    it(`is refused: ${text}`, () => expect(() => parseEvent(event)).to.throw(text));
  }
});
