import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type EndpointTarget, variantName } from "./target";

/** An endpoint that stands, and its bounds. */
export interface AutoscalingArgs {
  /** Known before the endpoint is made; what depends on its existence comes after `endpoint`. */
  endpointName: string;
  target: Exclude<EndpointTarget, { kind: "serverless" }>;
  /** What {@link fleet} made; absent where the release controller moves the endpoint to other instances. */
  fleet?: random.RandomId | undefined;
  /** Depend on this: an endpoint without a variant cannot be scaled. */
  endpoint: pulumi.Resource;
}

/** Requests at once on each instance that scaling aims at: what a few cores answer without a queue. */
const concurrentPerInstance = 8;
/** Quick up, slow down: an instance takes minutes to come back. */
const cooldownSeconds = { out: 60, in: 300 };

/** Whether there is anything to scale. */
export function scales(target: EndpointTarget): target is AutoscalingArgs["target"] {
  return target.kind !== "serverless" && target.minInstances < target.maxInstances;
}

/**
 * Stands for the instances of one type. SageMaker refuses to give an endpoint another type while its variant is scaled, so scaling has to go before
 * the update and come back after it. Another type replaces this: what scales is named by it, so it is deleted first; the endpoint comes after it.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
 */
export function fleet(
  name: string,
  target: EndpointTarget,
  opts: pulumi.CustomResourceOptions,
): random.RandomId | undefined {
  if (target.kind === "serverless") return undefined;
  const keepers = { instanceType: target.instanceType };
  return new random.RandomId(name, { byteLength: 4, keepers }, { ...opts, deleteBeforeReplace: true });
}

/**
 * Instances follow the requests that are answered at once, or those that wait; asynchronous endpoints may have none at all.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
 */
export class EndpointAutoscaling extends pulumi.ComponentResource {
  constructor(name: string, args: AutoscalingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:EndpointAutoscaling", name, {}, opts);
    const child = { parent: this };
    const { endpointName, target } = args;
    const subject = {
      serviceNamespace: "sagemaker",
      scalableDimension: "sagemaker:variant:DesiredInstanceCount",
    };
    const capacity = new aws.appautoscaling.Target(
      name,
      {
        ...subject,
        resourceId: pulumi.output(args.fleet?.id).apply(() => `endpoint/${endpointName}/variant/${variantName}`),
        minCapacity: target.minInstances,
        maxCapacity: target.maxInstances,
      },
      { ...child, dependsOn: [args.endpoint] },
    );
    const of = { ...subject, resourceId: capacity.resourceId };
    new aws.appautoscaling.Policy(
      `${name}-load`,
      {
        ...of,
        policyType: "TargetTrackingScaling",
        targetTrackingScalingPolicyConfiguration: {
          ...(target.kind === "asynchronous"
            ? {
                targetValue: target.perInstance,
                customizedMetricSpecification: {
                  namespace: "AWS/SageMaker",
                  metricName: "ApproximateBacklogSizePerInstance",
                  dimensions: [{ name: "EndpointName", value: endpointName }],
                  statistic: "Average",
                },
              }
            : {
                targetValue: concurrentPerInstance,
                predefinedMetricSpecification: {
                  predefinedMetricType: "SageMakerVariantConcurrentRequestsPerModelHighResolution",
                },
              }),
          scaleInCooldown: cooldownSeconds.in,
          scaleOutCooldown: cooldownSeconds.out,
        },
      },
      child,
    );
    if (target.minInstances === 0) this.startFromNone(name, endpointName, of, child);
    this.registerOutputs();
  }

  /** With no instance there is no backlog per instance to follow: a request that finds none makes the first one. */
  private startFromNone(
    name: string,
    endpointName: string,
    of: { serviceNamespace: string; scalableDimension: string; resourceId: pulumi.Output<string> },
    child: pulumi.CustomResourceOptions,
  ): void {
    const start = new aws.appautoscaling.Policy(
      `${name}-start`,
      {
        ...of,
        policyType: "StepScaling",
        stepScalingPolicyConfiguration: {
          adjustmentType: "ChangeInCapacity",
          metricAggregationType: "Average",
          cooldown: cooldownSeconds.in,
          stepAdjustments: [{ metricIntervalLowerBound: "0", scalingAdjustment: 1 }],
        },
      },
      child,
    );
    new aws.cloudwatch.MetricAlarm(
      `${name}-waiting`,
      {
        name: `${endpointName}-waiting`,
        alarmDescription: "Requests wait and no instance is there: one is started.",
        namespace: "AWS/SageMaker",
        metricName: "HasBacklogWithoutCapacity",
        dimensions: { EndpointName: endpointName },
        statistic: "Average",
        period: 60,
        evaluationPeriods: 1,
        comparisonOperator: "GreaterThanOrEqualToThreshold",
        threshold: 1,
        treatMissingData: "missing",
        alarmActions: [start.arn],
      },
      child,
    );
  }
}
