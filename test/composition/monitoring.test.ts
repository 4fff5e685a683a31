import { expect } from "chai";
import { alertTopics, monitoringArgs } from "../../components/composition/monitoring";
import type { AppContext } from "../../components/composition/surroundings";
import { stackName } from "../../components/foundation/awsProvider";
import { failedRunsLogs } from "../../components/foundation/logGroups";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext, onApps, told } from "../support/appContext";
import { account, building } from "../support/foundation";
import { inputs, outline } from "../support/outline";

const argsOf = (context: AppContext, topics: Parameters<typeof monitoringArgs>[2] = {}) =>
  monitoringArgs(context, context.settings.monitoring!, topics);
const topicArn = "arn:aws:sns:eu-west-1:000000000000:made-up";
const receivers = {
  platform: { kind: "email", addresses: ["a@example.com", "b@example.com"] },
  sales: { kind: "sns", topicArn },
  fraud: { kind: "slack", channel: "#fraud", secretName: "slack-fraud" },
  night: { kind: "webhook", secretName: "pager" },
};

describe("what monitoring gets for a stack's settings", () => {
  // Names of log groups begin with the stack's, which building sets.
  before(() => building(() => {}));

  it("is exactly this for a section that is empty, on AWS", () => {
    const context = appContext(onAws({}, { monitoring: {} }));
    const { dashboards, ...args } = argsOf(context);
    expect(dashboards.map(({ name }) => name)).to.deep.equal([
      "platform-overview",
      "cluster",
      "capacity",
      "training",
      "cloud",
    ]);
    expect(args).to.deep.equal({
      ready: [],
      placement: onApps,
      storageClass: "made-up-disk",
      keepData: true,
      values: {},
      retentionDays: 15,
      storageGiB: 50,
      memoryMiB: 2048,
      scrapeSeconds: 30,
      controlPlaneMetrics: false,
      receivers: {},
      tools: {
        ...{ airflow: false, mlflow: false, jupyterhub: false, models: false },
        ...{ database: false, objectStore: false },
      },
      modelP99Millis: [],
      runbooks: "docs/runbooks",
      cloudWatch: { account, logGroups: ["/made-up/*"], bill: false },
      identity: context.identity,
      defined: false,
    });
  });

  it("follows the section", () => {
    const monitoring = {
      ...{ retentionDays: 30, storageGiB: 200, memoryMiB: 8192, scrapeSeconds: 15 },
      values: { grafana: { replicas: 2 } },
    };
    expect(argsOf(appContext(onAws({}, { monitoring })))).to.deep.include(monitoring);
  });

  it("has no CloudWatch where that is off, nor on any cluster but Amazon's", () => {
    expect(argsOf(appContext(onAws({}, { monitoring: { cloudWatch: false } })))).to.not.have.property("cloudWatch");
    expect(argsOf(appContext(onExisting({}, { monitoring: {} })))).to.not.have.property("cloudWatch");
  });

  it("scrapes a control plane only where the stack says that it can be reached, and never Amazon's", () => {
    const scraped = (config: typeof onAws | typeof onExisting, monitoring: object) =>
      argsOf(appContext(config({}, { monitoring }))).controlPlaneMetrics;
    expect(scraped(onExisting, {})).to.equal(false);
    expect(scraped(onExisting, { controlPlaneMetrics: true })).to.equal(true);
    expect(scraped(onAws, { controlPlaneMetrics: true })).to.equal(false);
  });

  it("watches what keeps the data, where the cluster itself keeps it and somebody uses it", () => {
    const kept = (over: object, sections: object = { mlflow: {} }) => {
      const { database, objectStore } = argsOf(appContext(onExisting(over, { monitoring: {}, ...sections }))).tools;
      return { database, objectStore };
    };
    expect(kept({})).to.deep.equal({ database: true, objectStore: true });
    const store = { kind: "adopt", endpoint: "https://s3.example.com", bucket: "mlplatform", secretName: "store" };
    const server = { kind: "adopt", host: "postgres.data.svc", adminSecretName: "admin" };
    expect(kept({ objectStore: store, database: server })).to.deep.equal({ database: false, objectStore: false });
  });

  it("watches the tools that are on; MWAA is none of the cluster's", () => {
    const tools = (sections: object) => argsOf(appContext(onAws({}, { monitoring: {}, ...sections }))).tools;
    const none = {
      ...{ airflow: false, mlflow: false, jupyterhub: false, models: false },
      ...{ database: false, objectStore: false },
    };
    expect(tools({ airflow: {}, jupyterhub: {} })).to.deep.equal({ ...none, airflow: true, jupyterhub: true });
    const mwaa = { executor: { kind: "mwaa" }, dags: { kind: "bucket" } };
    expect(tools({ airflow: mwaa, mlflow: {} })).to.deep.equal({ ...none, mlflow: true });
    const model = (serve: object) => ({ mlflow: {}, models: { churn: { from: "models:/churn@champion", serve } } });
    expect(tools(model({ flask: {} }))).to.deep.equal({ ...none, mlflow: true, models: true });
    expect(tools(model({}))).to.deep.equal({ ...none, mlflow: true });
  });

  it("records rates by the objectives of the models that answer from the cluster", () => {
    const model = (serve: object, p99Millis: number) => ({ from: "models:/any/1", serve, objectives: { p99Millis } });
    const models = {
      churn: model({ flask: {} }, 100),
      fraud: model({ flask: {}, sagemaker: {} }, 250),
      price: model({ sagemaker: {} }, 50),
    };
    const context = appContext(onAws({}, { monitoring: {}, mlflow: {}, models }));
    expect(argsOf(context).modelP99Millis).to.deep.equal([100, 250]);
  });

  it("shows of AWS the stack's database, where it has one, and the logs that Grafana may query", () => {
    const aws = (sections: object) => {
      const { dashboards } = argsOf(appContext(onAws({}, { monitoring: {}, ...sections })));
      return dashboards.find(({ name }) => name === "cloud")!.json;
    };
    expect(aws({ mlflow: {} }))
      .to.contain("AWS/RDS")
      .and.contain("/aws/lambda/mlplatform-test/database-access");
    expect(aws({})).to.not.contain("AWS/RDS");
    const { dashboards } = argsOf(appContext(onExisting({}, { monitoring: {} })));
    expect(dashboards.map(({ json }) => json).join("")).to.not.contain("cloudwatch");
  });

  it("lets Grafana query the logs that the stack's pieces write, each by its name, and shows them", () => {
    const serve = { sagemaker: { kind: "serverless" } };
    const batch = { with: "sagemaker", schedule: "rate(1 day)", instanceType: "ml.m5.large" };
    const models = { churn: { from: "models:/churn/1", serve, batch }, price: { from: "models:/price/1", batch } };
    const airflow = { executor: { kind: "mwaa" }, dags: { kind: "bucket" } };
    const { cloudWatch, dashboards } = argsOf(appContext(onAws({}, { monitoring: {}, mlflow: {}, airflow, models })));
    expect(cloudWatch!.logGroups).to.deep.equal([
      "/made-up/*",
      "/aws/lambda/mlplatform-test/database-access",
      "/aws/lambda/mlplatform-test/endpoint-release",
      ...["DAGProcessing", "Scheduler", "Task", "WebServer", "Worker"].map((part) => `airflow-mlplatform-test-${part}`),
      "/aws/sagemaker/Endpoints/mlplatform-test-*",
      "/aws/events/mlplatform-test/failed-runs",
    ]);
    const text = (name: string) => dashboards.find((each) => each.name === name)!.json;
    for (const group of cloudWatch!.logGroups.slice(1, 8)) expect(text("cloud")).to.contain(`log-group:${group}:*`);
    expect(text("training")).to.contain("log-group:/aws/events/mlplatform-test/failed-runs:*");
  });

  it("shows failed runs of a stack whose only state machine is a loop's, and none of a loop in Airflow", () => {
    const groups = (training: object, more: object = {}) => {
      const models = { churn: { from: "models:/churn@champion", training: { image: "training:1", ...training } } };
      return argsOf(appContext(onAws({}, { monitoring: {}, mlflow: {}, models, ...more })));
    };
    const failed = failedRunsLogs(stackName());
    for (const engine of ["stepFunctions", "sagemakerPipelines"]) {
      const { cloudWatch, dashboards } = groups({ engine });
      expect(cloudWatch!.logGroups).to.include(failed);
      expect(dashboards.find(({ name }) => name === "training")!.json).to.contain(`log-group:${failed}:*`);
    }
    expect(groups({ engine: "airflow" }, { airflow: {} }).cloudWatch!.logGroups).to.not.include(failed);
  });

  it("hands receivers on with what is stored under their secret's name, and mails as the topic that was made for their owner", () => {
    const named = { defaultReceiver: "fraud", watchdogReceiver: "night" };
    const context = appContext(onAws({}, { monitoring: { receivers, ...named } }));
    const args = argsOf(context, { platform: { arn: told("ARN of the topic") } });
    expect(args.receivers).to.deep.equal({
      platform: { kind: "sns", topicArn: "ARN of the topic" },
      sales: receivers.sales,
      fraud: { kind: "slack", channel: "#fraud", url: "url of slack-fraud" },
      night: { kind: "webhook", url: "url of pager" },
    });
    expect(args).to.include(named);
  });

  it("makes a topic for each receiver of mails, and for no other", async () => {
    const { foundation, settings } = appContext(onAws({}, { monitoring: { receivers } }));
    let owners: string[] = [];
    const made = await building(() => {
      owners = Object.keys(alertTopics("test", foundation.aws, settings.monitoring!, {}));
    });
    expect(owners).to.deep.equal(["platform"]);
    expect(outline(made)).to.deep.equal([
      "AlertTopic test-alerts-platform",
      "  sns.Topic test-alerts-platform",
      "  sns.TopicPolicy test-alerts-platform",
      "  sns.TopicSubscription test-alerts-platform-a@example.com",
      "  sns.TopicSubscription test-alerts-platform-b@example.com",
    ]);
    expect(inputs(made, "sns.Topic test-alerts-platform").displayName).to.equal("ML platform: platform");
  });
});
