import { expect } from "chai";
import { endpointName } from "../../../components/lib/endpointName";
import { instanceFamilies } from "../../../components/lib/instanceTypes";
import { planAlarms, rollbackAlarms } from "../../../components/serving/sagemaker/alarms";
import { asRequest, asTagList } from "../../../components/serving/sagemaker/api";
import { scales } from "../../../components/serving/sagemaker/autoscaling";
import {
  type ConfigurationFacts,
  planConfiguration,
  planModel,
  planVariant,
} from "../../../components/serving/sagemaker/configuration";
import { planDeployment } from "../../../components/serving/sagemaker/deployment";
import { type EndpointTarget, hasLocalDisks } from "../../../components/serving/sagemaker/target";

const realtime: EndpointTarget = { kind: "realtime", instanceType: "ml.m5.large", minInstances: 2, maxInstances: 4 };
const serverless: EndpointTarget = { kind: "serverless", memoryMiB: 2048, maxConcurrency: 5 };
const asynchronous: EndpointTarget = {
  kind: "asynchronous",
  instanceType: "ml.m5.large",
  minInstances: 0,
  maxInstances: 2,
  perInstance: 4,
};
const facts = (over: Partial<ConfigurationFacts> = {}): ConfigurationFacts => ({
  model: "churn",
  target: realtime,
  image: "registry/model-server:1.0.0",
  executionRoleArn: "arn:aws:iam::000000000000:role/churn",
  dataUri: "s3://data",
  keyArn: "arn:key",
  network: { subnetIds: ["subnet-1"], securityGroupId: "sg-1" },
  ...over,
});

describe("the model of an endpoint", () => {
  it("has no network of its own and runs in the private subnets", () => {
    expect(planModel(facts())).to.deep.equal({
      executionRoleArn: "arn:aws:iam::000000000000:role/churn",
      enableNetworkIsolation: true,
      vpcConfig: { subnets: ["subnet-1"], securityGroupIds: ["sg-1"] },
      primaryContainer: {
        image: "registry/model-server:1.0.0",
        environment: {
          MODEL_SERVER_NAME: "churn",
          MODEL_SERVER_TIMEOUT_MILLIS: "60000",
          MODEL_SERVER_MAX_BODY_MIB: "25",
          MODEL_SERVER_EMF_NAMESPACE: "mlplatform/serving",
        },
      },
    });
  });

  it("reaches the store of features where it looks some up, and is told which group it is", () => {
    const plan = planModel(facts({ features: "a group" }));
    expect(plan).to.not.have.property("enableNetworkIsolation");
    expect(plan.vpcConfig).to.deep.equal({ subnets: ["subnet-1"], securityGroupIds: ["sg-1"] });
    expect(plan.primaryContainer.environment).to.include({ MODEL_SERVER_FEATURES: "a group" });
  });

  it("has neither where it is serverless, which AWS refuses", () => {
    const plan = planModel(facts({ target: serverless }));
    expect(plan).to.not.have.any.keys("vpcConfig", "enableNetworkIsolation");
    expect(plan.primaryContainer.environment.MODEL_SERVER_MAX_BODY_MIB).to.equal("4");
  });

  it("may think for an hour where nobody waits", () => {
    const { environment } = planModel(facts({ target: asynchronous })).primaryContainer;
    expect(environment).to.include({ MODEL_SERVER_TIMEOUT_MILLIS: "3600000", MODEL_SERVER_MAX_BODY_MIB: "1024" });
  });
});

