import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { modelsNamespace } from "../../charts/values/modelServer";
import type { MlflowCredentials } from "../apps/mlflow/secrets";
import { lookupStoreVariable } from "../contracts/features";
import type { CompatibleStore, StoreKey } from "../contracts/foundation";
import { anyRegion } from "../lib/anyRegion";
import { after, type Dependency } from "../lib/dependencies";
import { podQuota } from "../lib/podQuota";

/** What everything about models shares. */
export interface ModelsSpaceArgs {
  /** Depend on these before scheduling a pod. */
  ready: Dependency[];
  /** Who reads the registry, and who also writes there what became of a version. Absent: models come from elsewhere. */
  mlflow?: { uri: string; servers: MlflowCredentials; releases: MlflowCredentials };
  /** A store that is not Amazon's; absent where a grant is all that pods need. */
  store?: CompatibleStore;
  /** Keys of such a store for packages of models; absent where none are built, or a grant is all that pods need. */
  environments?: Pick<CompatibleStore, "endpoint"> & { reading: StoreKey; writing: StoreKey };
  /** Address of PostgreSQL with features, for servers that look some up; absent where none does, or a grant is all that they need. */
  features?: pulumi.Output<string>;
  /** Pods of all models at once. A quota that a model could reach would keep an approved version from answering. */
  maxPods: number;
}

/** Names of the Secrets, whose keys are variables of the environment. */
export const modelsSecrets = {
  /** MLflow for those who only read: servers, batch scoring, drift checks. */
  servers: "mlflow-model-servers",
  /** MLflow for those who release. */
  releases: "mlflow-releases",
  /** The object store, where it is not Amazon's. */
  store: "model-store",
  /** Packages of models, where the store is not Amazon's: for those who run them. */
  environmentsReading: "models-environments",
  /** The same, for what builds them. */
  environmentsWriting: "models-environments-builder",
  /** PostgreSQL with features, for servers that look some up. */
  features: "models-features",
} as const;

/** The namespace of all models, shut in both directions, with what its pods sign in by. */
export class ModelsSpace extends pulumi.ComponentResource {
  readonly namespace = modelsNamespace;
  /** Secrets for pods that load models; those of the store only where there is one. */
  readonly secrets: {
    servers?: string;
    releases?: string;
    store?: string;
    environmentsReading?: string;
    environmentsWriting?: string;
  };
  /** Depend on these to come after the namespace and what is in it, and to be destroyed before. */
  readonly ready: Dependency[];

  constructor(name: string, args: ModelsSpaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:ModelsSpace", name, {}, opts);
    const child = { parent: this };
    const { mlflow, store, environments, features } = args;
    const key = ({ accessKeyId, secretAccessKey }: StoreKey) => ({
      ENVIRONMENTS_S3_ENDPOINT_URL: environments!.endpoint,
      ENVIRONMENTS_S3_ACCESS_KEY_ID: accessKeyId,
      ENVIRONMENTS_S3_SECRET_ACCESS_KEY: secretAccessKey,
      ENVIRONMENTS_S3_REGION: anyRegion,
    });
    const namespace = new k8s.core.v1.Namespace(
      name,
      { metadata: { name: modelsNamespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
      { ...child, dependsOn: after(...args.ready) },
    );
    const inside = { ...child, dependsOn: [namespace] };
    // A dot is in no model's name, so that no policy of a model is in its place.
    const closed = new k8s.networking.v1.NetworkPolicy(
      `${name}-closed`,
      {
        metadata: { name: "models.closed", namespace: modelsNamespace },
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      },
      inside,
    );
    const secret = (role: string, secretName: string, stringData: Record<string, pulumi.Input<string>>) =>
      new k8s.core.v1.Secret(
        `${name}-${role}`,
        { metadata: { name: secretName, namespace: modelsNamespace }, stringData: pulumi.secret(stringData) },
        inside,
      );
    const made = [
      ...podQuota(
        `${name}-pods`,
        { namespace: modelsNamespace, objectName: "models.pods", maxPods: args.maxPods },
        inside,
      ),
      ...(mlflow
        ? [
            secret("servers", modelsSecrets.servers, { MLFLOW_TRACKING_URI: mlflow.uri, ...mlflow.servers }),
            secret("releases", modelsSecrets.releases, { MLFLOW_TRACKING_URI: mlflow.uri, ...mlflow.releases }),
          ]
        : []),
      ...(store
        ? [
            secret("store", modelsSecrets.store, {
              AWS_ENDPOINT_URL_S3: store.endpoint,
              AWS_ACCESS_KEY_ID: store.accessKeyId,
              AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
              AWS_DEFAULT_REGION: anyRegion,
            }),
          ]
        : []),
      ...(environments
        ? [
            secret("environments", modelsSecrets.environmentsReading, key(environments.reading)),
            secret("environments-builder", modelsSecrets.environmentsWriting, key(environments.writing)),
          ]
        : []),
      ...(features ? [secret("features", modelsSecrets.features, { [lookupStoreVariable]: features })] : []),
    ];
    this.secrets = {
      ...(mlflow ? { servers: modelsSecrets.servers, releases: modelsSecrets.releases } : {}),
      ...(store ? { store: modelsSecrets.store } : {}),
      ...(environments
        ? {
            environmentsReading: modelsSecrets.environmentsReading,
            environmentsWriting: modelsSecrets.environmentsWriting,
          }
        : {}),
    };
    this.ready = [namespace, closed, ...made];
    this.registerOutputs();
  }
}
