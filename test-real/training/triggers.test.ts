import { expect } from "chai";
import { trainingErrors } from "../../components/training/stepFunctions/terms";
import { endedOnItsWay } from "../../components/training/triggers";
import { askProgram } from "../../test/support/python";
import { findPython, pythonEnvironment } from "../../test/support/pythonEnvironment";
import { skip } from "../../test/support/skip";

const machineArn = "arn:aws:states:eu-west-1:123456789012:stateMachine:dev-churn-training";
const event = (detail: object) => ({
  source: "aws.states",
  "detail-type": "Step Functions Execution Status Change",
  detail: { stateMachineArn: machineArn, input: '{"reason":"schedule"}', ...detail },
});

describe("the rule that cleans up after a run of training", function () {
  this.timeout(300_000);

  const taken = async (details: object[]): Promise<boolean[]> => {
    const { python } = await pythonEnvironment("moto", 180);
    return askProgram(python, "eventPattern.py", { pattern: endedOnItsWay(machineArn), events: details.map(event) });
  };

  before(function () {
    if (!findPython()) skip(this, "needs Python 3.11, 3.12 or 3.13 with venv: install one");
  });

  it("hears of every run that ended without its way out, also of one that failed where nothing could be caught", async () => {
    const failed = ["States.DataLimitExceeded", "States.Runtime", "States.QueryEvaluationError"].map((error) => ({
      status: "FAILED",
      error,
    }));
    const ended = [{ status: "ABORTED", error: null }, { status: "TIMED_OUT" }, ...failed, { status: "FAILED" }];
    expect(await taken(ended)).to.deep.equal(ended.map(() => true));
  });

  it("leaves alone runs that told and gave back by themselves, those under way, and other machines", async () => {
    const fine = trainingErrors.map((error) => ({ status: "FAILED", error }));
    const others = [
      ...fine,
      { status: "RUNNING" },
      { status: "SUCCEEDED" },
      { status: "ABORTED", stateMachineArn: `${machineArn}2` },
    ];
    expect(await taken(others)).to.deep.equal(others.map(() => false));
  });

  it("does not clean up after cleaning up, which would go on for ever", async () => {
    const input =
      '{"aborted":"arn:aws:states:eu-west-1:123456789012:execution:dev-churn-training:1","status":"FAILED"}';
    const again = [
      { status: "TIMED_OUT", input },
      { status: "FAILED", error: "States.Runtime", input },
    ];
    expect(await taken(again)).to.deep.equal([false, false]);
  });
});
