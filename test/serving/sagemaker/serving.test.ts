import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { SageMakerServing } from "../../../components/serving/sagemaker/serving";
import type { SageMakerServingArgs } from "../../../components/serving/sagemaker/servingArgs";
import { TransformModel } from "../../../components/serving/sagemaker/transformModel";
import { store } from "../../support/apps";
import { account, building, keyArn, Marker, value } from "../../support/foundation";
import { dependencies, inputs, outline, statements } from "../../support/outline";

const topic = "arn:aws:sns:eu-west-1:000000000000:marketing";
const pinned = (): SageMakerServingArgs["release"] => ({
  kind: "pinned",
  package: { version: "3", url: "s3://artifacts/models/churn/3/model.tar.gz", ready: [new Marker("packed")] },
});

const args = (over: Partial<SageMakerServingArgs> = {}): SageMakerServingArgs => ({
  account,
  model: "churn",
  endpointName: "mlplatform-test-churn",
  rolePath: "/mlplatform-test/endpoints/",
  target: { kind: "realtime", instanceType: "ml.m5.large", minInstances: 2, maxInstances: 4 },
  image: {
    repositoryUrl: "000000000000.dkr.ecr.eu-west-1.amazonaws.com/mlplatform/test/model-server",
    tag: "1.0.0",
    pushed: [],
  },
  release: pinned(),
  objectives: { p99Millis: 200, errorRatePercent: 1 },
  canary: { percent: 10, bakeMinutes: 10 },
  artifacts: store("artifacts"),
  data: store("data"),
  network: { subnetIds: pulumi.output(["subnet-1", "subnet-2"]), securityGroupId: pulumi.output("sg-1") },
  topicArns: [topic],
  runbooks: "https://git.example.com/runbooks",
  logRetentionDays: 30,
  functionName: pulumi.output("endpoint-release"),
  tags: { "mlplatform/stack": "mlplatform-test" },
  ready: [new Marker("routes")],
  ...over,
});

let made: SageMakerServing | undefined;
const make = (over: () => Partial<SageMakerServingArgs> = () => ({}), preview = false) =>
  building(
    () => {
      made = new SageMakerServing("churn", args(over()));
    },
    preview ? { preview } : {},
  );
const continuous = () => ({ release: { kind: "continuous" } as const });
const serverless = () => ({ target: { kind: "serverless", memoryMiB: 2048, maxConcurrency: 5 } as const });
const asynchronous = () => ({
  target: {
    kind: "asynchronous",
    instanceType: "ml.m5.large",
    minInstances: 0,
    maxInstances: 2,
    perInstance: 4,
  } as const,
});
const input = (of: Record<string, unknown>) => JSON.parse(of.input as string);