describe("the configuration of an endpoint", () => {
  it("has one variant, always of one name", () => {
    expect(planVariant(realtime)).to.deep.equal({
      variantName: "main",
      initialVariantWeight: 1,
      instanceType: "ml.m5.large",
      initialInstanceCount: 2,
    });
    expect(planVariant(serverless)).to.deep.equal({
      variantName: "main",
      initialVariantWeight: 1,
      serverlessConfig: { memorySizeInMb: 2048, maxConcurrency: 5 },
    });
  });

  it("begins with an instance even where there may be none later", () => {
    expect(planVariant(asynchronous).initialInstanceCount).to.equal(1);
  });

  it("encrypts volumes, and nothing else by default", () => {
    expect(planConfiguration(facts())).to.deep.equal({ kmsKeyArn: "arn:key" });
    expect(planConfiguration(facts({ keyArn: undefined }))).to.deep.equal({});
  });

  it("names no key for disks that the hardware encrypts", () => {
    expect(planConfiguration(facts({ target: { ...realtime, instanceType: "ml.g5.xlarge" } }))).to.deep.equal({});
  });

  it("captures requests where drift is watched, whole percent of them and at least one", () => {
    const captured = (capturePercent: number) => planConfiguration(facts({ capturePercent })).dataCaptureConfig!;
    expect(captured(10)).to.deep.equal({
      enableCapture: true,
      initialSamplingPercentage: 10,
      destinationS3Uri: "s3://data/capture/churn",
      kmsKeyId: "arn:key",
      captureOptions: [{ captureMode: "Input" }, { captureMode: "Output" }],
      captureContentTypeHeader: { csvContentTypes: ["text/csv"], jsonContentTypes: ["application/json"] },
    });
    expect(captured(0.1).initialSamplingPercentage).to.equal(1);
    expect(captured(99.6).initialSamplingPercentage).to.equal(100);
  });

  it("puts answers and failures of an asynchronous endpoint below the model's own folder", () => {
    expect(planConfiguration(facts({ target: asynchronous })).asyncInferenceConfig).to.deep.equal({
      clientConfig: { maxConcurrentInvocationsPerInstance: 4 },
      outputConfig: {
        s3OutputPath: "s3://data/asynchronous/churn/output",
        s3FailurePath: "s3://data/asynchronous/churn/failures",
        kmsKeyId: "arn:key",
      },
    });
  });

  it("holds nothing that a serverless endpoint does not take, whatever is asked for", () => {
    expect(planConfiguration(facts({ target: serverless, capturePercent: 10 }))).to.deep.equal({});
  });
});

describe("local disks", () => {
  const local = [
    "m5d",
    "c5d",
    "c6gd",
    "m6id",
    "r5d",
    "r5dn",
    "g4dn",
    "g5",
    "g6",
    "g6e",
    "gr6",
    "p3dn",
    "p4d",
    "p4de",
    "p5",
    "i4i",
    "trn1",
  ];
  const remote = ["m5", "m5n", "c5", "c6g", "c6gn", "m6i", "m7i", "r5", "r5n", "t3", "p3", "inf1", "inf2", "x2iezn"];
  for (const family of local) it(`has ${family}`, () => expect(hasLocalDisks(`ml.${family}.xlarge`)).to.equal(true));
  for (const family of remote)
    it(`has not ${family}`, () => expect(hasLocalDisks(`ml.${family}.xlarge`)).to.equal(false));
  it("is asked of families that exist", () => {
    for (const family of [...local, ...remote].filter((each) => each !== "x2iezn")) {
      expect(Object.keys(instanceFamilies), family).to.include(family);
    }
  });
});

describe("the deployment of a version", () => {
  it("is a canary that alarms take back", () => {
    expect(planDeployment(realtime, { percent: 10, bakeMinutes: 15 }, ["a", "b"])).to.deep.equal({
      blueGreenUpdatePolicy: {
        trafficRoutingConfiguration: {
          type: "CANARY",
          canarySize: { type: "CAPACITY_PERCENT", value: 10 },
          waitIntervalInSeconds: 900,
        },
        terminationWaitInSeconds: 300,
        maximumExecutionTimeoutInSeconds: 4800,
      },
      autoRollbackConfiguration: { alarms: [{ alarmName: "a" }, { alarmName: "b" }] },
    });
  });

  it("moves all traffic at once where one instance has no half, and watches it as long", () => {
    for (const target of [{ ...realtime, minInstances: 1 }, asynchronous]) {
      const { trafficRoutingConfiguration } = planDeployment(target, { percent: 50, bakeMinutes: 20 }, [
        "a",
      ])!.blueGreenUpdatePolicy;
      expect(trafficRoutingConfiguration).to.deep.equal({ type: "ALL_AT_ONCE", waitIntervalInSeconds: 1200 });
    }
  });

  it("is the same for asynchronous endpoints, and AWS's own for serverless ones", () => {
    const several = planDeployment({ ...asynchronous, minInstances: 2 }, { percent: 50, bakeMinutes: 60 }, []);
    expect(several!.blueGreenUpdatePolicy.trafficRoutingConfiguration.type).to.equal("CANARY");
    expect(planDeployment(serverless, { percent: 10, bakeMinutes: 10 }, ["a"])).to.equal(undefined);
  });
});

