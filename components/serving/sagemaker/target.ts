/** How an endpoint answers, and on what. */
export type EndpointTarget =
  | {
      kind: "realtime";
      /** Such as `ml.m5.large`. */
      instanceType: string;
      minInstances: number;
      maxInstances: number;
      /** Hours after which somebody deletes it; absent: never. */
      ttlHours?: number | undefined;
    }
  | { kind: "serverless"; memoryMiB: number; maxConcurrency: number }
  | {
      kind: "asynchronous";
      instanceType: string;
      minInstances: number;
      maxInstances: number;
      /** Requests at once on each instance. */
      perInstance: number;
    };

/** Instances that an endpoint begins with: at least one, also where there may be none later, since only scaling takes the last one away. */
export const firstInstances = ({ minInstances }: { minInstances: number }) => Math.max(1, minInstances);

/** The one variant of every endpoint: deployment guardrails need it to be called the same in each configuration. */
export const variantName = "main";

/** Tag of the configuration of an endpoint that ends by itself: hours. The endpoint has none, since it could not be changed any more. */
export const ttlTag = "mlplatform/ttl-hours";

/** Requests of an asynchronous endpoint, its answers and its failures are below this folder of the data bucket, by model. */
export const asynchronousFolder = "asynchronous";
/** Captured requests and answers are below this folder of the data bucket, by model. */
export const captureFolder = "capture";

/**
 * Whether the disks of an instance type are its own and encrypted by the hardware: AWS then refuses a key for them.
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
 */
export function hasLocalDisks(instanceType: string): boolean {
  const family = instanceType.replace(/^ml\./, "").split(".")[0]!;
  return /^([a-z]+\d+[a-z]*d[a-z]*|g4dn|g[5-9]g?e?|gr\d+|p4de?|p[5-9]\w*|trn\w+|i\d\w*)$/.test(family);
}
