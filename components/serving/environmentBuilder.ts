import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "../contracts/app";
import type { WorkloadIdentity } from "../contracts/foundation";
import { admissionPolicy } from "../lib/admission";
import { after, type Dependency } from "../lib/dependencies";
import type { PolicyStatement } from "../lib/statements";
import { ignoreDisruption, undisturbed } from "../lib/undisturbed";
import { buildAdmission, isTemplate, type KnownPod, namesVersion } from "./buildAdmission";
import { type BuilderPodArgs, builderPod, containerName } from "./builderPod";
import { toDns, toNamespace, toPodIdentity, toPorts } from "./egress";
import { type IndexFacts, toIndexes } from "./indexes";
import type { ModelsSpace } from "./modelsSpace";

/** What builds packages of models. */
export interface EnvironmentBuilderArgs extends Omit<BuilderPodArgs, "serviceAccount" | "arguments" | "secretNames"> {
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">;
  indexes: IndexFacts;
  timeoutMinutes: number;
  placement: Placement;
  mlflow?: { namespace: string; portNumber: number };
  /** A store that is not Amazon's by its port, Amazon's by the addresses that it has in the region. */
  reach: { storePort: number } | { storeCidrs: pulumi.Input<string[]> };
  /** Whether a model's files lie in a bucket, not in MLflow. */
  fromBucket: boolean;
  identity: WorkloadIdentity;
  /** What it may do in the cloud; absent where no cloud asks. */
  statements?: pulumi.Input<PolicyStatement[]>;
  /** Versions that the stack names for SageMaker: an update waits until their packages are decided on. */
  pinned: { model: string; from: string; versionKey: string; verdict: pulumi.Output<string> }[];
  /** Depend on these before a Job of this program begins. */
  before: Dependency[];
}

/** Of the account, the policy, the template and the pods' label. A dot is in no model's name. */
export const environmentsName = "models.environments";
/** Kept for a day, so that a person can read why a build failed. */
const keptSeconds = 86_400;
const labels = { "app.kubernetes.io/name": environmentsName };

/**
 * Where packages of models are installed, apart from all that is privileged: pods that hold nothing but what writes below one folder, and
 * reach nothing but MLflow, that folder and the indexes. The release controller makes Jobs from the template of a CronJob that never runs by
 * itself, so that what a Job is stands in the preview.
 */
export class EnvironmentBuilder extends pulumi.ComponentResource {
  /** Depend on these to come after the builder, and to be destroyed before it. */
  readonly ready: Dependency[];
  /** By model: the packages of the version that the stack names are decided on after it. */
  readonly jobs: Record<string, k8s.batch.v1.Job> = {};

  constructor(name: string, args: EnvironmentBuilderArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:EnvironmentBuilder", name, {}, opts);
    const child = { parent: this };
    const { space } = args;
    const { namespace } = space;
    const inside = { ...child, dependsOn: after(...space.ready) };
    const metadata = { name: environmentsName, namespace, labels };
    const account = new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, inside);
    const granted =
      args.statements === undefined
        ? []
        : [
            args.identity.grant(
              name,
              { namespace, serviceAccount: environmentsName, statements: args.statements },
              child,
            ),
          ];
    const traffic = new k8s.networking.v1.NetworkPolicy(
      name,
      {
        metadata,
        spec: {
          podSelector: { matchLabels: labels },
          policyTypes: ["Ingress", "Egress"],
          egress: [
            toDns,
            ...toIndexes(args.indexes),
            ...(args.mlflow ? [toNamespace(args.mlflow)] : []),
            "storePort" in args.reach ? toPorts(args.reach.storePort) : toStore(args.reach.storeCidrs),
            ...(args.statements === undefined ? [] : [toPodIdentity]),
          ],
        },
      },
      inside,
    );
    const first = [...space.ready, account, ...granted, traffic];
    const template = new k8s.batch.v1.CronJob(
      name,
      {
        metadata,
        spec: {
          schedule: "0 0 1 1 *", // Needed, and never kept: it is suspended.
          suspend: true,
          jobTemplate: {
            metadata: { labels },
            spec: { ...jobSpec(args, []), ttlSecondsAfterFinished: keptSeconds },
          },
        },
      },
      { ...child, dependsOn: after(...first) },
    );
    const pod = podSpec(args, []) as KnownPod;
    // The address of the store among them may be known later, so the preview shows all else.
    const expression = pulumi.output(pod.containers[0]!.args!).apply((given) => namesVersion(given).expression);
    const admitted = admissionPolicy(
      name,
      {
        ...buildAdmission(namespace),
        demands: [isTemplate(pod), { ...namesVersion([]), expression }],
      },
      { ...child, dependsOn: [template] },
    );
    for (const { model, from, versionKey, verdict } of args.pinned) {
      this.jobs[model] = new k8s.batch.v1.Job(
        `${name}-${model}`,
        {
          // Kept when done, else each refresh would make it anew. One that failed is made anew by the next update.
          metadata: {
            name: `${model}-environment-${versionKey}`,
            namespace,
            labels,
            annotations: { "pulumi.com/replaceUnready": "true" },
          },
          spec: {
            ...jobSpec(args, ["--model", model, "--from", from, "--verdict", verdict]),
          },
        },
        {
          ...child,
          dependsOn: after(...first, ...args.before),
          customTimeouts: { create: `${args.timeoutMinutes + 10}m`, update: `${args.timeoutMinutes + 10}m` },
        },
      );
    }
    this.ready = [template, ...admitted, ...Object.values(this.jobs)];
    this.registerOutputs();
  }
}

const toStore = (cidrs: pulumi.Input<string[]>): k8s.types.input.networking.v1.NetworkPolicyEgressRule => ({
  to: pulumi.output(cidrs).apply((blocks) => blocks.map((cidr) => ({ ipBlock: { cidr } }))),
  ports: [{ port: 443, protocol: "TCP" }],
});

function podSpec(args: EnvironmentBuilderArgs, more: pulumi.Input<string>[]): k8s.types.input.core.v1.PodSpec {
  const { servers, store, environmentsWriting } = args.space.secrets;
  const secretNames = [servers, environmentsWriting, ...(args.fromBucket ? [store] : [])];
  return builderPod({
    ...args,
    serviceAccount: environmentsName,
    secretNames: secretNames.filter((secret) => secret !== undefined),
    arguments: more,
  });
}

function jobSpec(args: EnvironmentBuilderArgs, more: pulumi.Input<string>[]): k8s.types.input.batch.v1.JobSpec {
  return {
    backoffLimit: 2,
    // Exit code 1 is what the builder has to say about the model; an index that does not answer is asked again.
    podFailurePolicy: {
      rules: [{ action: "FailJob", onExitCodes: { containerName, operator: "In", values: [1] } }, ignoreDisruption],
    },
    activeDeadlineSeconds: (args.timeoutMinutes + 5) * 60,
    template: {
      metadata: { labels, annotations: undisturbed },
      spec: podSpec(args, more),
    },
  };
}
