import { expect } from "chai";
import { TestStack } from "./runs";

const foundation = {
  kind: "aws",
  region: "eu-west-1",
  dataProtection: false,
  network: { zones: 2, flowLogs: { enabled: false } },
};
const looked = (everyHours: number) => ({
  foundation,
  mlflow: { replicas: 1 },
  monitoring: { defaultReceiver: "ml", receivers: { ml: { kind: "email", addresses: ["ml@example.com"] } } },
  models: {
    attrition: {
      from: "models:/attrition@champion",
      serve: { flask: {} },
      drift: {},
      training: {
        image: "training",
        hyperparameters: { project: "attrition" },
        gate: { metric: "roc_auc", atLeast: 0.7 },
        onDecay: { windows: 2 },
      },
      monitor: { everyHours, dataQuality: {}, modelQuality: {}, bias: { columns: ["department"] }, explainability: {} },
    },
  },
});

describe("looks at live answers, on the simulated cloud", function () {
  this.timeout(300_000);
  const stack = new TestStack("l", looked(24));
  after(() => stack.remove());

  it("are a schedule that asks SageMaker for a job, and an alarm of the owner for what it finds", async () => {
    await stack.succeed("up");
    const [schedule] = stack.asked("aws:scheduler/schedule:Schedule");
    expect(schedule!.inputs).to.include({ scheduleExpression: "rate(24 hours)" });
    const target = schedule!.inputs.target as { arn: string; input: string };
    expect(target.arn).to.equal("arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob");
    const [missed] = stack.asked("aws:sqs/queue:Queue").filter(({ name }) => name === "mlplatform-missed");
    expect(missed!.inputs).to.include({ sqsManagedSseEnabled: true });
    expect((target as { deadLetterConfig?: { arn: string } }).deadLetterConfig?.arn).to.match(/:mlplatform-missed/);
    const told = stack
      .asked("aws:cloudwatch/metricAlarm:MetricAlarm")
      .find(({ inputs }) => inputs.name === "mlplatform-l-missed-starts")!;
    expect(told.inputs.alarmActions).to.have.length(1);
    expect(told.inputs.alarmDescription).to.match(/What to do: docs\/runbooks\/ScheduleStartsMissed\.md$/);
    const job = JSON.parse(target.input);
    expect(job.ProcessingJobName).to.match(/^mlplatform-l-attrition-m-</);
    expect(job.AppSpecification.ImageUri).to.match(/\/training:\d/);
    expect(job.AppSpecification.ContainerArguments).to.include("--column=department");
    expect(job.AppSpecification.ContainerArguments).to.include("--max-missing-increase=10");
    expect(job.Environment).to.deep.equal({
      SM_HP_PROJECT: "attrition",
      SM_HP_PROBLEM_TYPE: "binaryClassification",
    });
    const alarm = stack
      .asked("aws:cloudwatch/metricAlarm:MetricAlarm")
      .find(({ inputs }) => inputs.name === "mlplatform-l-attrition-live-quality")!;
    expect(alarm.inputs.alarmActions).to.have.length(1);
    const rule = stack
      .asked("aws:cloudwatch/eventRule:EventRule")
      .find(({ name }) => name === "mlplatform-answers-attrition")!;
    expect(JSON.parse(String(rule.inputs.eventPattern)).detail.ProcessingJobName).to.deep.equal([
      { prefix: "mlplatform-l-attrition-m-" },
    ]);
  });

  it("are a series in CloudWatch: its owner hears of its silence, and of as many bad windows as start a run", () => {
    const alarm = (key: string) =>
      stack
        .asked("aws:cloudwatch/metricAlarm:MetricAlarm")
        .find(({ inputs }) => inputs.name === `mlplatform-l-attrition-${key}`)!.inputs;
    const dimensions = { Stack: "mlplatform-l", Model: "attrition" };
    const stale = alarm("quality-stale");
    expect(stale).to.deep.include({ dimensions, namespace: "mlplatform/quality", metricName: "HoursSinceLook" });
    expect(stale).to.include({ threshold: 49, treatMissingData: "missing" });
    expect(stale.insufficientDataActions).to.have.length(1);
    expect(stale.alarmDescription).to.match(/ModelQualityStale\.md$/);
    const decay = alarm("decay");
    expect(decay).to.deep.include({ dimensions, metricName: "BadWindows", threshold: 1 });
    expect(decay).to.include({ comparisonOperator: "GreaterThanThreshold", treatMissingData: "notBreaching" });
    expect(decay.alarmActions).to.have.length(1);
    expect(decay.alarmDescription).to.match(/ModelDecayed\.md$/);
  });

  it("start the state machine by the monitor's event, as it by the monitor's role may be told", () => {
    const rule = stack.asked("aws:cloudwatch/eventRule:EventRule").find(({ name }) => name.endsWith("-decay"))!;
    expect(JSON.parse(String(rule.inputs.eventPattern))).to.deep.equal({
      source: ["mlplatform.drift"],
      "detail-type": ["Quality decayed"],
      detail: { stack: ["mlplatform-l"], model: ["attrition"] },
    });
    const target = stack.asked("aws:cloudwatch/eventTarget:EventTarget").find(({ name }) => name.endsWith("-decay"))!;
    expect(target.inputs.input).to.equal('{"reason":"decay"}');
    const role = stack.asked("aws:iam/rolePolicy:RolePolicy").find(({ name }) => name.endsWith("drift-monitor"))!;
    expect(role.inputs.policy).to.contain('"cloudwatch:namespace":"mlplatform/quality"');
    expect(role.inputs.policy).to.contain("quality/attrition/answers/*/monitor.json");
    const config = stack.asked("kubernetes:core/v1:ConfigMap").find(({ name }) => name.endsWith("drift-monitor"))!;
    const { models, looks, cloudWatch, events } = JSON.parse(
      (config.inputs.data as Record<string, string>)["models.json"]!,
    );
    expect(looks).to.match(/^s3:\/\/.*\/quality$/);
    expect(cloudWatch).to.deep.equal({ namespace: "mlplatform/quality", stack: "mlplatform-l" });
    expect(events).to.deep.equal({ bus: "default", stack: "mlplatform-l" });
    expect(models[0].quality).to.deep.equal({ everyHours: 24, maxDropPercent: 10, decay: { windows: 2 } });
  });

  it("move to another time in place, and show no change in the preview right after", async () => {
    stack.configure(looked(1));
    const { changes } = await stack.succeed("up");
    // The schedule; what judges the windows; and, on the dashboard and by an alarm, after how long silence is told.
    expect(changes).to.include({ create: 0, update: 4, replace: 0, delete: 0 });
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
  });

  it("go with the block, and leave nothing when all is destroyed", async () => {
    const { models, ...sections } = looked(1);
    const { monitor: _, training, ...rest } = models.attrition;
    const { onDecay: __, ...loop } = training;
    stack.configure({ ...sections, models: { attrition: { ...rest, training: loop } } });
    await stack.succeed("up");
    expect(stack.existing().filter(({ name }) => name.includes("answers"))).to.deep.equal([]);
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});