describe("a pinned model on SageMaker", () => {
  it("is these resources", async () => {
    expect(outline(await make())).to.deep.equal([
      "SageMakerServing churn",
      "  EndpointAutoscaling churn-scaling",
      "    appautoscaling.Policy churn-scaling-load",
      "    appautoscaling.Target churn-scaling",
      "  ExecutionRole churn",
      "    iam.Role churn",
      "    iam.RolePolicy churn",
      "  cloudwatch.LogGroup churn",
      "  cloudwatch.MetricAlarm churn-errors",
      "  cloudwatch.MetricAlarm churn-latency",
      "  lambda.Invocation churn-leftovers",
      "  lambda.Invocation churn-live",
      "  random:index/randomId:RandomId churn-fleet",
      "  sagemaker.Endpoint churn",
      "  sagemaker.EndpointConfiguration churn",
      "  sagemaker.Model churn",
    ]);
  });

  it("runs its package with its own role, and has names that are made up, so that the next version's are others", async () => {
    const all = await make();
    const model = inputs(all, "sagemaker.Model churn");
    expect(model).to.not.have.property("name");
    expect(model).to.deep.include({
      executionRoleArn: "arn:aws:fake:eu-west-1:000000000000:aws:iam/role:Role/churn",
      enableNetworkIsolation: true,
      vpcConfig: { subnets: ["subnet-1", "subnet-2"], securityGroupIds: ["sg-1"] },
    });
    expect(model.primaryContainer).to.deep.include({
      image: "000000000000.dkr.ecr.eu-west-1.amazonaws.com/mlplatform/test/model-server:1.0.0",
      modelDataUrl: "s3://artifacts/models/churn/3/model.tar.gz",
    });
    const configuration = inputs(all, "sagemaker.EndpointConfiguration churn");
    expect(configuration).to.not.have.property("name");
    expect(configuration).to.deep.include({ kmsKeyArn: keyArn });
    expect(configuration).to.not.have.any.keys("dataCaptureConfig", "asyncInferenceConfig");
    expect(dependencies(all, "sagemaker.Model churn")).to.include("test:index:Marker packed");
  });

  it("is called so that people can type it, and comes back when an alarm fires", async () => {
    const endpoint = inputs(await make(), "sagemaker.Endpoint churn");
    expect(endpoint.name).to.equal("mlplatform-test-churn");
    expect(endpoint.deploymentConfig).to.have.nested.property(
      "blueGreenUpdatePolicy.trafficRoutingConfiguration.canarySize.value",
      10,
    );
    expect(endpoint.deploymentConfig)
      .to.have.nested.property("autoRollbackConfiguration.alarms")
      .deep.equal([{ alarmName: "mlplatform-test-churn-errors" }, { alarmName: "mlplatform-test-churn-latency" }]);
    expect(made!.url).to.equal(
      "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/mlplatform-test-churn/invocations",
    );
  });

  it("starts after what it needs and after what is to be left behind, and is checked after it", async () => {
    const all = await make();
    expect(dependencies(all, "sagemaker.Endpoint churn")).to.include.members([
      "lambda.Invocation churn-leftovers",
      "cloudwatch.LogGroup churn",
      "cloudwatch.MetricAlarm churn-errors",
      "cloudwatch.MetricAlarm churn-latency",
      "test:index:Marker routes",
    ]);
    expect(dependencies(all, "lambda.Invocation churn-live")).to.include("sagemaker.Endpoint churn");
    expect(dependencies(all, "appautoscaling.Target churn-scaling")).to.include("sagemaker.Endpoint churn");
  });

  it("fails the update when another configuration is live, by a function that is asked anew for each", async () => {
    const all = await make();
    const check = inputs(all, "lambda.Invocation churn-live");
    expect(check).to.not.have.property("lifecycleScope");
    expect(input(check)).to.deep.equal({
      action: "check",
      endpointName: "mlplatform-test-churn",
      endpointConfigName: "churn",
      model: "churn",
    });
    expect(inputs(all, "lambda.Invocation churn-leftovers")).to.include({ lifecycleScope: "CRUD" });
    expect(input(inputs(all, "lambda.Invocation churn-leftovers"))).to.deep.equal({
      action: "leftovers",
      endpointName: "mlplatform-test-churn",
      namePrefix: "mlplatform-test-churn--",
    });
  });

  it("tells the owner's topic of alarms and of their end", async () => {
    const alarm = inputs(await make(), "cloudwatch.MetricAlarm churn-errors");
    expect(alarm).to.deep.include({ alarmActions: [topic], okActions: [topic] });
    expect(alarm.alarmDescription).to.match(
      / What to do: https:\/\/git\.example\.com\/runbooks\/EndpointErrorRateHigh\.md$/,
    );
    const silent = inputs(await make(() => ({ topicArns: [] })), "cloudwatch.MetricAlarm churn-errors");
    expect(silent.alarmActions).to.deep.equal([]);
  });

  it("scales by requests at once", async () => {
    const all = await make();
    expect(inputs(all, "appautoscaling.Target churn-scaling")).to.deep.include({
      resourceId: "endpoint/mlplatform-test-churn/variant/main",
      minCapacity: 2,
      maxCapacity: 4,
    });
    expect(
      inputs(all, "appautoscaling.Policy churn-scaling-load").targetTrackingScalingPolicyConfiguration,
    ).to.deep.include({
      predefinedMetricSpecification: {
        predefinedMetricType: "SageMakerVariantConcurrentRequestsPerModelHighResolution",
      },
    });
  });

  it("has instances enough and nothing that scales where both bounds are one", async () => {
    const target = { kind: "realtime", instanceType: "ml.m5.large", minInstances: 2, maxInstances: 2 } as const;
    expect(outline(await make(() => ({ target }))).join()).to.not.contain("appautoscaling");
  });

  it("captures requests where it is told to, and may write them", async () => {
    const all = await make(() => ({ capturePercent: 10 }));
    expect(inputs(all, "sagemaker.EndpointConfiguration churn").dataCaptureConfig).to.deep.include({
      destinationS3Uri: "s3://data/capture/churn",
      kmsKeyId: keyArn,
    });
    const written = statements(all, "iam.RolePolicy churn").find(({ Sid }) => Sid === "WriteRequests");
    expect(written!.Resource).to.deep.equal(["arn:aws:s3:::data/capture/churn/*"]);
  });

  it("has a role that SageMaker takes for this account alone, with what it is given besides", async () => {
    const more = { Sid: "More", Effect: "Allow" as const, Action: ["s3:GetObject"], Resource: ["arn:more"] };
    const all = await make(() => ({ moreStatements: [more] }));
    expect(statements(all, "iam.RolePolicy churn")).to.deep.include(more);
    const [trust] = statements(all, "iam.Role churn", "assumeRolePolicy");
    expect(trust!.Principal).to.deep.equal({ Service: ["sagemaker.amazonaws.com"] });
    expect(trust!.Condition).to.deep.equal({ StringEquals: { "aws:SourceAccount": "000000000000" } });
  });

  it("is told which version its package is, where the stack says so", async () => {
    const environment = (all: Awaited<ReturnType<typeof make>>) =>
      (inputs(all, "sagemaker.Model churn").primaryContainer as { environment: object }).environment;
    expect(environment(await make())).to.include({ MODEL_SERVER_VERSION: "3", MODEL_SERVER_NAME: "churn" });
    const continuous = await make(() => ({ release: { kind: "continuous" } }));
    expect(environment(continuous)).to.not.have.property("MODEL_SERVER_VERSION");
  });

  it("may read its package in a bucket of somebody else's, and no other object there", async () => {
    const arn = "arn:aws:s3:::elsewhere/churn.tar.gz";
    const all = await make(() => ({
      release: {
        kind: "pinned",
        package: { version: "5d0e9f0a1b", url: "s3://elsewhere/churn.tar.gz", arn, ready: [] },
      },
    }));
    const read = statements(all, "iam.RolePolicy churn").find(({ Sid }) => Sid === "ReadPackage");
    expect(read!.Resource).to.deep.equal([arn]);
  });

  it("is whole in a preview", async () => {
    expect(outline(await make(undefined, true))).to.deep.equal(outline(await make()));
  });
});

