import path from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { functionNameOf, lambdaFunction } from "../../../components/foundation/lambdaFunction";
import { machineRuns } from "../../../components/foundation/machineRuns";
import { stopScoring } from "../../../components/identity/policies/batch";
import { Account } from "../../../simulator/cloud/account";
import { machineRun } from "../../../simulator/cloud/aws/machineRuns";
import { Bench, engineOrSkip } from "./engine";

const account = { accountId: "000000000000", region: "eu-west-1", partition: "aws" };
const functionName = functionNameOf("dev", "training-runs");
const definition = '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}';
const trusted = JSON.stringify({
  Statement: [{ Effect: "Allow", Principal: { Service: "states.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** A machine and what stops its runs. Another description replaces the function, the old one first, since both bear one name. */
const program =
  (description: string, known: (made: aws.lambda.Function) => string = () => functionName) =>
  async () => {
    const parent = new pulumi.ComponentResource(
      "test:index:Loop",
      "loop",
      {},
      {
        transformations: [
          ({ type, props, opts }) =>
            type === "aws:lambda/function:Function"
              ? { props, opts: { ...opts, replaceOnChanges: ["description"], deleteBeforeReplace: true } }
              : undefined,
        ],
      },
    );
    const made = lambdaFunction(
      "loop-runs",
      {
        ...{ account, functionName, description, source: "machineRuns", timeoutSeconds: 300 },
        statements: (log) => log.apply((each) => stopScoring(account, each, "dev")),
        log: { retentionDays: 30 },
      },
      { parent },
    );
    const roleArn = new aws.iam.Role("loop", { assumeRolePolicy: trusted }, { parent }).arn;
    const machine = new aws.sfn.StateMachine("loop", { name: "dev-churn-training", roleArn, definition }, { parent });
    machineRuns("loop-stopped", { by: { functionName: known(made), ready: [made] }, machine }, parent);
  };

describe("what stops the runs of a machine that goes, on the simulated cloud", function () {
  this.timeout(120_000);

  /** How many runs are left once the function was replaced, and once all is destroyed. */
  const left = async (test: Mocha.Context, known?: Parameters<typeof program>[1]): Promise<[number, number]> => {
    const bench = new Bench(await engineOrSkip(test));
    const cloud = () => new Account(path.join(bench.folder, "account.json"));
    try {
      expect(await bench.up(program("one", known))).to.include({ succeeded: true });
      const before = cloud();
      const [{ id: stateMachineArn }] = before.ofType("aws:sfn/stateMachine:StateMachine") as unknown as [
        { id: string },
      ];
      const run = `${stateMachineArn.replace(":stateMachine:", ":execution:")}:waits`;
      before.put({
        ...{ type: machineRun, name: run, urn: run, id: run, scope: "eu-west-1", handles: [run], madeBy: "training" },
        ...{ claims: [], uses: [], outputs: {}, generation: 0, inputs: { stateMachineArn } },
      });
      before.close();
      const replaced = await bench.up(program("another", known));
      expect(replaced.succeeded, replaced.text).to.equal(true);
      expect(replaced.text).to.match(/replaced/);
      const after = cloud().ofType(machineRun).length;
      const down = await bench.destroy();
      expect(down.succeeded, down.text).to.equal(true);
      return [after, cloud().ofType(machineRun).length];
    } finally {
      bench.remove();
    }
  };

  it("stays when its function is replaced, so that a model that lives trains on", async function () {
    expect(await left(this)).to.deep.equal([1, 0]);
  });

  it("would go with it if it knew the function by what that gives out", async function () {
    expect(await left(this, ({ name }) => name as unknown as string)).to.deep.equal([0, 0]);
  });
});
