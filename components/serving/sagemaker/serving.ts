import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { endpointLogs } from "../../foundation/logGroups";
import { after, type Dependency } from "../../lib/dependencies";
import { alarmDescription } from "../../observability/alarms/alarm";
import { planAlarms, rollbackAlarms } from "./alarms";
import { EndpointAutoscaling, fleet, scales } from "./autoscaling";
import { type ConfigurationFacts, planConfiguration, planModel, planVariant } from "./configuration";
import { planDeployment } from "./deployment";
import { leftovers } from "./endpointRelease";
import { ExecutionRole } from "./executionRole";
import { releaseEntry } from "./releaseEntry";
import { imageName, type SageMakerServingArgs } from "./servingArgs";
import { ttlTag } from "./target";

/** What stays as it was made once somebody else puts versions on an endpoint. */
const others = {
  model: ["name", "executionRoleArn", "primaryContainer", "vpcConfig", "enableNetworkIsolation"],
  configuration: ["name", "productionVariants", "dataCaptureConfig", "asyncInferenceConfig", "kmsKeyArn"],
  // Told of a deployment configuration, the provider would put the first configuration back.
  endpoint: ["endpointConfigName", "deploymentConfig"],
};

/** What may have ended is made anew for another version: SageMaker updates nothing that is gone, and the provider takes it as deleted. */
const madeAnew = { replaceOnChanges: ["endpointConfigName"], deleteBeforeReplace: true };

const firstName = (endpointName: string) => `${endpointName}-first`;

/**
 * Role, model, configuration, endpoint, alarms and scaling. A new version is a new model in a new configuration with a name of its own;
 * the old ones stay until the new one is seen to be live, so that a failed canary leaves the endpoint whole.
 */
