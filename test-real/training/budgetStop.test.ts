import { expect } from "chai";
import { budgetStopDefinition } from "../../components/governance/budgetStopDefinition";
import type { BudgetStopFacts } from "../../components/governance/budgetStopWords";
import { askProgram } from "../../test/support/python";
import { pythonOrSkip } from "../../test/support/pythonOrSkip";
import type { TrainingAnswer } from "../../test/support/trainingMachine";

const facts: BudgetStopFacts = {
  accountId: "123456789012",
  budgetName: "mlplatform-budget-0123abc",
  stack: "mlplatform-dev",
  limitUsd: 400,
  topicArn: "arn:aws:sns:eu-west-1:123456789012:team",
  endpoints: ["mlplatform-dev-trial", "mlplatform-dev-gone", "mlplatform-dev-busy"],
  notebooks: ["mlplatform-dev-bench", "mlplatform-dev-rests"],
  domainId: "d-0123456789ab",
  groups: [{ name: "eks-notebooks-1", minNodes: 1, maxNodes: 5 }],
  groupsComeBack: false,
  tableName: "training",
};
const app = (name: string, more: object) => ({ DomainId: "d-0123456789ab", AppName: name, CreationTime: 1, ...more });
const there = {
  endpoints: { "mlplatform-dev-trial": "InService", "mlplatform-dev-busy": "Updating", other: "InService" },
  notebooks: { "mlplatform-dev-bench": "InService", "mlplatform-dev-rests": "Stopped" },
  apps: [
    app("default", { AppType: "JupyterLab", Status: "InService", SpaceName: "ada" }),
    app("kernel", { AppType: "KernelGateway", Status: "InService", UserProfileName: "bob" }),
    app("past", { AppType: "JupyterLab", Status: "Deleted", SpaceName: "ada" }),
    app("web", { AppType: "JupyterServer", Status: "InService", UserProfileName: "bob" }),
  ],
};
interface Look {
  facts?: BudgetStopFacts;
  /** What the month has cost at each look. */
  spent: (string | null)[];
  faults?: Record<string, string[]>;
  before?: object[];
}
const little = { ...facts, endpoints: [], domainId: undefined, groups: [], tableName: undefined };
const runs: Record<string, Look> = {
  fresh: { spent: [null] },
  below: { spent: ["399.99"] },
  reached: { spent: ["400"] },
  lasting: { spent: ["400.5", "612.25"] },
  newMonth: { spent: ["400.5", "0.1", "0.2"] },
  comeBack: { facts: { ...facts, groupsComeBack: true }, spent: ["400.5", "0.1"] },
  oneFails: { spent: ["400.5", "401"], faults: { StopNotebook: ["SageMaker.SageMakerException*"] } },
  endpointUnknown: { spent: ["400.5"], faults: { Endpoint: ["Made.Up*"] } },
  notebooksOnly: { facts: little, spent: ["400.5", "0"] },
};

