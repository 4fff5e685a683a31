import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { bindRights, loopRights } from "../../apps/airflow/rights";
import type { MlflowCredentials } from "../../apps/mlflow/secrets";
import { storeVariable } from "../../contracts/features";
import type { CompatibleStore, WorkloadIdentity } from "../../contracts/foundation";
import { admissionPolicy } from "../../lib/admission";
import { after, type Dependency } from "../../lib/dependencies";
import { podQuota } from "../../lib/podQuota";
import type { PolicyStatement } from "../../lib/statements";
import { toDns, toNamespace, toPodIdentity, toPorts } from "../../serving/egress";
import { loopAdmission } from "./loopAdmission";
import { modelLabel, podLabels } from "./pods";

/** Of pods of loops, apart from everything that people's DAGs start. */
export const loopNamespace = "airflow-training";

/** What pods of loops read there, by name. */
export const loopObjects = {
  environment: "training-environment",
  mlflow: "training-mlflow",
  store: "training-store",
  features: "training-features",
  expiry: "training-expiry",
  serviceAccount: (model: string) => `training-${model}`,
} as const;

/** At once, at most: each DAG of a loop has one run, and a run one pod, which may still end while the next one starts. */
const podsOfLoop = 10;

/** What the loops of a stack need beside their DAGs. */
export interface LoopPodsArgs {
  /** Who starts the pods; none is made where it is the service account of all tasks. */
  launcher: { name: string; namespace: string; made: boolean };
  /** Of buckets. */
  region: string;
  mlflow: { uri: string; credentials: MlflowCredentials; namespace: string; portNumber: number };
  /** A store that is not Amazon's; absent where a grant is all that pods need. */
  store?: CompatibleStore;
  /** Address of PostgreSQL with features, for those who prepare; absent where no loop has any, or SageMaker keeps them. */
  features?: { url: pulumi.Output<string>; portNumber: number; models: readonly string[] };
  identity: WorkloadIdentity;
  /** From model to what its pods may do in the cloud; nothing where the store has keys of its own. */
  models: Record<string, pulumi.Input<PolicyStatement[]> | undefined>;
  /** Depend on these before making the namespace. */
  ready: Dependency[];
  /** Airflow. */
  after: Dependency[];
}

/** Who the pods of loops are, what they sign in by, and where they may go. The pods themselves are started by Airflow. */
export class LoopPods extends pulumi.ComponentResource {
  /** Depend on these to come after it, and to be destroyed before it. */
  readonly ready: Dependency[];
  readonly space: k8s.core.v1.Namespace;

  constructor(name: string, args: LoopPodsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:training:LoopPods", name, {}, opts);
    const child = { parent: this };
    const { mlflow, store, features, region, launcher } = args;
    const namespace = loopNamespace;
    this.space = new k8s.core.v1.Namespace(
      name,
      {
        metadata: {
          name: namespace,
          labels: {
            // Images that train may run as root: SageMaker's do.
            "pod-security.kubernetes.io/enforce": "baseline",
            "pod-security.kubernetes.io/warn": "restricted",
          },
        },
      },
      { ...child, dependsOn: after(...args.ready) },
    );
    const inside = { ...child, dependsOn: after(...args.after, this.space) };
    const secret = (role: string, secretName: string, stringData: Record<string, pulumi.Input<string>>) =>
      new k8s.core.v1.Secret(
        `${name}-${role}`,
        { metadata: { name: secretName, namespace }, stringData: pulumi.secret(stringData) },
        inside,
      );
    const starts = `${name}.launcher`; // No model's name has a dot: one may be called launcher.
    const made: Dependency[] = [
      ...(launcher.made
        ? [
            new k8s.core.v1.ServiceAccount(
              starts,
              { metadata: { name: launcher.name, namespace: launcher.namespace } },
              inside,
            ),
          ]
        : []),
      ...bindRights(starts, loopRights(namespace, { name: launcher.name, namespace: launcher.namespace }), inside),
      ...admissionPolicy(
        name,
        loopAdmission({
          namespace,
          launcher,
          accountPrefix: loopObjects.serviceAccount(""),
          secretNames: [
            ...[loopObjects.mlflow, loopObjects.store, loopObjects.expiry],
            ...(features ? [loopObjects.features] : []),
          ],
        }),
        inside,
      ),
      ...podQuota(
        `${name}.pods`, // As above: one may be called pods.
        { namespace, objectName: "pods", maxPods: podsOfLoop * Object.keys(args.models).length + 20 },
        inside,
      ),
      new k8s.core.v1.ConfigMap(
        `${name}-environment`,
        {
          metadata: { name: loopObjects.environment, namespace },
          data: { AWS_REGION: region, AWS_DEFAULT_REGION: region, HOME: "/tmp" },
        },
        inside,
      ),
      secret("mlflow", loopObjects.mlflow, { MLFLOW_TRACKING_URI: mlflow.uri, ...mlflow.credentials }),
      ...(store
        ? [
            secret("store", loopObjects.store, {
              AWS_ENDPOINT_URL_S3: store.endpoint,
              AWS_ACCESS_KEY_ID: store.accessKeyId,
              AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
            }),
          ]
        : []),
      ...(features ? [secret("features", loopObjects.features, { [storeVariable]: features.url })] : []),
      new k8s.networking.v1.NetworkPolicy(
        `${name}-closed`,
        { metadata: { name: "closed", namespace }, spec: { podSelector: {}, policyTypes: ["Ingress"] } },
        inside,
      ),
      new k8s.networking.v1.NetworkPolicy(
        name,
        {
          metadata: { name: "training", namespace },
          spec: {
            podSelector: { matchLabels: podLabels },
            policyTypes: ["Egress"],
            egress: [
              toDns,
              toPorts(store?.portNumber ?? 443),
              toNamespace(mlflow),
              ...(store === undefined ? [toPodIdentity] : []),
            ],
          },
        },
        inside,
      ),
      ...(features
        ? [
            new k8s.networking.v1.NetworkPolicy(
              `${name}.features`, // As above.
              {
                metadata: { name: "training.features", namespace },
                spec: {
                  podSelector: {
                    matchLabels: podLabels,
                    matchExpressions: [{ key: modelLabel, operator: "In", values: [...features.models] }],
                  },
                  policyTypes: ["Egress"],
                  egress: [toPorts(features.portNumber)],
                },
              },
              inside,
            ),
          ]
        : []),
    ];
    for (const [model, statements] of Object.entries(args.models)) {
      const serviceAccount = loopObjects.serviceAccount(model);
      made.push(
        new k8s.core.v1.ServiceAccount(
          `${name}-${model}`,
          { metadata: { name: serviceAccount, namespace }, automountServiceAccountToken: false },
          inside,
        ),
      );
      if (statements === undefined) continue;
      made.push(args.identity.grant(`${name}-${model}`, { namespace, serviceAccount, statements }, child));
    }
    this.ready = [this, ...made];
    this.registerOutputs();
  }
}
