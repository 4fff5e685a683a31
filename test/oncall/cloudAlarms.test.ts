import { expect } from "chai";
import { alarmReceiver, alarmTopicArns, budgetTopicArns } from "../../components/composition/alarmTopics";
import { watchCloud } from "../../components/composition/cloudWatch";
import { databaseFamilies } from "../../components/lib/instanceTypes";
import { databaseAlarms, databaseConnections, databaseMemoryGiB } from "../../components/observability/alarms/database";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext, told } from "../support/appContext";
import { building } from "../support/foundation";
import { inputs, outline } from "../support/outline";

const mail = { kind: "email" as const, addresses: ["a@example.com"] };
const slack = { kind: "slack" as const, channel: "#ml", secretName: "slack" };
const topicArn = "arn:aws:sns:eu-west-1:000000000000:on-call";
const sns = { kind: "sns" as const, topicArn };

describe("alarms of the database", () => {
  it("know the memory of every class that a stack may have", () => {
    const classes = Object.entries(databaseFamilies).flatMap(([family, sizes]) =>
      sizes.map((size) => `db.${family}.${size}`),
    );
    for (const each of classes) expect(databaseMemoryGiB(each), each).to.be.within(1, 2048);
    expect(databaseMemoryGiB("db.t4g.micro")).to.equal(1);
    expect(databaseMemoryGiB("db.m7i.48xlarge")).to.equal(768);
    expect(databaseMemoryGiB("db.r6g.16xlarge")).to.equal(512);
    expect(() => databaseMemoryGiB("db.q1.large")).to.throw("db.q1.large");
  });

  it("take as the limit of connections what RDS does", () => {
    expect(databaseConnections("db.t4g.micro")).to.equal(112);
    expect(databaseConnections("db.t4g.medium")).to.equal(450);
    expect(databaseConnections("db.r6g.16xlarge")).to.equal(5000);
  });

  it("tell before an outage: storage that does not grow, a busy CPU, connections that run out", () => {
    const facts = (storageGiB: number) =>
      databaseAlarms({ instanceClass: "db.t4g.medium", storageGiB }).map(({ key, comparison, threshold }) => ({
        key,
        comparison,
        threshold,
      }));
    expect(facts(100)).to.deep.equal([
      { key: "storage", comparison: "LessThanThreshold", threshold: 8 * 1024 ** 3 },
      { key: "cpu", comparison: "GreaterThanThreshold", threshold: 90 },
      { key: "connections", comparison: "GreaterThanThreshold", threshold: 360 },
    ]);
    // RDS adds storage below a tenth: an alarm above that would fire each time.
    expect(facts(20)[0]!.threshold).to.be.lessThan(2 * 1024 ** 3);
  });
});

describe("who hears of alarms of CloudWatch", () => {
  const topics = { platform: { arn: "made" }, retention: { arn: "made for retention" } };
  const receivers = { platform: mail, retention: mail, fraud: slack, sales: sns };

  it("is whom Alertmanager tells: the owner, or else the default, or else the first", () => {
    expect(alarmTopicArns({ receivers }, topics, "retention")).to.deep.equal(["made for retention"]);
    expect(alarmTopicArns({ receivers }, topics, "sales")).to.deep.equal([topicArn]);
    expect(alarmReceiver({ receivers, defaultReceiver: "sales" }, "nobody-known")).to.equal("sales");
    expect(alarmReceiver({ receivers })).to.equal("platform");
  });

  it("is somebody with a topic where the owner reads elsewhere, and nobody where none has one", () => {
    expect(alarmReceiver({ receivers, defaultReceiver: "fraud" }, "fraud")).to.equal("platform");
    expect(alarmReceiver({ receivers, defaultReceiver: "retention" }, "fraud")).to.equal("retention");
    expect(alarmTopicArns({ receivers: { fraud: slack } }, {}, "fraud")).to.deep.equal([]);
    expect(alarmTopicArns(undefined, {}, "fraud")).to.deep.equal([]);
  });

  it("is told of the budget too, unless the budget writes to all of them itself", () => {
    const told = (monitoring: object, notifyEmails: string[]) => {
      const governance = { budget: { monthlyUsd: 1, notifyEmails } };
      const { settings } = appContext(onAws({}, { monitoring, governance }));
      return budgetTopicArns(settings, topics);
    };
    expect(told({ receivers: { platform: mail } }, ["b@example.com"])).to.deep.equal(["made"]);
    expect(told({ receivers: { platform: mail } }, ["b@example.com", "a@example.com"])).to.deep.equal([]);
    expect(told({ receivers: { sales: sns } }, ["a@example.com"])).to.deep.equal([topicArn]);
    expect(told({}, ["a@example.com"])).to.deep.equal([]);
  });

  it("is no property that every object has", () => {
    expect(alarmReceiver({ receivers: { fraud: slack } }, "constructor")).to.equal(undefined);
  });
});