describe("a budget that acts, in moto's interpreter", function () {
  this.timeout(600_000);
  let answers: Record<string, TrainingAnswer>;

  before(async function () {
    const python = await pythonOrSkip(this, "moto", 180);
    const asked = Object.values(runs).map(({ facts: own = facts, spent, ...each }) => ({
      ...{ ...there, ...each, spent },
      inputs: spent.map(() => ({})),
      definition: budgetStopDefinition(own),
    }));
    const told = await askProgram<TrainingAnswer[]>(python.python, "trainingMachine.py", { runs: asked });
    answers = Object.fromEntries(Object.keys(runs).map((name, at) => [name, told[at]!]));
  });

  const looking = ["budgets.describe_budget", "stepfunctions.list_tags_for_resource"];
  const acts = (name: string) => answers[name]!.calls.filter(({ action }) => !looking.includes(action));
  const names = (name: string) => acts(name).map(({ action }) => action);
  const asked = (name: string, action: string) =>
    acts(name)
      .filter((call) => call.action === action)
      .map(({ parameters }) => parameters);

  it("asks nothing that AWS would refuse", () => {
    for (const [name, { refused }] of Object.entries(answers)) expect(refused, name).to.deep.equal([]);
  });

  it("does nothing below the limit, nor before there is a sum", () => {
    for (const name of ["fresh", "below"]) {
      expect(acts(name), name).to.deep.equal([]);
      expect(answers[name]!.executions[0]!.status).to.equal("SUCCEEDED");
    }
    expect(answers.below!.calls[0]!.parameters).to.deep.equal({
      ...{ AccountId: "123456789012", BudgetName: "mlplatform-budget-0123abc" },
    });
  });

  it("at the limit tells, notes it, and stops what there is, and nothing else", () => {
    expect(answers.reached!.executions[0]!.status).to.equal("SUCCEEDED");
    expect(names("reached").slice(0, 2)).to.deep.equal(["sns.publish", "stepfunctions.tag_resource"]);
    expect(asked("reached", "sagemaker.delete_endpoint")).to.deep.equal([{ EndpointName: "mlplatform-dev-trial" }]);
    expect(asked("reached", "sagemaker.stop_notebook_instance")).to.deep.equal([
      { NotebookInstanceName: "mlplatform-dev-bench" },
    ]);
    const domain = { DomainId: "d-0123456789ab" };
    expect(asked("reached", "sagemaker.delete_app")).to.have.deep.members([
      { ...domain, AppType: "JupyterLab", AppName: "default", SpaceName: "ada" },
      { ...domain, AppType: "KernelGateway", AppName: "kernel", UserProfileName: "bob" },
    ]);
    expect(asked("reached", "autoscaling.update_auto_scaling_group")).to.deep.equal([
      { AutoScalingGroupName: "eks-notebooks-1", MinSize: 0, MaxSize: 0, DesiredCapacity: 0 },
    ]);
    expect(answers.reached!.items).to.deep.equal([{ id: { S: "budget" } }]);
    const [told] = asked("reached", "sns.publish");
    expect(told).to.include({ TopicArn: facts.topicArn, Subject: "mlplatform-dev: its budget is used up" });
    expect(told!.Message).to.equal(
      "This month mlplatform-dev has cost 400.00 dollars of the 400 at which it stops: the endpoints mlplatform-dev-trial, mlplatform-dev-gone, " +
        "mlplatform-dev-busy are deleted; the notebook instances mlplatform-dev-bench, mlplatform-dev-rests stop; Studio's apps are closed; files stay; " +
        "JupyterHub's servers end with their nodes; homes stay; no run of training begins but those that somebody starts. It is so until the month " +
        "ends. Write a higher governance.budget and run pulumi up to go on before.",
    );
  });

  it("goes on stopping what is started again, and tells so once", () => {
    expect(asked("lasting", "sns.publish")).to.have.length(1);
    expect(asked("lasting", "stepfunctions.tag_resource")).to.have.length(1);
    expect(asked("lasting", "autoscaling.update_auto_scaling_group")).to.have.length(2);
    expect(answers.lasting!.executions.map(({ status }) => status)).to.deep.equal(["SUCCEEDED", "SUCCEEDED"]);
  });

  it("lets go in a new month, once, and gives groups their limits back", () => {
    expect(asked("newMonth", "autoscaling.update_auto_scaling_group").slice(1)).to.deep.equal([
      { AutoScalingGroupName: "eks-notebooks-1", MinSize: 1, MaxSize: 5, DesiredCapacity: 1 },
    ]);
    expect(answers.newMonth!.items).to.deep.equal([]);
    expect(asked("newMonth", "sns.publish")).to.have.length(2);
    expect(asked("newMonth", "sns.publish")[1]!.Message).to.equal(
      "This month mlplatform-dev has cost 0.10 dollars. Training is started by its clock and by data again. JupyterHub's nodes are back. Notebook " +
        "instances wait for you to start them. Endpoints that were deleted come back with pulumi up --refresh.",
    );
  });

  it("leaves groups to the morning where the stack is off at night", () => {
    expect(asked("comeBack", "autoscaling.update_auto_scaling_group")).to.have.length(1);
    expect(asked("comeBack", "sns.publish")[1]!.Message).to.contain("are back with the others, in the morning");
  });

  it("stops the others where one could not be stopped, and fails with what and why", () => {
    const [first, second] = answers.oneFails!.executions;
    for (const { status, error, cause } of [first!, second!]) {
      expect({ status, error }).to.deep.equal({ status: "FAILED", error: "NotAll" });
      expect(cause).to.match(/^Notebook mlplatform-dev-bench: SageMaker\.SageMakerException/);
    }
    expect(names("oneFails")).to.include.members([
      "sagemaker.delete_endpoint",
      "autoscaling.update_auto_scaling_group",
    ]);
    expect(asked("oneFails", "sns.publish")).to.have.length(1);
  });

  it("does not take any fault for an endpoint that is gone", () => {
    expect(answers.endpointUnknown!.executions[0]!.status).to.equal("FAILED");
    expect(answers.endpointUnknown!.executions[0]!.cause).to.contain("Endpoint mlplatform-dev-trial");
  });

  it("of notebook instances alone stops those, and lets go without a thing to do", () => {
    expect(names("notebooksOnly")).to.deep.equal([
      ...["sns.publish", "stepfunctions.tag_resource"],
      ...["sagemaker.describe_notebook_instance", "sagemaker.stop_notebook_instance"],
      ...["sagemaker.describe_notebook_instance", "stepfunctions.untag_resource", "sns.publish"],
    ]);
  });
});
