/** SageMaker hosting. Limits: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html */
import { instanceTypeFacts } from "../../../components/lib/instanceTypes";
import type { Properties, Value } from "../values";
import { between, describeTypes, like, longest, oneOf, Refusal, type Situation } from "./describe";
import { versionsOf } from "./packageVersions";
import * as type from "./tokens";

/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html */
const name = {
  longest: 63,
  allowed: /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/,
  allowedMeans: "letters, digits and dashes, no dash first or last",
};
/** Registries end like this; the simulated one has no address that resolves. */
const image = /^[^/\s]+\.(amazonaws\.com(\.cn)?|simulated\.invalid)\/[^\s:@]+([:@]\S+)?$/;
/** https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html */
const serverlessMemoryMiB = [1024, 2048, 3072, 4096, 5120, 6144];
const mostCanaryPercent = 50;

describeTypes(
  {
    type: type.sagemakerModel,
    id: (x) => x.inputs.name,
    arn: "sagemaker:{region}:{account}:model/{name}",
    name,
    forces: [
      "containers",
      "enableNetworkIsolation",
      "executionRoleArn",
      "inferenceExecutionConfig",
      "primaryContainer",
      "vpcConfig",
    ],
    refs: {
      executionRoleArn: type.roleReference,
      "vpcConfig.subnets[]": type.subnet,
      "vpcConfig.securityGroupIds[]": type.securityGroup,
    },
    limits: [
      like("primaryContainer.image", image, "an image of ECR"),
      like("primaryContainer.modelDataUrl", /^s3:\/\/[^/]+\/\S+\.tar\.gz$/, "s3://bucket/….tar.gz"),
      { path: "primaryContainer.environment", wrong: wrongEnvironment },
    ],
    defaults: { enableNetworkIsolation: false },
    verify: trustedBySageMaker,
  },
  {
    // https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackageGroup.html
    type: "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
    id: (x) => x.inputs.modelPackageGroupName,
    arn: "sagemaker:{region}:{account}:model-package-group/{modelPackageGroupName}",
    name: { ...name, property: "modelPackageGroupName", automatic: false },
    forces: ["modelPackageGroupDescription"],
    limits: [longest("modelPackageGroupDescription", 1024)],
    // https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteModelPackageGroup.html
    verifyDeletion: ({ id }, account) => {
      const { length } = versionsOf(account, id);
      if (length > 0) throw new Refusal("ConflictException", `the model package group ${id} has ${length} versions`);
    },
  },
  {
    type: type.sagemakerConfiguration,
    id: (x) => x.inputs.name,
    arn: "sagemaker:{region}:{account}:endpoint-config/{name}",
    name,
    forces: [
      "asyncInferenceConfig",
      "dataCaptureConfig",
      "executionRoleArn",
      "kmsKeyArn",
      "productionVariants",
      "shadowProductionVariants",
    ],
    required: ["dataCaptureConfig.destinationS3Uri", "asyncInferenceConfig.outputConfig.s3OutputPath"],
    // A model may be deleted while a configuration names it: the next endpoint or instance then fails.
    refs: {
      "productionVariants[].modelName": { to: [type.sagemakerModel], holds: false },
      kmsKeyArn: type.keyReference,
    },
    limits: [
      { path: "productionVariants", wrong: wrongVariants },
      { path: "productionVariants[].instanceType", wrong: wrongInstanceType },
      between("productionVariants[].initialInstanceCount", 1, 500),
      oneOf("productionVariants[].serverlessConfig.memorySizeInMb", ...serverlessMemoryMiB),
      between("productionVariants[].serverlessConfig.maxConcurrency", 1, 200),
      between("dataCaptureConfig.initialSamplingPercentage", 0, 100, "percent"),
      between("asyncInferenceConfig.clientConfig.maxConcurrentInvocationsPerInstance", 1, 1000),
    ],
    verify: fitTogether,
  },
  {
    type: type.sagemakerEndpoint,
    id: (x) => x.inputs.name,
    arn: "sagemaker:{region}:{account}:endpoint/{name}",
    name,
    refs: {
      endpointConfigName: { to: [type.sagemakerConfiguration], holds: false },
      "deploymentConfig.autoRollbackConfiguration.alarms[].alarmName": { to: [type.metricAlarm], holds: false },
    },
    limits: [
      oneOf(
        "deploymentConfig.blueGreenUpdatePolicy.trafficRoutingConfiguration.type",
        "ALL_AT_ONCE",
        "CANARY",
        "LINEAR",
      ),
      { path: "deploymentConfig.blueGreenUpdatePolicy.trafficRoutingConfiguration", wrong: wrongRouting },
      between("deploymentConfig.blueGreenUpdatePolicy.terminationWaitInSeconds", 0, 3600, "seconds"),
      between("deploymentConfig.blueGreenUpdatePolicy.maximumExecutionTimeoutInSeconds", 600, 28800, "seconds"),
    ],
    verify: liveConfigurationExists,
  },
);

