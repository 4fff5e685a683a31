import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { OffHours, type OffHoursArgs } from "../../components/governance/offHours";
import { stopAndStart } from "../../components/identity/policies/offHours";
import { offHours } from "../../components/settings/offHours";
import { account, building, Marker } from "../support/foundation";
import { dependencies } from "../support/outline";
import { allowed } from "../support/policyEvaluator";

const topicArn = "arn:aws:sns:eu-west-1:000000000000:team";
const missedStartsArn = "arn:aws:sqs:eu-west-1:000000000000:missed";
const args = (more: Partial<OffHoursArgs> = {}): OffHoursArgs => ({
  account,
  stack: "mlplatform-dev",
  hours: offHours.parse({ timeZone: "Europe/Dublin" }),
  scalingGroups: [
    { key: "system", name: () => pulumi.output("eks-system-1"), minNodes: 2, maxNodes: 4 },
    { key: "training", name: () => pulumi.output("eks-training-1"), minNodes: 0, maxNodes: 8 },
  ],
  database: "mlplatform-dev",
  notebooks: ["mlplatform-dev-bench"],
  topicArn,
  missedStartsArn,
  after: [new Marker("nodes")],
  ...more,
});
const schedules = async (more: Partial<OffHoursArgs> = {}) => {
  const made = await building(() => new OffHours("off", args(more)));
  return Object.fromEntries(
    made
      .filter(({ type }) => type === "aws:scheduler/schedule:Schedule")
      .map(({ name, inputs }) => {
        const { target, ...rest } = inputs as { target: Record<string, unknown> & { arn: string; input: string } } & {
          scheduleExpression: string;
          scheduleExpressionTimezone: string;
        };
        return [name, { ...rest, target, input: JSON.parse(target.input) as Record<string, unknown> }];
      }),
  );
};