describe("a model on SageMaker that follows the registry", () => {
  it("begins without a version, under a name that stays", async () => {
    const all = await make(continuous);
    expect(inputs(all, "sagemaker.Model churn").name).to.equal("mlplatform-test-churn-first");
    expect(inputs(all, "sagemaker.Model churn").primaryContainer).to.not.have.property("modelDataUrl");
    expect(inputs(all, "sagemaker.EndpointConfiguration churn").name).to.equal("mlplatform-test-churn-first");
    expect(outline(all).join()).to.not.contain("churn-live");
  });

  it("is left alone from then on: version, deployment, and what it was made with", async () => {
    const all = await make(continuous);
    const ignored = (type: string) => all.find((each) => each.type === type)!.ignoreChanges;
    expect(ignored("aws:sagemaker/endpoint:Endpoint")).to.deep.equal(["endpointConfigName", "deploymentConfig"]);
    expect(ignored("aws:sagemaker/model:Model")).to.include.members(["name", "primaryContainer", "executionRoleArn"]);
    expect(ignored("aws:sagemaker/endpointConfiguration:EndpointConfiguration")).to.include.members([
      "name",
      "productionVariants",
      "kmsKeyArn",
    ]);
    expect(inputs(all, "sagemaker.Endpoint churn")).to.not.have.property("deploymentConfig");
    expect((await make()).every(({ ignoreChanges }) => ignoreChanges.length === 0)).to.equal(true);
  });

  it("tells whoever releases all that a version is made with, in the words of the API", async () => {
    let entry: unknown;
    await building(async () => {
      const serving = new SageMakerServing("churn", args({ ...continuous(), capturePercent: 10 }));
      entry = await value(serving.entry!);
    });
    expect(entry).to.have.all.keys(
      ...["kind", "endpointName", "namePrefix", "packagePrefix", "model", "endpointConfig", "deploymentConfig"],
    );
    expect(entry).to.deep.include({
      kind: "realtime",
      endpointName: "mlplatform-test-churn",
      namePrefix: "mlplatform-test-churn--",
      packagePrefix: "s3://artifacts/models/churn",
    });
    expect(entry).to.have.nested.property("model.PrimaryContainer.Environment.MODEL_SERVER_NAME", "churn");
    expect(entry).to.have.nested.property("model.VpcConfig.SecurityGroupIds").deep.equal(["sg-1"]);
    expect(entry).to.have.nested.property("endpointConfig.ProductionVariants[0].VariantName", "main");
    expect(entry).to.not.have.nested.property("endpointConfig.ProductionVariants[0].ModelName");
    expect(entry).to.have.nested.property("endpointConfig.DataCaptureConfig.InitialSamplingPercentage", 10);
    expect(entry).to.have.nested.property("endpointConfig.KmsKeyId", keyArn);
    expect(entry)
      .to.have.nested.property("endpointConfig.Tags")
      .deep.equal([{ Key: "mlplatform/stack", Value: "mlplatform-test" }]);
    expect(entry).to.have.nested.property("deploymentConfig.AutoRollbackConfiguration.Alarms[0].AlarmName");
    expect(JSON.parse(JSON.stringify(entry))).to.deep.equal(entry);
  });

  it("tells nothing where the stack names the version", async () => {
    await make();
    expect(made!.entry).to.equal(undefined);
  });
});