function wrongEnvironment(variables: Record<string, string>): string | undefined {
  const names = Object.keys(variables);
  if (names.length > 100) return `holds ${names.length} variables; at most 100 are allowed`;
  const wrong = names.find((each) => !/^[a-zA-Z_]\w*$/.test(each) || each.length > 1024);
  if (wrong !== undefined) return `has the variable ${JSON.stringify(wrong)}; names are letters, digits and _`;
  const long = names.find((each) => String(variables[each]).length > 1024);
  return long === undefined ? undefined : `has more than 1024 characters in ${long}`;
}

function wrongInstanceType(value: Value): string | undefined {
  const known = typeof value === "string" && value.startsWith("ml.") && instanceTypeFacts(value.slice("ml.".length));
  return known ? undefined : `is ${JSON.stringify(value)}, and there is no such instance type`;
}

function wrongVariants(variants: Properties[]): string | undefined {
  if (variants.length < 1 || variants.length > 10) return `holds ${variants.length}; 1 to 10 are allowed`;
  const twoWays = variants.find((each) => (each.serverlessConfig === undefined) === (each.instanceType === undefined));
  if (twoWays !== undefined) return "needs either an instanceType or a serverlessConfig in each variant";
  return undefined;
}

function wrongRouting({ type: way, canarySize, linearStepSize, waitIntervalInSeconds }: Properties): Value {
  if (way === "CANARY" && canarySize === undefined) return "is CANARY without canarySize";
  if (way === "LINEAR" && linearStepSize === undefined) return "is LINEAR without linearStepSize";
  if (canarySize?.type === "CAPACITY_PERCENT" && !(canarySize.value >= 1 && canarySize.value <= mostCanaryPercent)) {
    return `has a canary of ${canarySize.value} percent; 1 to ${mostCanaryPercent} are allowed`;
  }
  return waitIntervalInSeconds < 0 || waitIntervalInSeconds > 3600
    ? `waits ${waitIntervalInSeconds} seconds; 0 to 3600 are allowed`
    : undefined;
}

function trustedBySageMaker(x: Situation): void {
  const trust = x.referred("executionRoleArn")?.outputs.assumeRolePolicy;
  if (typeof trust === "string" && !trust.includes("sagemaker.amazonaws.com")) {
    throw new Refusal(
      "ValidationException",
      `Could not assume role ${x.inputs.executionRoleArn}: its trust policy does not name sagemaker.amazonaws.com`,
    );
  }
}

