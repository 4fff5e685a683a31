import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { expect } from "chai";
import type { MachineRunsResult } from "../../functions/machineRuns";
import { Refusal, startJsonService } from "../support/jsonService";
import { FunctionOnMoto } from "./functionOnMoto";

const tableName = "training";
const arn = (machine: string) => `arn:aws:states:eu-west-1:123456789012:stateMachine:${machine}`;
const machineArn = arn("mlplatform-test-churn-training");
const other = arn("mlplatform-test-churn-training-other");
const turns = ["model#churn", "waiting#churn"];
const request = (action: string) => ({ machineArn, turns, tf: { action } });
const stopped = { machineArn, outcome: "stopped" };

describe("machineRuns, as packaged, on moto's Step Functions", function () {
  this.timeout(300_000);
  const packaged = new FunctionOnMoto<MachineRunsResult>("machineRuns", { TABLE_NAME: tableName });
  let dynamodb: DynamoDBClient;
  let stepFunctions: SFNClient;

  beforeEach(async () => {
    dynamodb = new DynamoDBClient({});
    stepFunctions = new SFNClient({});
    await dynamodb.send(
      new CreateTableCommand({
        TableName: tableName,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      }),
    );
    for (const stateMachineArn of [machineArn, other]) {
      const definition = JSON.stringify({ StartAt: "Wait", States: { Wait: { Type: "Wait", Seconds: 9, End: true } } });
      const name = stateMachineArn.split(":").at(-1)!;
      const roleArn = "arn:aws:iam::123456789012:role/machine";
      await stepFunctions.send(new CreateStateMachineCommand({ name, definition, roleArn }));
    }
  });
  afterEach(() => {
    dynamodb?.destroy();
    stepFunctions?.destroy();
  });

  const start = async (stateMachineArn: string) =>
    (await stepFunctions.send(new StartExecutionCommand({ stateMachineArn, input: "{}" }))).executionArn!;
  const statusOf = async (executionArn: string) =>
    (await stepFunctions.send(new DescribeExecutionCommand({ executionArn }))).status;
  const hold = async (id: string, more: object = {}) =>
    dynamodb.send(new PutItemCommand({ TableName: tableName, Item: { id: { S: id }, ...more } }));
  const held = async (id: string) =>
    (await dynamodb.send(new GetItemCommand({ TableName: tableName, Key: { id: { S: id } } }))).Item;

  it("stops every run, over all pages, and none of another machine", async () => {
    const runs = await Promise.all(Array.from({ length: 103 }, () => start(machineArn)));
    const stays = await start(other);
    expect(await packaged.invoke(request("delete"), 120)).to.deep.equal(stopped);
    expect(new Set(await Promise.all(runs.map(statusOf)))).to.deep.equal(new Set(["ABORTED"]));
    expect(await statusOf(stays)).to.equal("RUNNING");
    expect(packaged.printed.at(-1)).to.include({ level: "info", machineArn, runs: 103 });
    expect(await packaged.invoke(request("delete")), "again").to.deep.equal(stopped);
    expect(packaged.printed.at(-1)).to.include({ runs: 0 });
  });

  it("gives back what they held, also in a second go, and nothing that others hold", async () => {
    const [mine, theirs] = [await start(machineArn), await start(other)];
    const until = { N: "1" };
    for (const id of [...turns, "model#other"]) await hold(id);
    await hold("slots", { held: { M: { [mine]: until, [theirs]: until } } });
    await packaged.invoke(request("delete"));
    for (const id of turns) expect(await held(id), id).to.equal(undefined);
    expect(await held("model#other")).not.to.equal(undefined);
    expect((await held("slots"))!.held).to.deep.equal({ M: { [theirs]: until } });
    await packaged.invoke(request("delete"));
  });

  it("gives nothing back of runs that hold nothing, as those of batch scoring", async () => {
    const run = await start(machineArn);
    await hold("slots", { held: { M: { [run]: { N: "1" } } } });
    const { turns: _, ...scoring } = request("delete");
    delete process.env.TABLE_NAME;
    expect(await packaged.invoke(scoring)).to.deep.equal(stopped);
    expect(await statusOf(run)).to.equal("ABORTED");
    expect((await held("slots"))!.held).to.deep.equal({ M: { [run]: { N: "1" } } });
    expect(await packaged.reasonOf(request("delete"))).to.match(/TABLE_NAME is not set/);
  });

  it("touches nothing while the machine stands", async () => {
    const run = await start(machineArn);
    await hold(turns[0]!);
    for (const action of ["create", "update"]) {
      expect(await packaged.invoke(request(action))).to.deep.equal({ machineArn, outcome: "nothing to do" });
    }
    expect(await statusOf(run)).to.equal("RUNNING");
    expect(await held(turns[0]!)).not.to.equal(undefined);
  });

  it("is content where the machine is gone", async () => {
    const gone = arn("mlplatform-test-gone-training");
    const answer = await packaged.invoke({ ...request("delete"), machineArn: gone });
    expect(answer).to.deep.equal({ machineArn: gone, outcome: "stopped" });
  });

  // moto forgets why a run was stopped, and refuses nobody, so this is answered by a server of this test.
  for (const [refusal, outcome] of [
    ["AccessDeniedException", /^AccessDeniedException: not you$/],
    ["ExecutionDoesNotExist", /^2 runs of .* have not ended; run it again\.$/],
  ] as const) {
    it(`says why it stops a run, and fails where ${refusal} is all it hears`, async () => {
      const asked: Record<string, string>[] = [];
      const service = await startJsonService((action, input) => {
        if (action === "ListExecutions") return { executions: [{ executionArn: "1" }, { executionArn: "2" }] };
        asked.push(input);
        throw new Refusal(refusal, "not you");
      });
      process.env.AWS_ENDPOINT_URL = service.url;
      expect(await packaged.reasonOf(request("delete"), 4).finally(service.stop)).to.match(outcome);
      expect(asked[0]).to.include({ executionArn: "1", error: "ModelRemoved" });
      expect(asked[0]!.cause).to.match(/removed from the stack/);
      expect(packaged.printed.at(-1)).to.include({ level: "error", machineArn });
    });
  }

  it("refuses what no state machine is, and a life it does not know", async () => {
    expect(await packaged.reasonOf({ machineArn: "churn", turns: [1] })).to.match(
      /machineArn: "churn".*\n- turns: \[1\].*\n- tf.action: missing/,
    );
  });
});
