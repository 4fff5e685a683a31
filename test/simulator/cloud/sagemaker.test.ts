import * as path from "node:path";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { Account } from "../../../simulator/cloud/account";
import { Bench, engineOrSkip } from "./engine";

const trust = JSON.stringify({
  Statement: [{ Effect: "Allow", Principal: { Service: "sagemaker.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const image = "000000000000.dkr.ecr.eu-west-1.amazonaws.com/model-server:1";

interface Wish {
  version?: number;
  kmsKeyArn?: aws.kms.Key["arn"];
  variant?: object;
  canary?: number;
  endpoint?: boolean;
  more?: (endpoint: aws.sagemaker.Endpoint) => void;
  configuration?: Partial<aws.sagemaker.EndpointConfigurationArgs>;
  model?: Partial<aws.sagemaker.ModelArgs>;
}

/** A model, its configuration and an endpoint with a canary. */
const serving =
  ({ version = 1, variant, canary = 10, endpoint = true, configuration, model: over, more }: Wish = {}) =>
  async () => {
    const role = new aws.iam.Role("role", { assumeRolePolicy: trust });
    const primaryContainer = { image, modelDataUrl: `s3://models/${version}/model.tar.gz` };
    const model = new aws.sagemaker.Model("churn", { executionRoleArn: role.arn, primaryContainer, ...over });
    const config = new aws.sagemaker.EndpointConfiguration("churn", {
      productionVariants: [
        {
          variantName: "main",
          modelName: model.name,
          ...(variant ?? { instanceType: "ml.m5.large", initialInstanceCount: 2 }),
        },
      ],
      ...configuration,
    });
    if (!endpoint) return;
    const made = new aws.sagemaker.Endpoint(
      "churn",
      {
        name: "churn",
        endpointConfigName: config.name,
        deploymentConfig: {
          blueGreenUpdatePolicy: {
            trafficRoutingConfiguration: {
              type: "CANARY",
              canarySize: { type: "CAPACITY_PERCENT", value: canary },
              waitIntervalInSeconds: 600,
            },
          },
        },
      },
      { deleteBeforeReplace: true },
    );
    more?.(made);
  };

describe("SageMaker on the simulated cloud", function () {
  this.timeout(60_000);
  let bench: Bench;
  beforeEach(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  afterEach(() => bench?.remove());
  const live = () => {
    const account = new Account(path.join(bench.folder, "account.json"));
    const [endpoint] = account.ofType("aws:sagemaker/endpoint:Endpoint");
    account.close();
    return endpoint?.outputs.endpointConfigName as string | undefined;
  };

  it("replaces model and configuration for a new version, and keeps the endpoint", async () => {
    expect((await bench.up(serving())).succeeded).to.equal(true);
    const before = live();
    expect((await bench.preview(serving())).changes).to.deep.equal({ same: 5 });
    const second = await bench.up(serving({ version: 2 }));
    expect(second.changes).to.deep.include({ replace: 2, update: 1 });
    expect(live()).to.not.equal(before);
    expect((await bench.destroy()).succeeded).to.equal(true);
    expect(live()).to.equal(undefined);
  });

  it("takes an update back without a word when told to; the next one is refused, for its live configuration is gone", async () => {
    await bench.up(serving());
    const before = live();
    const failures = [{ type: "sagemaker/endpoint:Endpoint", times: 1, takenBack: true as const }];
    const second = await bench.up(serving({ version: 2 }), { failures });
    expect(second.succeeded, second.text).to.equal(true);
    expect(bench.cloud!.unmatchedFailures()).to.deep.equal([]);
    expect(live()).to.equal(before);
    expect((await bench.up(serving({ version: 3 }))).text).to.contain(
      `Could not find endpoint configuration "${before}"`,
    );
    // A refresh tells the engine what is live.
    await bench.refresh(serving());
    const [endpoint] = (await bench.resources()).filter(({ type }) => type === "aws:sagemaker/endpoint:Endpoint");
    expect(endpoint!.outputs!.endpointConfigName).to.equal(before);
  });

  it("changes the instance type of a scaled variant only once its scaling is gone", async () => {
    const scaled = (instanceType: string, minCapacity?: number) => ({
      variant: { instanceType, initialInstanceCount: 2 },
      ...(minCapacity === undefined
        ? {}
        : {
            more: (endpoint: aws.sagemaker.Endpoint) =>
              new aws.appautoscaling.Target("churn", {
                resourceId: endpoint.name.apply((name) => `endpoint/${name}/variant/main`),
                scalableDimension: "sagemaker:variant:DesiredInstanceCount",
                serviceNamespace: "sagemaker",
                minCapacity,
                maxCapacity: 4,
              }),
          }),
    });
    expect((await bench.up(serving(scaled("ml.m5.large", 2)))).succeeded).to.equal(true);
    const { succeeded, text } = await bench.up(serving(scaled("ml.c5.xlarge", 2)));
    expect(succeeded, text).to.equal(false);
    expect(text).to.contain("deregister it before its instance type becomes ml.c5.xlarge");
    expect((await bench.up(serving(scaled("ml.m5.large")))).succeeded).to.equal(true);
    expect((await bench.up(serving(scaled("ml.c5.xlarge")))).succeeded).to.equal(true);
  });

  const serverless = { serverlessConfig: { maxConcurrency: 5, memorySizeInMb: 2048 } };
  const capture = {
    dataCaptureConfig: {
      captureOptions: [{ captureMode: "Input" }],
      destinationS3Uri: "s3://data/capture",
      initialSamplingPercentage: 10,
    },
  };
  const refused: [string, Wish, string][] = [
    ["a canary of more than half", { canary: 51 }, "a canary of 51 percent"],
    [
      "a canary of one instance",
      { variant: { instanceType: "ml.m5.large", initialInstanceCount: 1 } },
      "at most half of the instances",
    ],
    [
      "an instance type that does not exist",
      { variant: { instanceType: "ml.m55.large", initialInstanceCount: 1 } },
      "no such instance type",
    ],
    [
      "an instance type of EC2",
      { variant: { instanceType: "m5.large", initialInstanceCount: 1 } },
      "no such instance type",
    ],
    [
      "a memory size that serverless endpoints do not have",
      { variant: { serverlessConfig: { maxConcurrency: 5, memorySizeInMb: 2000 } } },
      "allowed are 1024",
    ],
    [
      "a variant of both kinds",
      { variant: { ...serverless, instanceType: "ml.m5.large" } },
      "either an instanceType or a serverlessConfig",
    ],
    [
      "captured requests of a serverless endpoint",
      { variant: serverless, configuration: capture },
      "DataCaptureConfig is not supported",
    ],
    ["a canary of a serverless endpoint", { variant: serverless }, "DeploymentConfig is not supported"],
    [
      "a serverless model with network isolation",
      { variant: serverless, model: { enableNetworkIsolation: true } },
      "network isolation",
    ],
    [
      "a key for disks that encrypt themselves",
      {
        variant: { instanceType: "ml.g5.xlarge", initialInstanceCount: 1 },
        configuration: { kmsKeyArn: "arn:aws:kms:eu-west-1:000000000000:alias/aws/x" },
      },
      "local disks",
    ],
    [
      "a configuration that does not exist",
      {
        endpoint: false,
        configuration: {
          productionVariants: [
            { variantName: "main", modelName: "lost", instanceType: "ml.m5.large", initialInstanceCount: 1 },
          ],
        },
      },
      'modelName is "lost"',
    ],
    [
      "a model that is no archive",
      { model: { primaryContainer: { image, modelDataUrl: "s3://models/model.pkl" } } },
      "s3://bucket/….tar.gz",
    ],
    [
      "scaling to zero where requests do not wait",
      {
        more: (endpoint) =>
          new aws.appautoscaling.Target("churn", {
            resourceId: endpoint.name.apply((name) => `endpoint/${name}/variant/main`),
            scalableDimension: "sagemaker:variant:DesiredInstanceCount",
            serviceNamespace: "sagemaker",
            minCapacity: 0,
            maxCapacity: 2,
          }),
      },
      "is not asynchronous",
    ],
  ];
  for (const [what, wish, text] of refused) {
    it(`refuses ${what}`, async () => {
      const ran = await bench.up(serving(wish));
      expect(ran.succeeded, ran.text).to.equal(false);
      expect(ran.text).to.contain(text);
    });
  }
});
