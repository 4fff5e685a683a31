import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { ownChart } from "../../charts/own";
import {
  type ModelServerFacts,
  modelObjects,
  modelServer,
  modelServerValues,
  requestSeconds,
} from "../../charts/values/modelServer";
import { publishedService } from "../apps/publishedService";
import type { Address, Placement } from "../contracts/app";
import type { WorkloadIdentity } from "../contracts/foundation";
import { after, type Dependency } from "../lib/dependencies";
import type { PolicyStatement } from "../lib/statements";
import type { ModelsSpace } from "./modelsSpace";

/** What one model on Kubernetes needs from the rest of the platform. */
export interface ModelServerArgs
  extends Pick<
    ModelServerFacts,
    | "model"
    | "image"
    | "minReplicas"
    | "maxReplicas"
    | "cpu"
    | "memoryMiB"
    | "gpus"
    | "targetCpuPercent"
    | "timeoutMillis"
    | "clientNamespaces"
    | "monitoringNamespace"
    | "mlflow"
    | "storePort"
  > {
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">;
  placement: Placement;
  /** Depend on these before making a ServiceMonitor; absent where nothing monitors. */
  monitors?: Dependency[];
  identity: WorkloadIdentity;
  /** Where samples of what the model was asked go; absent: none are kept. */
  samples?: { percent: number; uri: pulumi.Input<string> };
  /** Variables of the server beside its settings. Literals. */
  environment?: Record<string, string>;
  /** What its pods may do in the cloud, such as to add samples; absent: nothing, and then they get no identity. */
  statements?: pulumi.Input<PolicyStatement[]>;
  /** Whether it reads or writes the object store by itself, not through MLflow. */
  usesStore: boolean;
  /** Whether versions may come with packages of their own, which the servers then read from the store. */
  environments?: boolean;
  /** Secret with the address of PostgreSQL with features, and its port; absent: it looks none up there. */
  features?: { secretName: string; portNumber: number };
  /** The host of all models; absent: there is no way in from outside the cluster. */
  address?: Address;
}

/** One model behind an API: its pods, the canary beside them, a token, and an address. Which version it serves is decided elsewhere. */
export class ModelServer extends pulumi.ComponentResource {
  /** For callers inside the cluster. */
  readonly inClusterUrl: string;
  /** For callers outside; absent where nothing is published. */
  readonly url?: string;
  /** Secret with the `token` that callers outside show; absent where nothing is published. */
  readonly tokenSecret?: string;
  /** Depend on these to come after the model, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: ModelServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:ModelServer", name, {}, opts);
    const child = { parent: this };
    const { model, space, samples, address } = args;
    const { namespace } = space;
    const names = modelObjects(model);
    const inside = { ...child, dependsOn: after(...space.ready) };
    const first: Dependency[] = [...space.ready];

    if (address) first.push(this.token(name, names.tokenSecret, namespace, child, inside));
    const facts = {
      ...args.environment,
      ...(samples ? { MODEL_SERVER_SAMPLE_URI: samples.uri } : {}),
    };
    const hasFacts = Object.keys(facts).length > 0;
    if (hasFacts) {
      // What only the cloud knows travels in an object the pods read; values stay literal, so the preview stays whole.
      first.push(
        new k8s.core.v1.ConfigMap(
          `${name}-facts`,
          { metadata: { name: names.factsConfigMap, namespace }, data: facts },
          inside,
        ),
      );
    }
    if (args.statements !== undefined) {
      first.push(args.identity.grant(name, { namespace, serviceAccount: model, statements: args.statements }, child));
    }

    const { servers, store, environmentsReading } = space.secrets;
    const environments = args.environments ? environmentsReading : undefined;
    const values = modelServerValues({
      ...args,
      ...args.placement,
      ...(samples ? { samplePercent: samples.percent } : {}),
      ...(address ? { publicPrefix: `/${model}` } : {}),
      ...(args.features ? { featuresPort: args.features.portNumber } : {}),
      variablesFrom: {
        secrets: [
          ...(servers === undefined ? [] : [servers]),
          ...(store && args.usesStore ? [store] : []),
          ...(environments === undefined ? [] : [environments]),
          ...(args.features ? [args.features.secretName] : []),
        ],
        configMaps: hasFacts ? [names.factsConfigMap] : [],
      },
    });
    const chart = new k8s.helm.v4.Chart(
      name,
      { ...ownChart("model-server"), name: model, namespace, values },
      // Pods started before the grant run without credentials.
      { ...child, dependsOn: after(...first, ...(args.monitors ?? [])) },
    );
    this.ready = [chart, chart.resources];
    this.inClusterUrl = `http://${model}.${namespace}.svc:${modelServer.portNumber}`;
    if (address) {
      const ingress = publishedService(
        `${name}-ingress`,
        {
          namespace,
          service: model,
          portNumber: modelServer.publicPortNumber,
          path: `/${model}`,
          healthPath: `/${model}/health/ready`,
          maxBodyMiB: modelServer.maxBodyMiB,
          timeoutSeconds: requestSeconds(args.timeoutMillis),
          skipAwait: true, // There may be no version yet that could answer.
          address,
          after: this.ready,
        },
        child,
      );
      this.ready.push(ingress);
      this.url = `${address.url}/${model}`;
      this.tokenSecret = names.tokenSecret;
    }
    this.registerOutputs();
  }

  private token(
    name: string,
    secretName: string,
    namespace: string,
    child: pulumi.CustomResourceOptions,
    inside: pulumi.CustomResourceOptions,
  ): k8s.core.v1.Secret {
    // Letters and digits: it travels in a header, where anything else would have to be escaped.
    const { result } = new random.RandomPassword(`${name}-token`, { length: 48, special: false }, child);
    return new k8s.core.v1.Secret(
      `${name}-token`,
      { metadata: { name: secretName, namespace }, stringData: pulumi.secret({ token: result }) },
      inside,
    );
  }
}
