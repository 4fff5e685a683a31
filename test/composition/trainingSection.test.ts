import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { installTrainingSection } from "../../components/composition/trainingSection";
import { stackName } from "../../components/foundation/awsProvider";
import { monitorSchedule } from "../../components/serving/sagemaker/dataQuality";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext } from "../support/appContext";
import { building } from "../support/foundation";

const scoring = {
  mlflow: {},
  models: { churn: { from: "models:/churn@champion", batch: { schedule: "rate(1 day)" } } },
};
const workgroup = "aws:athena/workgroup:Workgroup";
const crawler = "aws:glue/crawler:Crawler";
const registry = { images: { registry: "registry.example.com/ml" } };

const topics = { ml: { arn: "arn:aws:sns:eu-west-1:000000000000:ml" } };

describe("what the section `training` makes", () => {
  const installed = (raw: object) =>
    building(() => {
      const context = appContext(raw);
      const { aws } = context.foundation;
      const subnets = { privateSubnetIds: pulumi.output(["subnet-1", "subnet-2"]) };
      const foundation = { ...context.foundation, ...(aws ? { aws: { ...aws, ...subnets } } : {}) };
      installTrainingSection("p", { ...context, foundation }, { topics, served: [] }, {});
    });
  const typesOf = async (raw: object) => (await installed(raw)).map(({ type }) => type);

  it("a catalog with its crawlers where there is such a section, and a catalog for predictions alone where there is none", async () => {
    const asked = await typesOf(onAws({}, { training: {} }));
    expect(asked.filter((type) => type === workgroup)).to.have.length(1);
    expect(asked.filter((type) => type === crawler)).to.have.length(2);
    const alone = await typesOf(onAws({}, scoring));
    expect(alone).to.include(workgroup);
    expect(alone).to.not.include(crawler);
  });

  it("one database for both", async () => {
    const types = await typesOf(onAws({}, { ...scoring, training: {} }));
    expect(types.filter((type) => type === "aws:glue/catalogDatabase:CatalogDatabase")).to.have.length(1);
    expect(types.filter((type) => type === "aws:glue/catalogTable:CatalogTable")).to.have.length(1);
  });

  it("nothing elsewhere than on AWS, without the section, or with the catalog off", async () => {
    expect(await typesOf(onExisting(registry, scoring))).to.deep.equal([]);
    expect(await typesOf(onAws({}))).to.deep.equal([]);
    expect(await typesOf(onAws({}, { ...scoring, training: { catalog: { enabled: false } } }))).to.deep.equal([]);
  });

  it("a workgroup whose limit and encryption no query gets around", async () => {
    const made = await installed(onAws({}, { training: { catalog: { scanLimitGiB: 7 } } }));
    expect(made.find(({ type }) => type === workgroup)!.inputs.configuration).to.include({
      enforceWorkgroupConfiguration: true,
      bytesScannedCutoffPerQuery: 7 * 1024 ** 3,
    });
  });

  it("crawlers that keep apart, run when they are told to, and take no table away", async () => {
    const made = await installed(onAws({}, { training: { catalog: { crawlSchedule: "cron(0 1 ? * SUN *)" } } }));
    const crawlers = made.filter(({ type }) => type === crawler).map(({ inputs }) => inputs);
    expect(crawlers.map(({ tablePrefix }) => tablePrefix)).to.deep.equal(["data_", "runs_"]);
    for (const inputs of crawlers) {
      expect(inputs.schedule).to.equal("cron(0 1 ? * SUN *)");
      expect(inputs.schemaChangePolicy).to.include({ deleteBehavior: "LOG" });
    }
  });

  const features = { entity: "customer_id", columns: { tenure: "Integral", charges: "Fractional", plan: "String" } };
  const declaring = (featureStore: string, more: object = {}, loop: object = {}) =>
    onAws(
      {},
      {
        mlflow: {},
        models: {
          "churn-eu": {
            from: "models:/churn@champion",
            training: { image: "training", prepare: { with: "container" }, features: { ...features, ...loop } },
          },
        },
        training: { featureStore, ...more },
      },
    );
  const group = "aws:sagemaker/featureGroup:FeatureGroup";

  it("a feature group for each model that declares features, with its history in the bucket and a table over it", async () => {
    const made = await installed(declaring("offline"));
    const { inputs } = made.find(({ type }) => type === group)!;
    expect(inputs).to.deep.include({
      recordIdentifierFeatureName: "customer_id",
      eventTimeFeatureName: "event_time",
      featureDefinitions: [
        { featureName: "customer_id", featureType: "String" },
        { featureName: "event_time", featureType: "String" },
        { featureName: "tenure", featureType: "Integral" },
        { featureName: "charges", featureType: "Fractional" },
        { featureName: "plan", featureType: "String" },
      ],
    });
    expect(inputs).to.not.have.property("onlineStoreConfig");
    const table = made.find(({ type, name }) => type.includes("catalogTable") && name === "p-features-churn-eu")!;
    const { columns } = table.inputs.storageDescriptor as { columns: { name: string; type: string }[] };
    expect(columns.map(({ name, type }) => `${name} ${type}`)).to.deep.equal([
      ...["customer_id string", "event_time string", "tenure bigint", "charges double", "plan string"],
      ...["write_time timestamp", "api_invocation_time timestamp", "is_deleted boolean"],
    ]);
    expect(table.inputs.name).to.equal("features_churn_eu");
  });

  it("looked up in milliseconds only where that is asked for", async () => {
    const online = (await installed(declaring("onlineAndOffline"))).find(({ type }) => type === group)!;
    expect(online.inputs.onlineStoreConfig).to.include({ enableOnlineStore: true });
  });

  it("a workgroup for the queries of each loop that reads, whose answers lie apart from those of everybody", async () => {
    const made = await installed(declaring("onlineAndOffline", { catalog: { scanLimitGiB: 7 } }, { loop: "read" }));
    const folders = made
      .filter(({ type }) => type === workgroup)
      .map(({ inputs }) => {
        const { bytesScannedCutoffPerQuery, enforceWorkgroupConfiguration, resultConfiguration } =
          inputs.configuration as unknown as {
            bytesScannedCutoffPerQuery: number;
            enforceWorkgroupConfiguration: boolean;
            resultConfiguration: { outputLocation: string };
          };
        expect([bytesScannedCutoffPerQuery, enforceWorkgroupConfiguration]).to.deep.equal([7 * 1024 ** 3, true]);
        return [inputs.name, resultConfiguration.outputLocation];
      });
    expect(folders).to.have.deep.members([
      [stackName(), "URI of data/athena/"],
      [`${stackName()}.churn-eu`, "URI of data/athena/features/churn-eu/"],
    ]);
    const publishing = await typesOf(declaring("onlineAndOffline", {}, { loop: "publish" }));
    expect(publishing.filter((type) => type === workgroup)).to.have.length(1);
  });

  it("without a catalog the groups alone", async () => {
    const types = (await installed(declaring("offline", { catalog: { enabled: false } }))).map(({ type }) => type);
    expect(types).to.include(group);
    expect(types.join()).to.not.contain("glue");
  });

  const endpoints = ["s3", "sts", "logs", "kms", "states", "sagemaker.api", "sagemaker.runtime", "athena", "glue"];
  const users = { ann: "dataScientist", bob: "approver" };
  const working = (more: object = {}) =>
    onAws({ network: { endpoints } }, { training: { studio: { enabled: true, users, ...more } } });

  it("a Studio that leads nowhere but into the VPC and to S3, encrypted, with a profile for each user", async () => {
    const made = await installed(working({ idleMinutes: 60 }));
    const domain = made.find(({ type }) => type === "aws:sagemaker/domain:Domain")!.inputs;
    expect(domain).to.include({ appNetworkAccessType: "VpcOnly", authMode: "IAM" });
    const egress = made.filter(({ type }) => type.includes("securityGroupEgressRule")).map(({ inputs }) => inputs);
    expect(egress.map(({ cidrIpv4, prefixListId }) => cidrIpv4 ?? prefixListId)).to.have.members([
      ...["10.0.0.0/16", "10.0.0.0/16", "pl-com.amazonaws.eu-west-1.s3"],
    ]);
    expect(made.filter(({ type }) => type.includes("securityGroupIngressRule"))).to.deep.equal([]);
    expect(JSON.stringify(domain.defaultUserSettings)).to.contain('"idleTimeoutInMinutes":60');
    const profiles = made.filter(({ type }) => type === "aws:sagemaker/userProfile:UserProfile");
    expect(profiles.map(({ inputs }) => inputs.userProfileName)).to.deep.equal(["ann", "bob"]);
    const roles = profiles.map(({ inputs }) => (inputs.userSettings as { executionRole: string }).executionRole);
    expect(roles.map((arn) => arn.split("-").at(-1))).to.deep.equal(["datascientist", "approver"]);
    const { executionRole } = domain.defaultUserSettings as { executionRole: string };
    expect(executionRole, "of whom nobody gave a role").to.match(/viewer$/);
  });

  it("no Studio where none is asked for", async () => {
    const types = await typesOf(onAws({}, { training: {} }));
    expect(types.join()).to.not.contain("aws:sagemaker/");
  });

  const mails = { ml: { kind: "email", addresses: ["ml@example.com"] } };
  const checked = (everyHours: number, owner = "ml", receivers: object = mails) =>
    onAws(
      {},
      {
        mlflow: {},
        monitoring: { receivers },
        models: {
          churn: {
            from: "models:/churn@champion",
            owner,
            serve: { sagemaker: {} },
            drift: { everyHours, dataQuality: { baseline: "baselines/churn" } },
          },
        },
      },
    );

  it("a check of captured requests, isolated and encrypted, whose violations are an alarm of the owner", async () => {
    const made = await installed(checked(6));
    const definition = made.find(({ type }) => type.includes("dataQualityJobDefinition"))!.inputs;
    expect(definition.networkConfig).to.include({ enableNetworkIsolation: true });
    expect(JSON.stringify(definition.dataQualityBaselineConfig)).to.contain("/baselines/churn/constraints.json");
    const schedule = made.find(({ type }) => type.includes("monitoringSchedule"))!.inputs.monitoringScheduleConfig;
    expect(JSON.stringify(schedule)).to.contain("cron(0 0/6 ? * * *)");
    const alarm = made.find(({ type }) => type.includes("metricAlarm"))!.inputs;
    expect(alarm.alarmActions).to.deep.equal(["arn:aws:sns:eu-west-1:000000000000:ml"]);
    const { detail } = JSON.parse(String(made.find(({ type }) => type.includes("eventRule"))!.inputs.eventPattern));
    expect(detail.$or).to.deep.equal([
      { ExitMessage: [{ prefix: "CompletedWithViolations" }] },
      { ProcessingJobStatus: ["Failed", "Stopped"] },
    ]);
  });

  it("a check reads what somebody has made of training data, or what training keeps of the version that is live; and requests as a script has made them flat", async () => {
    const compared = async (models: object) => {
      const made = await installed(onAws({}, { mlflow: {}, models: { churn: models } }));
      const definition = made.find(({ type }) => type.includes("dataQualityJobDefinition"))!.inputs;
      const script = made.find(({ type }) => type.includes("bucketObject"))!.inputs;
      expect(script.key).to.equal("source/model-monitor/churn.py");
      expect(JSON.stringify(definition.dataQualityAppSpecification)).to.contain(`/${script.key}"`);
      return JSON.stringify(definition.dataQualityBaselineConfig);
    };
    const from = "models:/churn@champion";
    const training = { image: "training", gate: { metric: "roc_auc", atLeast: 0.7 } };
    const served = { from, serve: { sagemaker: {} } };
    expect(await compared({ ...served, training, drift: { dataQuality: {} } })).to.contain(
      "/baselines/churn/live/statistics.json",
    );
    for (const more of [{}, { training }]) {
      expect(await compared({ ...served, ...more, drift: { dataQuality: { baseline: "mine" } } })).to.contain(
        "/mine/statistics.json",
      );
    }
  });

  it("a check whose owner has a topic of their own tells that topic", async () => {
    const topicArn = "arn:aws:sns:eu-west-1:000000000000:theirs";
    const made = await installed(checked(6, "ops", { ops: { kind: "sns", topicArn } }));
    expect(made.find(({ type }) => type.includes("metricAlarm"))!.inputs.alarmActions).to.deep.equal([topicArn]);
  });

  it("checks at the only times that Model Monitor knows", () => {
    expect([1, 6, 23, 24, 168].map(monitorSchedule)).to.deep.equal([
      ...["cron(0 * ? * * *)", "cron(0 0/6 ? * * *)", "cron(0 0/23 ? * * *)", "cron(0 0 ? * * *)", "cron(0 0 ? * * *)"],
    ]);
  });
});