export class SageMakerServing extends pulumi.ComponentResource {
  /** Address for signed requests. */
  readonly url: string;
  readonly roleArn: pulumi.Output<string>;
  /** Of the model and the configuration that the endpoint was made with. */
  readonly modelName: pulumi.Output<string>;
  readonly configurationName: pulumi.Output<string>;
  /** What the release controller is told; absent where an update of the stack moves the version. */
  readonly entry?: pulumi.Output<object>;
  /** Depend on these to come after the endpoint, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: SageMakerServingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:SageMakerServing", name, {}, opts);
    const child = { parent: this };
    const { endpointName, target, release, data } = args;
    const captured = args.capturePercent !== undefined && target.kind !== "serverless";
    const role = new ExecutionRole(
      name,
      {
        account: args.account,
        model: args.model,
        endpointName,
        rolePath: args.rolePath,
        repositoryUrl: args.image.repositoryUrl,
        artifacts: args.artifacts,
        data,
        asynchronous: target.kind === "asynchronous",
        captured,
        ...(release.kind === "pinned" && release.package.arn !== undefined ? { packageArn: release.package.arn } : {}),
        ...(target.kind === "serverless" ? {} : { network: args.network }),
        ...(args.moreStatements === undefined ? {} : { moreStatements: args.moreStatements }),
      },
      child,
    );
    // Made here, so that it ends with the stack and its lines at their age; SageMaker's own would stay for ever.
    const logs = new aws.cloudwatch.LogGroup(
      name,
      {
        name: endpointLogs(endpointName),
        retentionInDays: args.logRetentionDays,
        ...(data.keyArn === undefined ? {} : { kmsKeyId: data.keyArn }),
      },
      child,
    );
    const facts: pulumi.Output<ConfigurationFacts> = pulumi
      .all([role.arn, data.uri, data.keyArn, args.network.subnetIds, args.network.securityGroupId, args.samples?.uri])
      .apply(([executionRoleArn, dataUri, keyArn, subnetIds, securityGroupId, samplesUri]) => ({
        model: args.model,
        version: release.kind === "pinned" ? release.package.version : undefined,
        target,
        image: imageName(args.image),
        executionRoleArn,
        dataUri,
        keyArn,
        capturePercent: captured ? args.capturePercent : undefined,
        samples: args.samples && samplesUri ? { percent: args.samples.percent, uri: samplesUri } : undefined,
        features: args.features,
        network: { subnetIds, securityGroupId },
      }));
    const alarms = this.alarms(name, args);
    const rollback = rollbackAlarms(alarms.map(({ plan }) => plan)).map((plan) => plan.name);
    const deployment = planDeployment(target, args.canary, rollback);

    const model = this.model(name, args, facts, child);
    const plan = facts.apply(planConfiguration);
    const continuous = release.kind === "continuous";
    const ttlHours = target.kind === "realtime" ? target.ttlHours : undefined;
    const ends = ttlHours !== undefined;
    // Names that are made up make room for the next ones; what is never replaced is called after its endpoint.
    const named = continuous ? { name: firstName(endpointName) } : {};
    const configuration = new aws.sagemaker.EndpointConfiguration(
      name,
      {
        ...named,
        productionVariants: [{ ...planVariant(target), modelName: model.name }],
        ...(ends ? { tags: { [ttlTag]: String(ttlHours) } } : {}),
        ...(target.kind === "serverless" || data.keyArn === undefined
          ? {}
          : { kmsKeyArn: plan.apply(({ kmsKeyArn }) => kmsKeyArn) }),
        ...(captured ? { dataCaptureConfig: plan.apply(({ dataCaptureConfig }) => dataCaptureConfig!) } : {}),
        ...(target.kind === "asynchronous"
          ? { asyncInferenceConfig: plan.apply(({ asyncInferenceConfig }) => asyncInferenceConfig!) }
          : {}),
      },
      { ...child, ...(continuous ? { ignoreChanges: others.configuration } : {}) },
    );
    const scaling = continuous ? undefined : fleet(`${name}-fleet`, target, child);
    const cleared = leftovers(`${name}-leftovers`, args.functionName, endpointName, child);
    const endpoint = new aws.sagemaker.Endpoint(
      name,
      {
        name: endpointName,
        endpointConfigName: configuration.name,
        ...(continuous || ends || deployment === undefined ? {} : { deploymentConfig: deployment }),
      },
      {
        ...child,
        ...(continuous ? { ignoreChanges: others.endpoint } : {}),
        ...(ends ? madeAnew : {}),
        dependsOn: after(
          cleared,
          logs,
          ...(scaling ? [scaling] : []),
          ...alarms.map(({ alarm }) => alarm),
          ...args.ready,
        ),
      },
    );
    const last: pulumi.Resource = continuous ? endpoint : this.liveCheck(name, args, configuration, endpoint);
    this.ready = [last, endpoint];
    if (scales(target)) {
      this.ready.push(
        new EndpointAutoscaling(`${name}-scaling`, { endpointName, target, fleet: scaling, endpoint }, child),
      );
    }
    if (continuous) {
      this.entry = facts.apply((known) => releaseEntry(args, known, deployment));
    }
    const { region } = args.account;
    this.url = `https://runtime.sagemaker.${region}.amazonaws.com/endpoints/${endpointName}/invocations`;
    this.roleArn = role.arn;
    this.modelName = model.name;
    this.configurationName = configuration.name;
    this.registerOutputs({ url: this.url });
  }

  private alarms(name: string, args: SageMakerServingArgs) {
    const { endpointName, target, objectives, canary, topicArns, runbooks } = args;
    return planAlarms(endpointName, target.kind, objectives, canary.bakeMinutes).map((plan) => {
      const { kind, runbook, ...metric } = plan;
      const description = alarmDescription(metric.alarmDescription, runbooks, runbook);
      const alarm = new aws.cloudwatch.MetricAlarm(
        `${name}-${kind}`,
        { ...metric, alarmDescription: description, alarmActions: topicArns, okActions: topicArns },
        { parent: this },
      );
      return { plan, alarm };
    });
  }

  private model(
    name: string,
    { endpointName, target, release, samples, features, image }: SageMakerServingArgs,
    facts: pulumi.Output<ConfigurationFacts>,
    child: pulumi.CustomResourceOptions,
  ): aws.sagemaker.Model {
    const plan = facts.apply(planModel);
    const pinned = release.kind === "pinned" ? release.package : undefined;
    return new aws.sagemaker.Model(
      name,
      {
        ...(pinned ? {} : { name: firstName(endpointName) }),
        executionRoleArn: plan.executionRoleArn,
        ...(target.kind === "serverless"
          ? {}
          : {
              ...(samples || features ? {} : { enableNetworkIsolation: true }),
              vpcConfig: plan.apply(({ vpcConfig }) => vpcConfig!),
            }),
        primaryContainer: {
          image: plan.primaryContainer.image,
          environment: plan.primaryContainer.environment,
          ...(pinned ? { modelDataUrl: pinned.url } : {}),
        },
      },
      {
        ...child,
        dependsOn: after(...image.pushed, ...(pinned?.ready ?? [])),
        ...(pinned ? {} : { ignoreChanges: others.model }),
      },
    );
  }

  /** The provider calls an update done that SageMaker took back: https://github.com/hashicorp/terraform-provider-aws/issues/48997 */
  private liveCheck(
    name: string,
    { endpointName, model, functionName }: SageMakerServingArgs,
    configuration: aws.sagemaker.EndpointConfiguration,
    endpoint: aws.sagemaker.Endpoint,
  ): pulumi.Resource {
    const input = configuration.name.apply((endpointConfigName) =>
      JSON.stringify({ action: "check", endpointName, endpointConfigName, model }),
    );
    return new aws.lambda.Invocation(`${name}-live`, { functionName, input }, { parent: this, dependsOn: [endpoint] });
  }
}
