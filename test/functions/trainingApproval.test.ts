import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { expect } from "chai";
import type { TrainingApprovalResult } from "../../functions/trainingApproval";
import { parseEvent } from "../../functions/trainingApproval/event";
import { FunctionOnMoto } from "./functionOnMoto";

const tableName = "training";
const modelPackageArn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/mlplatform-test-churn/3";
const id = `approval#${modelPackageArn}`;
const decision = (status: string, more: object = {}) => ({
  source: "aws.sagemaker",
  "detail-type": "SageMaker Model Package State Change",
  detail: { ModelPackageArn: modelPackageArn, ModelApprovalStatus: status, ...more },
});

/** As the state machine waits: the token lies in the table. */
const waits = (seconds: number) => ({
  StartAt: "Approve",
  States: {
    Approve: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken",
      Parameters: { TableName: tableName, Item: { id: { S: id }, token: { "S.$": "$$.Task.Token" } } },
      TimeoutSeconds: seconds,
      End: true,
    },
  },
});

describe("trainingApproval, as packaged, with state machines that moto runs", function () {
  this.timeout(300_000);
  const packaged = new FunctionOnMoto<TrainingApprovalResult>("trainingApproval", { TABLE_NAME: tableName });
  let dynamodb: DynamoDBClient;
  let stepFunctions: SFNClient;

  beforeEach(async () => {
    await packaged.moto.runStateMachines();
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
  });
  afterEach(() => {
    dynamodb?.destroy();
    stepFunctions?.destroy();
  });

  const itemOf = async () =>
    (await dynamodb.send(new GetItemCommand({ TableName: tableName, Key: { id: { S: id } } }))).Item;
  async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (let left = 100; left > 0; left -= 1) {
      const found = await look();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("it did not come");
  }
  /** ARN of an execution that waits. */
  async function waiting(seconds = 60): Promise<string> {
    const roleArn = "arn:aws:iam::123456789012:role/training";
    const definition = JSON.stringify(waits(seconds));
    const machine = new CreateStateMachineCommand({ name: "training", definition, roleArn });
    const { stateMachineArn } = await stepFunctions.send(machine);
    const { executionArn } = await stepFunctions.send(new StartExecutionCommand({ stateMachineArn, name: "run-1" }));
    await until(itemOf);
    return executionArn!;
  }
  const end = (executionArn: string) =>
    until(async () => {
      const found = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
      return found.status === "RUNNING" ? undefined : found;
    });

  it("lets the run go on that waits for an approved package", async () => {
    const execution = await waiting();
    expect(await packaged.invoke(decision("Approved", { ApprovalDescription: "good" }))).to.deep.equal({
      outcome: "answered",
    });
    const { status, output } = await end(execution);
    expect(status).to.equal("SUCCEEDED");
    expect(JSON.parse(output!)).to.deep.equal({ modelPackageArn, status: "Approved", description: "good" });
    expect(packaged.printed[0]).to.include({ level: "info", message: "answered", modelPackageArn });
  });

  it("fails the run that waits for a rejected package, with an error of its own", async () => {
    const execution = await waiting();
    await packaged.invoke(decision("Rejected"));
    const { status, error } = await end(execution);
    expect({ status, error }).to.deep.equal({ status: "FAILED", error: "Rejected" });
  });

  it("answers once, however often the event comes; a second thought comes too late and is a warning", async () => {
    const execution = await waiting();
    await packaged.invoke(decision("Approved"));
    await end(execution);
    expect(await packaged.invoke(decision("Approved"))).to.deep.equal({ outcome: "answered before" });
    expect(await packaged.invoke(decision("Rejected"))).to.deep.equal({ outcome: "too late" });
    expect(packaged.printed.at(-1)).to.include({ level: "warn", status: "Rejected", decided: "Approved" });
  });

  it("changes nothing when the run has waited long enough", async () => {
    const execution = await waiting(1);
    const { status } = await end(execution);
    expect(status).to.not.equal("SUCCEEDED");
    expect(await packaged.invoke(decision("Approved"))).to.deep.equal({ outcome: "too late" });
    expect((await end(execution)).status).to.equal(status);
  });

  it("waits for a token that comes a little later than the decision", async () => {
    const answered = packaged.invoke(decision("Approved"));
    const execution = await waiting();
    expect(await answered).to.deep.equal({ outcome: "answered" });
    expect((await end(execution)).status).to.equal("SUCCEEDED");
  });

  it("is content where nobody waits, and where nothing is decided", async () => {
    expect(await packaged.invoke(decision("Approved"), 4)).to.deep.equal({ outcome: "nobody waits" });
    expect(await packaged.invoke(decision("PendingManualApproval"))).to.deep.equal({ outcome: "no decision" });
  });

  it("tells no token, neither in its answer nor in its log", async () => {
    const token = "made-up-token";
    const Item = { id: { S: id }, token: { S: token } };
    await dynamodb.send(new PutItemCommand({ TableName: tableName, Item }));
    const result = await packaged.invoke(decision("Rejected", { ApprovalDescription: "bad" }));
    expect(JSON.stringify([result, packaged.printed])).to.not.contain(token);
    expect((await itemOf())?.decided).to.deep.equal({ S: "Rejected" });
  });

  it("fails when a service does not answer or the table is not named, so that the event is tried again", async () => {
    const { AWS_ENDPOINT_URL } = process.env;
    process.env.AWS_ENDPOINT_URL = "http://127.0.0.1:9";
    expect(await packaged.reasonOf(decision("Approved"))).to.match(/ECONNREFUSED|connect/);
    process.env.AWS_ENDPOINT_URL = AWS_ENDPOINT_URL;
    delete process.env.TABLE_NAME;
    expect(await packaged.reasonOf(decision("Approved"))).to.equal("TABLE_NAME is not set");
  });
});

describe("the payload of trainingApproval", () => {
  it("is refused when it is no change of a package, with everything that is wrong", () => {
    expect(() => parseEvent({ source: "aws.s3", detail: { ModelPackageArn: "churn" } })).to.throw(
      /source: "aws.s3".*\n- detail-type: missing.*\n- detail.ModelPackageArn: "churn"/,
    );
  });
});