/** What AWS refuses in combination. @see https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html */
function fitTogether(x: Situation): void {
  const { productionVariants: variants, dataCaptureConfig, kmsKeyArn, asyncInferenceConfig } = x.inputs;
  const refuse = (what: string) => {
    throw new Refusal("ValidationException", `endpoint configuration ${x.inputs.name}: ${what}`);
  };
  for (const { serverlessConfig, instanceType, modelName } of variants as Properties[]) {
    if (serverlessConfig !== undefined) {
      if (dataCaptureConfig !== undefined) refuse("DataCaptureConfig is not supported for serverless variants");
      if (asyncInferenceConfig !== undefined) refuse("AsyncInferenceConfig is not supported for serverless variants");
      if (kmsKeyArn !== undefined) refuse("KmsKeyId is not supported for serverless variants");
      const model = x.account.resolve([type.sagemakerModel], modelName);
      if (model?.outputs.vpcConfig !== undefined)
        refuse("VpcConfig of a model is not supported for serverless variants");
      if (model?.outputs.enableNetworkIsolation === true) {
        refuse("network isolation of a model is not supported for serverless variants");
      }
    }
    if (kmsKeyArn !== undefined && hasLocalDisks(instanceType)) {
      refuse(`KmsKeyId cannot be given for ${instanceType}, whose local disks are encrypted by the hardware`);
    }
  }
}

function hasLocalDisks(instanceType: unknown): boolean {
  return /^ml\.([a-z]+\d+[a-z]*d[a-z]*|g4dn|g5|g6e?|gr6|p4de?|p5en?|p5|trn1n?|i\d\w*)\./.test(String(instanceType));
}

/**
 * An endpoint whose live configuration was deleted can no longer be updated.
 * @see https://github.com/hashicorp/terraform-provider-aws/issues/48997
 */
function liveConfigurationExists(x: Situation): void {
  const live = x.account.get(type.sagemakerEndpoint, x.region, x.id)?.outputs.endpointConfigName;
  if (live !== undefined && x.account.resolve([type.sagemakerConfiguration], live) === undefined) {
    throw new Refusal("ValidationException", `Could not find endpoint configuration "${live}", which is live`);
  }
  const config = x.account.resolve([type.sagemakerConfiguration], x.inputs.endpointConfigName)?.outputs;
  for (const { modelName } of (config?.productionVariants ?? []) as Properties[]) {
    if (x.account.resolve([type.sagemakerModel], modelName) === undefined) {
      throw new Refusal("ValidationException", `Could not find model "${modelName}"`);
    }
  }
  const before = x.account.resolve([type.sagemakerConfiguration], live)?.outputs;
  otherTypeWhileScaled(x, before?.productionVariants ?? [], config?.productionVariants ?? []);
  canaryOfOne(x, config?.productionVariants ?? []);
  if (config?.productionVariants?.some((each: Properties) => each.serverlessConfig) && x.inputs.deploymentConfig) {
    throw new Refusal("ValidationException", "DeploymentConfig is not supported for serverless endpoints");
  }
}

/** https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html */
function otherTypeWhileScaled(x: Situation, before: Properties[], after: Properties[]): void {
  for (const { variantName, instanceType } of before) {
    const scaled = x.account.get(type.scalableTarget, x.region, `endpoint/${x.id}/variant/${variantName}`);
    const next = after.find((each) => each.variantName === variantName)?.instanceType;
    if (scaled === undefined || next === instanceType) continue;
    throw new Refusal(
      "ValidationException",
      `The variant ${variantName} of ${x.id} is a scalable target: deregister it before its instance type becomes ${next}`,
    );
  }
}

/** https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green-canary.html */
function canaryOfOne(x: Situation, variants: Properties[]): void {
  const routing = x.inputs.deploymentConfig?.blueGreenUpdatePolicy?.trafficRoutingConfiguration;
  const single = variants.find(({ initialInstanceCount }) => initialInstanceCount === 1);
  if (routing?.type !== "CANARY" || single === undefined) return;
  throw new Refusal(
    "ValidationException",
    `The canary must be at most half of the instances, and ${single.variantName} has one: write ALL_AT_ONCE or add an instance`,
  );
}