describe("a stack that is off at night", () => {
  it("stops nodes first and the database after, and starts the database first", async () => {
    const made = await schedules();
    expect(
      Object.entries(made).map(([name, { scheduleExpression }]) => `${name} ${scheduleExpression}`),
    ).to.have.members([
      "off-notice cron(30 19 ? * MON,TUE,WED,THU,FRI *)",
      "off-nodes-system-stop cron(0 20 ? * MON,TUE,WED,THU,FRI *)",
      "off-nodes-system-start cron(15 7 ? * MON,TUE,WED,THU,FRI *)",
      "off-nodes-training-stop cron(0 20 ? * MON,TUE,WED,THU,FRI *)",
      "off-nodes-training-start cron(15 7 ? * MON,TUE,WED,THU,FRI *)",
      "off-notebook-mlplatform-dev-bench-stop cron(0 20 ? * MON,TUE,WED,THU,FRI *)",
      "off-database-stop cron(15 20 ? * MON,TUE,WED,THU,FRI *)",
      "off-database-start cron(0 7 ? * MON,TUE,WED,THU,FRI *)",
    ]);
    for (const each of Object.values(made)) expect(each.scheduleExpressionTimezone).to.equal("Europe/Dublin");
  });

  it("takes a group to none, where no autoscaler brings one back, and to its limits in the morning", async () => {
    const made = await schedules();
    const call = "arn:aws:scheduler:::aws-sdk:autoscaling:updateAutoScalingGroup";
    expect([made["off-nodes-system-stop"]!.target.arn, made["off-nodes-system-start"]!.target.arn]).to.deep.equal([
      call,
      call,
    ]);
    expect(made["off-nodes-system-stop"]!.input).to.deep.equal({
      ...{ AutoScalingGroupName: "eks-system-1", MinSize: 0, MaxSize: 0, DesiredCapacity: 0 },
    });
    expect(made["off-nodes-system-start"]!.input).to.deep.equal({
      ...{ AutoScalingGroupName: "eks-system-1", MinSize: 2, MaxSize: 4, DesiredCapacity: 2 },
    });
    expect(made["off-nodes-training-start"]!.input).to.include({ MinSize: 0, MaxSize: 8, DesiredCapacity: 0 });
  });

  it("names the database as the SDK does, and keeps what did not start, but not what was stopped already", async () => {
    const made = await schedules();
    expect(made["off-database-start"]!.input).to.deep.equal({ DbInstanceIdentifier: "mlplatform-dev" });
    const kept = Object.entries(made).filter(([, { target }]) => target.deadLetterConfig !== undefined);
    expect(kept.map(([name]) => name)).to.not.include.members([
      "off-database-stop",
      "off-notebook-mlplatform-dev-bench-stop",
    ]);
    expect(kept.map(([name]) => name)).to.include.members([
      "off-database-start",
      "off-nodes-system-start",
      "off-notice",
    ]);
  });

  it("is told half an hour before, with how to keep it on", async () => {
    const { "off-notice": told } = await schedules();
    expect(told!.target.arn).to.equal("arn:aws:scheduler:::aws-sdk:sns:publish");
    expect(told!.input).to.include({ TopicArn: topicArn, Subject: "mlplatform-dev is off from 20:00" });
    expect(told!.input.Message).to.equal(
      "At 20:00 (Europe/Dublin) stop in mlplatform-dev: nodes, database, notebook instances. What is under way there ends. " +
        "Back at 07:00 of mon, tue, wed, thu, fri: nodes, database. Notebook instances wait for you to start them. To keep all on for a night, " +
        "disable the schedules of EventBridge Scheduler whose names begin with mlplatform-dev-off-hours, or take governance.offHours out and run pulumi up.",
    );
  });

  it("without a cluster stops notebook instances, says so, and nothing starts", async () => {
    const made = await schedules({ scalingGroups: [], database: undefined });
    expect(Object.keys(made)).to.have.members(["off-notice", "off-notebook-mlplatform-dev-bench-stop"]);
    expect(made["off-notice"]!.input.Message).to.match(
      /^At 20:00 \(Europe\/Dublin\) stop in mlplatform-dev: notebook instances\. What is under way there ends\. Notebook instances wait/,
    );
  });

  it("comes after what it stops", async () => {
    const made = await building(() => new OffHours("off", args()));
    expect(dependencies(made, "scheduler.Schedule off-nodes-system-stop")).to.include("test:index:Marker nodes");
  });

  it("may stop these, and nothing that is called alike", () => {
    const names = {
      scalingGroupNames: ["eks-system-1"],
      database: "mlplatform-dev",
      notebooks: ["mlplatform-dev-bench"],
    };
    const may = stopAndStart(account, { ...names, topicArn }, missedStartsArn);
    const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:000000000000:${resource}`;
    const group = (name: string) => arn("autoscaling", `autoScalingGroup:0a1b:autoScalingGroupName/${name}`);
    const cases: [action: string, resource: string, expected: boolean][] = [
      ["autoscaling:UpdateAutoScalingGroup", group("eks-system-1"), true],
      ["autoscaling:UpdateAutoScalingGroup", group("eks-system-12"), false],
      ["autoscaling:DeleteAutoScalingGroup", group("eks-system-1"), false],
      ["rds:StopDBInstance", arn("rds", "db:mlplatform-dev"), true],
      ["rds:StartDBInstance", arn("rds", "db:mlplatform-dev"), true],
      ["rds:StopDBInstance", arn("rds", "db:mlplatform-prod"), false],
      ["rds:DeleteDBInstance", arn("rds", "db:mlplatform-dev"), false],
      ["sagemaker:StopNotebookInstance", arn("sagemaker", "notebook-instance/mlplatform-dev-bench"), true],
      ["sagemaker:StopNotebookInstance", arn("sagemaker", "notebook-instance/mlplatform-dev-shared"), false],
      ["sns:Publish", topicArn, true],
      ["sqs:SendMessage", missedStartsArn, true],
    ];
    for (const [action, resource, expected] of cases)
      expect(allowed(may, { action, resource }), `${action} on ${resource}`).to.equal(expected);
    const nothing = stopAndStart(account, { scalingGroupNames: [], notebooks: [], topicArn });
    expect(nothing.map(({ Sid }) => Sid)).to.deep.equal(["TellBefore"]);
  });
});
