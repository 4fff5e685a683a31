/** Application Auto Scaling. https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html */
import { between, describeTypes, like, oneOf, Refusal, type Situation } from "./describe";
import * as type from "./tokens";

const service = oneOf(
  "serviceNamespace",
  "sagemaker",
  "ecs",
  "dynamodb",
  "lambda",
  "rds",
  "elasticache",
  "kafka",
  "custom-resource",
);
const dimension = like("scalableDimension", /^[\w-]+:[\w-]+:[\w-]+$/, "service:kind:property");
/** The endpoint in `endpoint/NAME/variant/NAME`. */
const endpointName = (resourceId: string) => /^endpoint\/([^/]+)\/variant\/[^/]+$/.exec(resourceId)?.[1];

describeTypes(
  {
    type: type.scalableTarget,
    id: (x) => x.inputs.resourceId,
    arn: (x) =>
      `arn:aws:application-autoscaling:${x.region}:${x.account.number}:scalable-target/${x.digits("arn", 12)}`,
    forces: ["resourceId", "scalableDimension", "serviceNamespace"],
    limits: [service, dimension, between("minCapacity", 0, 100000), between("maxCapacity", 0, 100000)],
    computed: {
      roleArn: (x) =>
        `arn:aws:iam::${x.account.number}:role/aws-service-role/${x.inputs.serviceNamespace}.application-autoscaling.amazonaws.com/simulated`,
    },
    claims: (x) => [`target ${x.inputs.resourceId} ${x.inputs.scalableDimension}`],
    verify: (x) => {
      if (x.inputs.minCapacity > x.inputs.maxCapacity) {
        throw new Refusal("ValidationException", "minCapacity is more than maxCapacity");
      }
      if (x.inputs.serviceNamespace !== "sagemaker") return;
      const endpoint = endpointName(x.inputs.resourceId);
      if (endpoint === undefined || x.account.resolve([type.sagemakerEndpoint], endpoint) === undefined) {
        throw new Refusal("ValidationException", `no SageMaker endpoint goes by ${x.inputs.resourceId}`);
      }
      if (x.inputs.minCapacity === 0 && !isAsynchronous(x, endpoint)) {
        throw new Refusal("ValidationException", `${endpoint} is not asynchronous: minCapacity must be at least 1`);
      }
    },
  },
  {
    type: "aws:appautoscaling/policy:Policy",
    id: (x) => x.inputs.name,
    arn: (x) =>
      `arn:aws:autoscaling:${x.region}:${x.account.number}:scalingPolicy:${x.digits("arn", 12)}:policyName/${x.inputs.name}`,
    name: { longest: 255, uniqueIn: "nowhere" },
    forces: ["resourceId", "scalableDimension", "serviceNamespace", "policyType"],
    refs: { resourceId: { to: [type.scalableTarget] } },
    limits: [
      service,
      dimension,
      oneOf("policyType", "StepScaling", "TargetTrackingScaling", "PredictiveScaling"),
      oneOf(
        "targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.predefinedMetricType",
        "SageMakerVariantInvocationsPerInstance",
        "SageMakerVariantConcurrentRequestsPerModelHighResolution",
        "SageMakerVariantProvisionedConcurrencyUtilization",
        "ECSServiceAverageCPUUtilization",
        "LambdaProvisionedConcurrencyUtilization",
      ),
    ],
    defaults: { policyType: "StepScaling" },
    claims: (x) => [`policy ${x.inputs.resourceId} ${x.inputs.name}`],
    computed: { alarmArns: () => [] },
    verify: (x) => {
      const wanted =
        x.inputs.policyType === "TargetTrackingScaling"
          ? "targetTrackingScalingPolicyConfiguration"
          : "stepScalingPolicyConfiguration";
      if (x.inputs.policyType !== "PredictiveScaling" && x.inputs[wanted] === undefined) {
        throw new Refusal("ValidationException", `${x.inputs.policyType} needs ${wanted}`);
      }
    },
  },
);

function isAsynchronous(x: Situation, endpoint: string): boolean {
  const live = x.account.resolve([type.sagemakerEndpoint], endpoint)?.outputs.endpointConfigName;
  return x.account.resolve([type.sagemakerConfiguration], live)?.outputs.asyncInferenceConfig !== undefined;
}
