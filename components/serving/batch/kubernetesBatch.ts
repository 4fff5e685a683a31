import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { WorkloadIdentity } from "../../contracts/foundation";
import { transformData } from "../../identity/policies/batch";
import { after, type Dependency } from "../../lib/dependencies";
import type { PolicyStatement } from "../../lib/statements";
import { ignoreDisruption, undisturbed } from "../../lib/undisturbed";
import { toIndexes } from "../indexes";
import { type ScoringPodArgs, scoringPod } from "./scoringPod";

/** One model that scores many rows at once, in pods. */
export interface KubernetesBatchArgs extends ScoringPodArgs {
  namespace: string;
  /** Depend on these before anything of the namespace. */
  after: Dependency[];
  identity: WorkloadIdentity;
  /** Permissions to read the model where it lies in a bucket, beside those on rows and predictions. */
  readModel?: pulumi.Input<PolicyStatement[]>;
  /** The same on packages that were built for models. */
  readEnvironments?: pulumi.Input<PolicyStatement[]>;
  /** Port of MLflow, inside the cluster; absent where models come from elsewhere. */
  mlflowPort?: number;
  timeoutMinutes: number;
  /** Everything below a folder, again each time. Five cron fields, in UTC. */
  whole?: { cron: string; folder: string };
  /** Folder whose new objects are scored, each once. */
  newObjects?: { folder: string };
}

/** How often new objects are looked for. */
const lookCron = "*/5 * * * *";
/** Label of the pods of one model's scoring. */
const batchLabel = "mlplatform/batch";

/** Scoring of one model by CronJobs: one for a whole folder, one that looks for new objects. */
export class KubernetesBatch extends pulumi.ComponentResource {
  /** Depend on these to come after it, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: KubernetesBatchArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:KubernetesBatch", name, {}, opts);
    const child = { parent: this };
    const { namespace, store, model } = args;
    const account = `${model}-batch`;
    const inside = { ...child, dependsOn: after(...args.after) };
    const folders = [args.whole?.folder, args.newObjects?.folder].filter((folder) => folder !== undefined);

    const serviceAccount = new k8s.core.v1.ServiceAccount(
      name,
      { metadata: { name: account, namespace }, automountServiceAccountToken: false },
      inside,
    );
    const granted = args.identity.grant(
      name,
      {
        namespace,
        serviceAccount: account,
        statements: pulumi
          .all([store.bucketArn, store.keyArn, args.readModel ?? [], args.readEnvironments ?? []])
          .apply(([bucketArn, keyArn, readModel, readEnvironments]) => [
            ...transformData({ bucketArn, keyArn }, model, folders),
            ...readModel,
            ...readEnvironments,
          ]),
      },
      child,
    );
    const traffic = new k8s.networking.v1.NetworkPolicy(
      `${name}-traffic`,
      {
        metadata: { name: account, namespace },
        spec: {
          podSelector: { matchLabels: { [batchLabel]: model } },
          policyTypes: ["Ingress", "Egress"],
          egress: egress(args),
        },
      },
      inside,
    );
    const cron = (role: string, suffix: string, schedule: string, folder: string, more: string[]) =>
      new k8s.batch.v1.CronJob(
        `${name}-${role}`,
        {
          metadata: { name: `${account}${suffix}`, namespace, labels: labels(model) },
          spec: {
            schedule,
            timeZone: "Etc/UTC",
            concurrencyPolicy: "Forbid",
            startingDeadlineSeconds: 600,
            successfulJobsHistoryLimit: 3,
            failedJobsHistoryLimit: 3,
            jobTemplate: {
              metadata: { labels: labels(model) },
              spec: {
                backoffLimit: 1,
                podFailurePolicy: { rules: [ignoreDisruption] },
                activeDeadlineSeconds: args.timeoutMinutes * 60,
                template: {
                  metadata: { labels: labels(model), annotations: undisturbed },
                  spec: scoringPod(args, account, folder, more),
                },
              },
            },
          },
        },
        // Pods started before the grant run without credentials.
        { ...child, dependsOn: after(serviceAccount, granted, traffic) },
      );
    const jobs = [
      ...(args.whole ? [cron("whole", "", args.whole.cron, args.whole.folder, [])] : []),
      ...(args.newObjects ? [cron("new", "-new", lookCron, args.newObjects.folder, ["--new-only"])] : []),
    ];
    this.ready = [this, ...jobs];
    this.registerOutputs();
  }
}

const labels = (model: string) => ({
  "app.kubernetes.io/name": "batch-scoring",
  "app.kubernetes.io/instance": model,
  "mlplatform/model": model,
  [batchLabel]: model,
});

function egress({
  mlflowPort,
  store,
  environments,
}: KubernetesBatchArgs): k8s.types.input.networking.v1.NetworkPolicyEgressRule[] {
  const mlflow = { matchLabels: { "kubernetes.io/metadata.name": "mlflow" } };
  return [
    {
      ports: [
        { port: 53, protocol: "UDP" },
        { port: 53, protocol: "TCP" },
      ],
    },
    ...(mlflowPort === undefined
      ? []
      : [{ to: [{ namespaceSelector: mlflow }], ports: [{ port: mlflowPort, protocol: "TCP" }] }]),
    { ports: [{ port: store.compatible?.portNumber ?? 443, protocol: "TCP" }] },
    ...(environments ? toIndexes(environments.indexes) : []),
    // The agent of EKS Pod Identity.
    { to: [{ ipBlock: { cidr: "169.254.170.23/32" } }], ports: [{ port: 80, protocol: "TCP" }] },
  ];
}
