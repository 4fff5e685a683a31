import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { modelsNamespace } from "../../charts/values/modelServer";
import { installMissedStarts } from "../../components/composition/missedStarts";
import { installTraining } from "../../components/composition/training";
import type { ModelsSpace } from "../../components/serving/modelsSpace";
import { onAws } from "../settings/fixtures";
import { appContext } from "../support/appContext";
import { store } from "../support/apps";
import { building, RecordedIdentity } from "../support/foundation";
import type { Registration } from "../support/record";

const gate = { metric: "auc", atLeast: 0.8, beatChampion: true };
const loop = (name: string, training: object) => ({
  [name]: {
    from: `models:/${name}@champion`,
    serve: {},
    training: { image: "registry.example.com/own:7", ...training },
  },
});

describe("what training makes for decisions of people", () => {
  const installed = async (models: object) => {
    let keys: string[] = [];
    const made = await building(() => {
      const given = appContext(onAws({}, { mlflow: {}, models }), { identity: new RecordedIdentity() });
      const aws = {
        ...given.foundation.aws!,
        privateSubnetIds: pulumi.output(["subnet-1"]),
        vpcId: pulumi.output("vpc-1"),
      };
      const foundation = {
        ...given.foundation,
        aws,
        stores: { ...given.foundation.stores, data: store("data") },
      };
      const missed = installMissedStarts("p", { ...given, foundation }, {}, {});
      const context = { ...given, foundation, ...(missed ? { missedStartsArn: missed.queueArn } : {}) };
      const space = {
        namespace: modelsNamespace,
        secrets: { releases: "releases" },
        ready: [],
      } as unknown as ModelsSpace;
      const mlflow = { namespace: "mlflow" as const, portNumber: 5000 as const, ready: [] };
      keys = installTraining("p", context, { mlflow, topics: {}, serving: { space, told: [] } }, {}).machines.map(
        ({ key, name }) => `${key} ${name}`,
      );
    });
    return { made, keys };
  };
  const inputsOf = (made: Registration[], type: string, name: string) =>
    made.find((each) => each.type === type && each.name === name)?.inputs;

  it("an alarm for each machine: of loops, of the checks beside them, and of what passes decisions on", async () => {
    const { made, keys } = await installed({
      ...loop("gated", { gate, approve: "automatic" }),
      ...loop("plain", { approve: "automatic" }),
    });
    const machines = made.filter(({ type }) => type === "aws:sfn/stateMachine:StateMachine").map(({ name }) => name);
    expect(keys.map((each) => each.split(" ")[1]).sort()).to.deep.equal(machines.sort());
    expect(keys).to.have.members([
      "package-decisions p-training-decisions",
      "gated-training p-training-gated",
      "gated-check p-training-gated-check",
      "plain-training p-training-plain",
    ]);
  });

  it("a machine that passes on the decisions of its own loops by name, and may see its stack's packages and no others", async () => {
    const { made } = await installed({
      ...loop("gated", { gate, approve: "automatic" }),
      ...loop("asked", {}),
      ...loop("plain", { approve: "automatic" }),
    });
    const { definition } = inputsOf(made, "aws:sfn/stateMachine:StateMachine", "p-training-decisions")!;
    const [{ Condition }] = JSON.parse(definition as string).States.WhetherOurs.Choices;
    const named = JSON.parse(/ in (\[.*?\])/.exec(Condition)![1]!) as string[];
    expect(named.map((each) => each.split("-").at(-1)).sort()).to.deep.equal(["asked", "gated"]);
    const { policy } = inputsOf(made, "aws:iam/rolePolicy:RolePolicy", "p-training-decisions")!;
    const [{ Resource }] = JSON.parse(policy as string).Statement as [{ Resource: string[] }];
    expect(Resource).to.deep.equal(["arn:aws:sagemaker:eu-west-1:000000000000:model-package/mlplatform-test-*/*"]);
  });

  it("a queue for decisions that could not be passed on, into which their rule may put and no other", async () => {
    const { made } = await installed(loop("asked", {}));
    const target = inputsOf(made, "aws:cloudwatch/eventTarget:EventTarget", "p-training-decisions")!;
    const { policy } = inputsOf(made, "aws:sqs/queuePolicy:QueuePolicy", "p-missed")!;
    const [statement, ...more] = JSON.parse(policy as string).Statement;
    expect(more).to.deep.equal([]);
    expect(target.deadLetterConfig).to.deep.equal({ arn: statement.Resource[0] });
    expect(statement.Principal).to.deep.equal({ Service: ["events.amazonaws.com"] });
    expect(statement.Condition).to.deep.equal({
      ArnLike: { "aws:SourceArn": "arn:aws:events:eu-west-1:000000000000:rule/p-training-approval-*" },
    });
  });

  it("none of it where nothing follows from a decision", async () => {
    const { made } = await installed(loop("plain", { approve: "automatic" }));
    expect(inputsOf(made, "aws:sfn/stateMachine:StateMachine", "p-training-decisions")).to.equal(undefined);
    expect(made.filter(({ type }) => type.startsWith("aws:sqs/"))).to.deep.equal([]);
  });
});
