/** What follows the model's name in the name of an endpoint, by kind. */
const endings = { realtime: "", serverless: "-serverless", asynchronous: "-async" };

/**
 * Longest name of an endpoint: SageMaker's 63, less what its versions are called besides: two dashes, a version of ten digits, a dash and
 * eight digits that tell configurations apart.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html
 */
export const longestEndpointName = 63 - "--".length - 10 - "-".length - 8;

/**
 * Name of a model's endpoint in a stack such as `mlplatform-dev`. AWS cannot turn an endpoint of one kind into another and back, so each
 * kind has a name of its own: the new one stands before the old one goes.
 */
export function endpointName(stackName: string, model: string, kind: keyof typeof endings): string {
  return `${stackName}-${model}${endings[kind]}`;
}

/** Tags of an endpoint that are written while it stands, such as the version that answers and the commit of its code. No provider touches them. */
export const liveTagPrefix = "mlplatform/live-";

/** The last notice that the owner of an endpoint got of its end. */
export const noticeTag = `${liveTagPrefix}notice`;

/** Tag of the state machine that has stopped what a budget stops. */
export const stoppedTag = `${liveTagPrefix}stopped`;