describe("alarms of an endpoint", () => {
  const plan = (kind: EndpointTarget["kind"], bakeMinutes = 10) =>
    planAlarms("mlplatform-test-churn", kind, { p99Millis: 200, errorRatePercent: 1 }, bakeMinutes);

  it("watch errors as a share of requests, and latency in microseconds", () => {
    const [errors, latency, ...rest] = plan("realtime");
    expect(rest).to.deep.equal([]);
    const dimensions = { EndpointName: "mlplatform-test-churn", VariantName: "main" };
    const window = { period: 60, evaluationPeriods: 3, datapointsToAlarm: 2, treatMissingData: "notBreaching" };
    expect(errors).to.deep.include({
      name: "mlplatform-test-churn-errors",
      metricName: "Invocation5XXErrors",
      statistic: "Average",
      threshold: 0.01,
      dimensions,
      ...window,
    });
    expect(latency).to.deep.include({
      name: "mlplatform-test-churn-latency",
      metricName: "ModelLatency",
      extendedStatistic: "p99",
      threshold: 200_000,
      dimensions,
      ...window,
    });
  });

  it("can fire within the shortest canary", () => {
    for (const minutes of [1, 2]) {
      for (const alarm of plan("realtime", minutes)) expect(alarm.evaluationPeriods).to.be.at.most(minutes);
    }
  });

  it("also watch what waits where requests wait, but take no version back for it", () => {
    const alarms = plan("asynchronous");
    expect(alarms.map(({ kind }) => kind)).to.deep.equal(["errors", "latency", "backlog"]);
    expect(alarms[2]).to.deep.include({ dimensions: { EndpointName: "mlplatform-test-churn" }, threshold: 1800 });
    expect(rollbackAlarms(alarms).map(({ name }) => name)).to.deep.equal([
      "mlplatform-test-churn-errors",
      "mlplatform-test-churn-latency",
    ]);
  });
});

describe("what the API is asked", () => {
  it("is what Pulumi would ask, in the API's words, with variables left alone", () => {
    const request = asRequest({ ...planModel(facts()), ...planConfiguration(facts({ target: asynchronous })) });
    expect(request).to.deep.equal({
      ExecutionRoleArn: "arn:aws:iam::000000000000:role/churn",
      EnableNetworkIsolation: true,
      VpcConfig: { Subnets: ["subnet-1"], SecurityGroupIds: ["sg-1"] },
      PrimaryContainer: {
        Image: "registry/model-server:1.0.0",
        Environment: planModel(facts()).primaryContainer.environment,
      },
      AsyncInferenceConfig: {
        ClientConfig: { MaxConcurrentInvocationsPerInstance: 4 },
        OutputConfig: {
          S3OutputPath: "s3://data/asynchronous/churn/output",
          S3FailurePath: "s3://data/asynchronous/churn/failures",
          KmsKeyId: "arn:key",
        },
      },
      KmsKeyId: "arn:key",
    });
    expect(asRequest(planVariant(serverless))).to.deep.equal({
      VariantName: "main",
      InitialVariantWeight: 1,
      ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 5 },
    });
  });

  it("lists tags in one order", () => {
    expect(asTagList({ b: "2", a: "1" })).to.deep.equal([
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ]);
  });
});

describe("endpoints", () => {
  it("are called after stack and model, and those that AWS cannot turn into each other differ", () => {
    const names = (["realtime", "serverless", "asynchronous"] as const).map((kind) =>
      endpointName("p-dev", "churn", kind),
    );
    expect(names).to.deep.equal(["p-dev-churn", "p-dev-churn-serverless", "p-dev-churn-async"]);
  });

  it("scale where there is room between least and most", () => {
    expect(scales(realtime)).to.equal(true);
    expect(scales(asynchronous)).to.equal(true);
    expect(scales({ ...realtime, maxInstances: 2 })).to.equal(false);
    expect(scales(serverless)).to.equal(false);
  });
});
