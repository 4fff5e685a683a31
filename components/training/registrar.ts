import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { modelServer } from "../../charts/values/modelServer";
import type { Placement } from "../apps/facts";
import type { ObjectStore, WorkloadIdentity } from "../foundation/contracts";
import type { PolicyStatement } from "../identity/statements";
import { after, type Dependency } from "../lib/dependencies";
import { lonePod } from "../serving/lonePod";
import type { ModelsSpace } from "../serving/modelsSpace";
import { releaseContainerSecurity, releaseEgress, releasePodSecurity } from "../serving/releasePods";
import { layout } from "./spec";

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

const configMountPath = "/etc/registrar";

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
        pod: podSpec(args), // Runs wait for it, and say so when they waited too long.
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

function podSpec({ image, space, placement, region, models }: RegistrarArgs): k8s.types.input.core.v1.PodSpec {
  const { releases } = space.secrets;
  const probe = (path: string) => ({ httpGet: { path, port: "metrics" }, periodSeconds: 20, timeoutSeconds: 5 });
  return {
    serviceAccountName: registrarName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...placement,
    securityContext: releasePodSecurity,
    containers: [
      {
        name: "release",
        image,
        // A release occupies whoever waits for it. Each model has one at once; and no slot, so that slots do not limit them.
        args: ["register", "--workers", String(models.length + 1)],
        env: [
          { name: "HOME", value: "/tmp" },
          { name: "AWS_REGION", value: region },
        ],
        envFrom: releases === undefined ? [] : [{ secretRef: { name: releases } }],
        ports: [{ name: "metrics", containerPort: modelServer.metricsPortNumber }],
        startupProbe: { ...probe("/health/live"), failureThreshold: 15 },
        livenessProbe: { ...probe("/health/live"), failureThreshold: 6 },
        securityContext: releaseContainerSecurity,
        resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "2Gi" } },
        volumeMounts: [
          { name: "config", mountPath: configMountPath, readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: registrarName } },
      { name: "tmp", emptyDir: { sizeLimit: "20Gi" } }, // Models are unpacked and packed here.
    ],
  };
}