describe("what CloudWatch watches of a stack", () => {
  const runbooks = "https://git.example.com/runbooks";
  const monitoring = { receivers: { platform: mail, fraud: sns }, runbooks };
  const topics = { platform: { arn: told("topic") } };
  const machine = {
    name: "test-models-churn-batch",
    key: "churn-batch",
    what: "Batch scoring with churn",
    arn: told("ARN of the machine"),
    owner: "fraud",
    tellsFailures: false,
  };
  const watched = (raw: object, machines: (typeof machine)[] = []) =>
    building(() => {
      watchCloud("test", appContext(raw), { machines, topics }, {});
    });

  it("is the database, and each state machine that somebody made", async () => {
    const made = await watched(onAws({}, { mlflow: {}, monitoring }), [machine]);
    expect(outline(made)).to.deep.equal([
      "CloudAlarms test-models-churn-batch-alarms",
      "  cloudwatch.MetricAlarm test-models-churn-batch-alarms-failed",
      "CloudAlarms test-monitoring-database",
      "  cloudwatch.MetricAlarm test-monitoring-database-connections",
      "  cloudwatch.MetricAlarm test-monitoring-database-cpu",
      "  cloudwatch.MetricAlarm test-monitoring-database-storage",
      "FailedRuns test-monitoring-failed-runs",
      "  cloudwatch.EventRule test-monitoring-failed-runs",
      "  cloudwatch.EventTarget test-monitoring-failed-runs",
      "  cloudwatch.LogGroup test-monitoring-failed-runs",
      "  cloudwatch.LogResourcePolicy test-monitoring-failed-runs",
    ]);
    const storage = inputs(made, "cloudwatch.MetricAlarm test-monitoring-database-storage");
    expect(storage).to.deep.include({
      namespace: "AWS/RDS",
      metricName: "FreeStorageSpace",
      dimensions: { DBInstanceIdentifier: "mlplatform-test" },
      alarmActions: ["topic"],
      okActions: ["topic"],
      treatMissingData: "notBreaching",
    });
    expect(storage.alarmDescription).to.match(new RegExp(`What to do: ${runbooks}/DatabaseStorageLow.md$`));
  });

  it("adds failed runs and those that took too long, also when one of them never happened", async () => {
    const made = await watched(onAws({}, { monitoring }), [machine]);
    const alarm = inputs(made, "cloudwatch.MetricAlarm test-models-churn-batch-alarms-failed");
    const queries = alarm.metricQueries as { id: string; expression?: string; metric?: { metricName: string } }[];
    expect(queries.map(({ metric, expression }) => metric?.metricName ?? expression)).to.deep.equal([
      "ExecutionsFailed",
      "ExecutionsTimedOut",
      "FILL(m0, 0) + FILL(m1, 0)",
    ]);
    expect(alarm).to.deep.include({ name: "mlplatform-test-churn-batch-failed", alarmActions: [topicArn] });
  });

  it("keeps each failed run of the stack's machines and no others, by a rule that may write there and nowhere else", async () => {
    const made = await watched(onAws({}, { monitoring }), [machine]);
    const rule = inputs(made, "cloudwatch.EventRule test-monitoring-failed-runs");
    expect(JSON.parse(rule.eventPattern as string).detail).to.deep.equal({
      status: ["FAILED", "TIMED_OUT", "ABORTED"],
      stateMachineArn: [{ prefix: "arn:aws:states:eu-west-1:000000000000:stateMachine:mlplatform-test-" }],
    });
    const policy = inputs(made, "cloudwatch.LogResourcePolicy test-monitoring-failed-runs");
    const { Statement } = JSON.parse(policy.policyDocument as string);
    expect(Statement).to.have.length(2);
    for (const { Principal, Resource } of Statement) {
      expect(Principal).to.deep.equal({ Service: ["events.amazonaws.com", "delivery.logs.amazonaws.com"] });
      expect(Resource).to.deep.equal([`${policy.resourceArn}:*`]);
    }
    const target = inputs(made, "cloudwatch.EventTarget test-monitoring-failed-runs");
    expect(target.arn).to.equal(policy.resourceArn);
  });

  it("keeps no log where Grafana does not show CloudWatch", async () => {
    const made = await watched(onAws({}, { monitoring: { ...monitoring, cloudWatch: false } }), [machine]);
    expect(outline(made).join()).to.not.contain("FailedRuns");
  });

  it("does not send what a machine tells itself", async () => {
    const made = await watched(onAws({}, { monitoring }), [{ ...machine, tellsFailures: true }]);
    const alarm = inputs(made, "cloudwatch.MetricAlarm test-models-churn-batch-alarms-failed");
    expect(alarm).to.deep.include({ alarmActions: [], okActions: [] });
  });

  it("is nothing without monitoring, and nothing on a cluster that is not Amazon's", async () => {
    expect(outline(await watched(onAws({}, { mlflow: {} }), [machine]))).to.deep.equal([]);
    expect(outline(await watched(onExisting({}, { mlflow: {}, monitoring: {} })))).to.deep.equal([]);
  });
});
