import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "../contracts/app";
import type { ObjectStore, WorkloadIdentity } from "../contracts/foundation";
import { layout } from "../contracts/trainingLoop";
import { after, type Dependency } from "../lib/dependencies";
import type { PolicyStatement } from "../lib/statements";
import { lonePod } from "../serving/lonePod";
import type { ModelsSpace } from "../serving/modelsSpace";
import { releasePod } from "../serving/releasePod";
import { releaseEgress } from "../serving/releasePods";

/** Of the Deployment and of everything that belongs to it; no model may be named so. */
export const registrarName = "registrar";

/** A model whose versions runs register. */
export interface TrainedModel {
  name: string;
  /** As the stack has it: `models:/<name>@<alias>`. */
  from: string;
  /** Where releases of it say what became of them. */
  targets: ("kubernetes" | "sagemaker")[];
  bakeMinutes: number;
}

/** Who does in MLflow what training on AWS asks for. */
export interface RegistrarArgs {
  /** In the tags that versions get in the registry. */
  stack: string;
  region: string;
  image: string;
  models: TrainedModel[];
  activityArn: pulumi.Input<string>;
  /** Holds what was trained, and the packages of what is live. */
  store: ObjectStore;
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">;
  mlflow: { namespace: string; portNumber: number };
  placement: Placement;
  identity: WorkloadIdentity;
  statements: pulumi.Input<PolicyStatement[]>;
  /** Depend on these before making a ServiceMonitor; absent where nothing monitors. */
  monitors?: Dependency[];
  monitoringNamespace?: string;
  /** What it asks of the cloud. */
  after: Dependency[];
}

/** One pod that asks AWS for work, so that nothing of AWS needs a way into the cluster. */
export class Registrar extends pulumi.ComponentResource {
  /** Depend on these to come after it, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: RegistrarArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:training:Registrar", name, {}, opts);
    const child = { parent: this };
    const { namespace, ready } = args.space;
    const inside = { ...child, dependsOn: after(...ready) };
    const labels = { "app.kubernetes.io/name": registrarName };
    const metadata = { name: registrarName, namespace, labels };
    const account = new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, inside);
    const granted = args.identity.grant(
      name,
      { namespace, serviceAccount: registrarName, statements: args.statements },
      child,
    );
    this.ready = lonePod(
      name,
      {
        metadata,
        config: { file: "registrar.json", content: configuration(args) },
        egress: releaseEgress({ mlflow: args.mlflow, podIdentity: true }),
        // Runs wait for it, and say so when they waited too long.
        pod: releasePod({
          name: registrarName,
          configMountPath: "/etc/registrar",
          image: args.image,
          // A release occupies whoever waits for it. Each model has one at once; and no slot, so that slots do not limit them.
          command: ["register", "--workers", String(args.models.length + 1)],
          region: args.region,
          secrets: [args.space.secrets.releases],
          placement: args.placement,
          kubernetes: false,
          ready: false,
          memoryLimit: "2Gi",
          probePeriodSeconds: 20,
          startupFailures: 15,
        }),
        ready,
        after: [account, granted, ...args.after],
        monitors: args.monitors,
        monitoringNamespace: args.monitoringNamespace,
      },
      child,
    );
    this.registerOutputs();
  }
}

function configuration({ stack, region, activityArn, store, models }: RegistrarArgs) {
  return {
    stack,
    region,
    activityArn,
    packages: pulumi.interpolate`${store.uri}/${layout.models("").replace(/\/+$/, "")}`,
    models: [...models].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
