import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { BudgetStop, type BudgetStopArgs } from "../../components/governance/budgetStop";
import { budgetStopDefinition } from "../../components/governance/budgetStopDefinition";
import type { BudgetStopFacts } from "../../components/governance/budgetStopWords";
import { stopByBudget } from "../../components/identity/policies/budgetStop";
import { account, building, Marker } from "../support/foundation";
import { dependencies, inputs, outline } from "../support/outline";
import { allowed } from "../support/policyEvaluator";
import { languageFaults } from "../support/statesLanguage";

const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:000000000000:${resource}`;
const topicArn = arn("sns", "team");
const table = { name: "training", arn: arn("dynamodb", "table/training"), keyArn: arn("kms", "key/data") };
const args = (more: Partial<BudgetStopArgs> = {}): BudgetStopArgs => ({
  account,
  stack: "mlplatform-dev",
  machineName: "mlplatform-dev-budget-stop",
  budgetName: "mlplatform-budget-0123abc",
  limitUsd: 450,
  topicArn,
  endpoints: ["mlplatform-dev-trial"],
  notebooks: ["mlplatform-dev-bench"],
  domainId: "d-0123456789ab",
  scalingGroups: [{ key: "people", name: () => pulumi.output("eks-people-1"), minNodes: 1, maxNodes: 4 }],
  groupsComeBack: false,
  table,
  missedStartsArn: arn("sqs", "missed"),
  after: [new Marker("endpoints")],
  ...more,
});

describe("what a budget stops", () => {
  it("is looked at every hour by a state machine, after what it stops is there", async () => {
    const made = await building(() => new BudgetStop("stop", args()));
    expect(outline(made).filter((line) => !line.includes("Marker"))).to.deep.equal([
      "BudgetStop stop",
      "  iam.Role stop",
      "  iam.Role stop-clock",
      "  iam.RolePolicy stop",
      "  iam.RolePolicy stop-clock",
      "  scheduler.Schedule stop",
      "  sfn.StateMachine stop",
    ]);
    const { target, ...schedule } = inputs(made, "scheduler.Schedule stop") as Record<string, unknown>;
    expect(schedule).to.include({ scheduleExpression: "rate(1 hour)" });
    expect(target).to.deep.include({ deadLetterConfig: { arn: arn("sqs", "missed") } });
    expect(dependencies(made, "scheduler.Schedule stop")).to.include("test:index:Marker endpoints");
  });

  const facts: BudgetStopFacts = {
    ...{ accountId: "000000000000", budgetName: "b", stack: "mlplatform-dev", limitUsd: 450, topicArn },
    ...{ endpoints: [], notebooks: [], groups: [], groupsComeBack: false },
  };
  const group = { name: "eks-people-1", minNodes: 1, maxNodes: 4 };
  const some: Record<string, Partial<BudgetStopFacts>> = {
    endpoints: { endpoints: ["a"] },
    notebooks: { notebooks: ["a"] },
    studio: { domainId: "d-1" },
    groups: { groups: [group] },
    "groups that come back": { groups: [group], groupsComeBack: true },
    training: { tableName: "training" },
    all: { endpoints: ["a"], notebooks: ["b"], domainId: "d-1", groups: [group], tableName: "training" },
  };
  for (const [what, more] of Object.entries(some)) {
    it(`is written in Amazon's language, of ${what}`, () => {
      expect(languageFaults(budgetStopDefinition({ ...facts, ...more }))).to.deep.equal([]);
    });
  }

  const may = stopByBudget(account, {
    ...{ budgetName: "mlplatform-budget-0123abc", machineName: "mlplatform-dev-budget-stop", topicArn },
    ...{ endpoints: ["mlplatform-dev-trial"], notebooks: ["mlplatform-dev-bench"], domainId: "d-0123456789ab" },
    ...{ scalingGroupNames: ["eks-people-1"], table },
  });
  const machine = arn("states", "stateMachine:mlplatform-dev-budget-stop");
  const note = { "aws:TagKeys": ["mlplatform/live-stopped"] };
  const held = { "dynamodb:LeadingKeys": ["budget"] };
  const budget = "arn:aws:budgets::000000000000:budget/mlplatform-budget-0123abc";
  const group1 = (name: string) => arn("autoscaling", `autoScalingGroup:0a1b:autoScalingGroupName/${name}`);
  const cases: [action: string, resource: string, expected: boolean, context?: Record<string, string[]>][] = [
    ["budgets:ViewBudget", budget, true],
    ["budgets:ViewBudget", "arn:aws:budgets::000000000000:budget/company", false],
    ["budgets:ModifyBudget", budget, false],
    ["sns:Publish", topicArn, true],
    ["sns:Publish", arn("sns", "others"), false],
    ["states:TagResource", machine, true, note],
    ["states:TagResource", machine, false, { "aws:TagKeys": ["owner"] }],
    ["states:UntagResource", arn("states", "stateMachine:mlplatform-prod-budget-stop"), false, note],
    ["sagemaker:DeleteEndpoint", arn("sagemaker", "endpoint/mlplatform-dev-trial"), true],
    ["sagemaker:DeleteEndpoint", arn("sagemaker", "endpoint/mlplatform-dev-churn"), false],
    ["sagemaker:StopNotebookInstance", arn("sagemaker", "notebook-instance/mlplatform-dev-bench"), true],
    ["sagemaker:StopNotebookInstance", arn("sagemaker", "notebook-instance/mlplatform-dev-other"), false],
    ["sagemaker:DeleteNotebookInstance", arn("sagemaker", "notebook-instance/mlplatform-dev-bench"), false],
    ["sagemaker:DeleteApp", arn("sagemaker", "app/d-0123456789ab/ada/jupyterlab/default"), true],
    ["sagemaker:DeleteApp", arn("sagemaker", "app/d-ba9876543210/ada/jupyterlab/default"), false],
    ["sagemaker:DeleteSpace", arn("sagemaker", "space/d-0123456789ab/ada"), false],
    ["autoscaling:UpdateAutoScalingGroup", group1("eks-people-1"), true],
    ["autoscaling:UpdateAutoScalingGroup", group1("eks-system-1"), false],
    ["dynamodb:PutItem", table.arn, true, held],
    ["dynamodb:PutItem", table.arn, false, { "dynamodb:LeadingKeys": ["model#churn"] }],
    ["dynamodb:GetItem", table.arn, false, held],
    ["kms:GenerateDataKey", table.keyArn, true],
    ["kms:GenerateDataKey", arn("kms", "key/other"), false],
  ];
  for (const [action, resource, expected, context] of cases) {
    it(`${expected ? "may" : "may not"} ${action} on ${resource}${context ? ` with ${JSON.stringify(context)}` : ""}`, () => {
      expect(allowed(may, { action, resource, ...(context ? { context } : {}) })).to.equal(expected);
    });
  }

  it("may no more than it was asked to stop", () => {
    const nothing = {
      budgetName: "b",
      machineName: "m",
      topicArn,
      endpoints: [],
      notebooks: [],
      scalingGroupNames: [],
    };
    expect(stopByBudget(account, nothing).map(({ Sid }) => Sid)).to.deep.equal([
      ...["AskBudget", "Tell", "AskWhetherStopped", "NoteStopped"],
    ]);
  });
});
