import { lookupVariable } from "../../contracts/features";
import {
  asynchronousFolder,
  captureFolder,
  type EndpointTarget,
  firstInstances,
  hasLocalDisks,
  variantName,
} from "./target";

/** What a model and its endpoint configuration depend on, all known. */
export interface ConfigurationFacts {
  /** Name of the model in the stack's config. */
  model: string;
  /** Key of the version; absent where the release controller adds it for each. */
  version?: string | undefined;
  target: EndpointTarget;
  /** With its tag. */
  image: string;
  executionRoleArn: string;
  /** `s3://` and the name of the data bucket. */
  dataUri: string;
  keyArn?: string | undefined;
  /** Requests in percent whose input and answer are kept; absent: none. Serverless endpoints keep none. */
  capturePercent?: number | undefined;
  /** The server itself keeps samples there, whole, where their drift is watched: then it must reach the bucket. */
  samples?: { percent: number; uri: string } | undefined;
  /** Group of features that the server looks up, as JSON: then it must reach the store. */
  features?: string | undefined;
  network: { subnetIds: string[]; securityGroupId: string };
}

/** A model as Pulumi takes it, but for the address of its package. */
export interface ModelPlan {
  executionRoleArn: string;
  enableNetworkIsolation?: true;
  vpcConfig?: { subnets: string[]; securityGroupIds: string[] };
  primaryContainer: { image: string; environment: Record<string, string> };
}

/** The only variant of an endpoint configuration, but for the name of its model. */
export interface VariantPlan {
  variantName: string;
  initialVariantWeight: number;
  instanceType?: string;
  initialInstanceCount?: number;
  serverlessConfig?: { memorySizeInMb: number; maxConcurrency: number };
}

/** The rest of an endpoint configuration. */
export interface ConfigurationPlan {
  dataCaptureConfig?: {
    enableCapture: true;
    initialSamplingPercentage: number;
    destinationS3Uri: string;
    kmsKeyId?: string;
    captureOptions: { captureMode: string }[];
    captureContentTypeHeader: { csvContentTypes: string[]; jsonContentTypes: string[] };
  };
  asyncInferenceConfig?: {
    clientConfig: { maxConcurrentInvocationsPerInstance: number };
    outputConfig: { s3OutputPath: string; s3FailurePath: string; kmsKeyId?: string };
  };
  kmsKeyArn?: string;
}

/**
 * The longest that SageMaker waits for an answer, and the largest body it hands on.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/deploy-model-options.html
 */
const limits = {
  realtime: { timeoutMillis: 60_000, bodyMiB: 25 },
  serverless: { timeoutMillis: 60_000, bodyMiB: 4 },
  asynchronous: { timeoutMillis: 3_600_000, bodyMiB: 1024 },
};
/** Says to the server which version its package is. What the release controller makes has it too. */
export const versionVariable = "MODEL_SERVER_VERSION";
/** Of the metrics that the server writes into its log. */
const metricsNamespace = "mlplatform/serving";

/**
 * A container that reaches no network at all unless it keeps samples or looks features up: SageMaker brings it its model, and takes away what is captured. Serverless endpoints
 * have neither this nor a VPC.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html
 */
export function planModel(facts: ConfigurationFacts): ModelPlan {
  const { kind } = facts.target;
  return {
    executionRoleArn: facts.executionRoleArn,
    ...(kind === "serverless" ? {} : placed(facts)),
    primaryContainer: {
      image: facts.image,
      environment: {
        MODEL_SERVER_NAME: facts.model,
        ...(facts.version === undefined ? {} : { [versionVariable]: facts.version }),
        MODEL_SERVER_TIMEOUT_MILLIS: String(limits[kind].timeoutMillis),
        MODEL_SERVER_MAX_BODY_MIB: String(limits[kind].bodyMiB),
        MODEL_SERVER_EMF_NAMESPACE: metricsNamespace,
        ...(facts.samples
          ? { MODEL_SERVER_SAMPLE_PERCENT: String(facts.samples.percent), MODEL_SERVER_SAMPLE_URI: facts.samples.uri }
          : {}),
        ...(facts.features === undefined ? {} : { [lookupVariable]: facts.features }),
      },
    },
  };
}

function placed({
  network,
  samples,
  features,
}: ConfigurationFacts): Pick<ModelPlan, "enableNetworkIsolation" | "vpcConfig"> {
  const { vpcConfig, enableNetworkIsolation } = isolated(network);
  return samples || features ? { vpcConfig } : { vpcConfig, enableNetworkIsolation };
}

/** No network for the container, and SageMaker's own ways through the VPC. */
export function isolated(
  network: ConfigurationFacts["network"],
): Required<Pick<ModelPlan, "enableNetworkIsolation" | "vpcConfig">> {
  return {
    enableNetworkIsolation: true,
    vpcConfig: { subnets: network.subnetIds, securityGroupIds: [network.securityGroupId] },
  };
}

export function planVariant(target: EndpointTarget): VariantPlan {
  const common = { variantName, initialVariantWeight: 1 };
  if (target.kind === "serverless") {
    const { memoryMiB, maxConcurrency } = target;
    return { ...common, serverlessConfig: { memorySizeInMb: memoryMiB, maxConcurrency } };
  }
  return { ...common, instanceType: target.instanceType, initialInstanceCount: firstInstances(target) };
}

export function planConfiguration(facts: ConfigurationFacts): ConfigurationPlan {
  const { model, target, dataUri, keyArn, capturePercent } = facts;
  if (target.kind === "serverless") return {};
  const key = keyArn === undefined ? {} : { kmsKeyId: keyArn };
  return {
    ...(capturePercent === undefined
      ? {}
      : {
          dataCaptureConfig: {
            enableCapture: true,
            initialSamplingPercentage: Math.max(1, Math.round(capturePercent)), // Whole percent, and 0 would be none.
            destinationS3Uri: `${dataUri}/${captureFolder}/${model}`,
            ...key,
            captureOptions: [{ captureMode: "Input" }, { captureMode: "Output" }],
            // What is named here is kept as it is; anything else would be in base64.
            captureContentTypeHeader: { csvContentTypes: ["text/csv"], jsonContentTypes: ["application/json"] },
          },
        }),
    ...(target.kind === "asynchronous"
      ? {
          asyncInferenceConfig: {
            clientConfig: { maxConcurrentInvocationsPerInstance: target.perInstance },
            outputConfig: {
              s3OutputPath: `${dataUri}/${asynchronousFolder}/${model}/output`,
              s3FailurePath: `${dataUri}/${asynchronousFolder}/${model}/failures`,
              ...key,
            },
          },
        }
      : {}),
    ...(keyArn === undefined || hasLocalDisks(target.instanceType) ? {} : { kmsKeyArn: keyArn }),
  };
}