describe("a serverless endpoint", () => {
  it("has no VPC, key, capture, canary or scaling: AWS has none of them for it", async () => {
    const all = await make(() => ({ ...serverless(), capturePercent: 10 }));
    expect(inputs(all, "sagemaker.Model churn")).to.not.have.any.keys("vpcConfig", "enableNetworkIsolation");
    expect(inputs(all, "sagemaker.EndpointConfiguration churn")).to.not.have.any.keys(
      "kmsKeyArn",
      "dataCaptureConfig",
      "asyncInferenceConfig",
    );
    expect(inputs(all, "sagemaker.Endpoint churn")).to.not.have.property("deploymentConfig");
    expect(outline(all).join()).to.not.contain("appautoscaling");
    const actions = statements(all, "iam.RolePolicy churn").flatMap(({ Action }) => Action as string[]);
    expect(actions.filter((action) => action.startsWith("ec2:"))).to.deep.equal([]);
    expect(outline(all)).to.include.members([
      "  cloudwatch.MetricAlarm churn-errors",
      "  lambda.Invocation churn-live",
    ]);
  });
});

describe("an asynchronous endpoint", () => {
  it("scales by what waits, down to nothing, and starts again when something waits", async () => {
    const all = await make(asynchronous);
    expect(inputs(all, "appautoscaling.Target churn-scaling")).to.include({ minCapacity: 0, maxCapacity: 2 });
    expect(
      inputs(all, "appautoscaling.Policy churn-scaling-load").targetTrackingScalingPolicyConfiguration,
    ).to.deep.include({
      targetValue: 4,
      customizedMetricSpecification: {
        namespace: "AWS/SageMaker",
        metricName: "ApproximateBacklogSizePerInstance",
        dimensions: [{ name: "EndpointName", value: "mlplatform-test-churn" }],
        statistic: "Average",
      },
    });
    expect(inputs(all, "appautoscaling.Policy churn-scaling-start")).to.deep.include({ policyType: "StepScaling" });
    expect(inputs(all, "cloudwatch.MetricAlarm churn-scaling-waiting")).to.deep.include({
      metricName: "HasBacklogWithoutCapacity",
    });
    expect(outline(all)).to.include("  cloudwatch.MetricAlarm churn-backlog");
  });

  it("with an instance that stays needs no start", async () => {
    const target = { ...asynchronous().target, minInstances: 1 };
    expect(outline(await make(() => ({ target }))).join()).to.not.contain("churn-scaling-start");
  });
});

describe("a model that only batch transform runs", () => {
  it("is a role and a model, without an endpoint", async () => {
    const all = await building(() => {
      new TransformModel("churn", { ...args(), package: { version: "3", url: "s3://b/m.tar.gz", ready: [] } });
    });
    expect(outline(all)).to.deep.equal([
      "TransformModel churn",
      "  ExecutionRole churn",
      "    iam.Role churn",
      "    iam.RolePolicy churn",
      "  sagemaker.Model churn",
    ]);
    expect(inputs(all, "sagemaker.Model churn").primaryContainer).to.deep.include({
      environment: { MODEL_SERVER_NAME: "churn", MODEL_SERVER_VERSION: "3" },
    });
  });
});
