import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { modelServer } from "../../charts/values/modelServer";
import type { Placement } from "../contracts/app";
import type { WorkloadIdentity } from "../contracts/foundation";
import { after, type Dependency } from "../lib/dependencies";
import type { PolicyStatement } from "../lib/statements";
import { toDns, toNamespace, toPodIdentity, toPorts } from "./egress";
import { lonePod } from "./lonePod";
import type { ModelsSpace } from "./modelsSpace";
import { releaseContainerSecurity, releasePodSecurity } from "./releasePods";

/** Of the Deployment and of everything that belongs to it; no model may be named so. */
export const driftMonitorName = "drift-monitor";

/** One model whose input is compared with its training data. */
export interface WatchedModel {
  name: string;
  /** Where it comes from, as the stack has it: its baseline is there. */
  from: string;
  /** Population stability index above which drift is told. */
  maxPsi: number;
  /** Hours between two checks. */
  everyHours: number;
  /** Columns that are not compared. */
  columns?: Record<string, "ignore">;
  /** Absent where no look judges labelled answers. */
  quality?: JudgedQuality;
}

/** How labelled answers of a model are judged, window by window. */
export interface JudgedQuality {
  /** Hours of a window. */
  everyHours: number;
  /** Absent: the usual one of the type of the problem. */
  metric?: string;
  /** Percent by which the metric may be worse than in the evaluation. */
  maxDropPercent: number;
  /** So many windows in a row that are worse than `threshold`, or than the evaluation allows, start a training. */
  decay?: { metric?: string | undefined; threshold?: number | undefined; windows: number };
}

/** What compares what models are asked with what they were trained on. */
export interface DriftMonitorArgs {
  image: string;
  models: WatchedModel[];
  /** Where model servers leave their samples, all models below it. */
  samplesUri: pulumi.Input<string>;
  /** Where reports are kept, by model. */
  reportsUri: pulumi.Input<string>;
  /** Where looks at live answers leave their reports, by model; absent where there are none. */
  looksUri?: pulumi.Input<string>;
  /** Where CloudWatch keeps what labelled answers were worth, and the stack that it is of. */
  cloudWatch?: { namespace: string; stack: string };
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">;
  placement: Placement;
  /** Of the cloud; absent where there is none. */
  region?: string;
  /** Where baselines are; absent where models come from elsewhere. */
  mlflow?: { namespace: string; portNumber: number };
  /** Bus of Amazon EventBridge on which drift is told, and the stack that the events name; absent: it is not told there. */
  events?: { bus: string; stack: string };
  /** Port of a store that is not Amazon's. */
  storePort?: number;
  identity: WorkloadIdentity;
  /** What it may do in the cloud; absent: nothing, its store has keys of its own. */
  statements?: pulumi.Input<PolicyStatement[]>;
  /** Depend on these before making a ServiceMonitor; absent where nothing monitors. */
  monitors?: Dependency[];
  monitoringNamespace?: string;
}

const configMountPath = "/etc/drift";

/** One pod for all models. It checks each when its time has come, and what it knows is in the store: a restart loses nothing. */
export class DriftMonitor extends pulumi.ComponentResource {
  /** Depend on these to come after the monitor, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: DriftMonitorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:DriftMonitor", name, {}, opts);
    const child = { parent: this };
    const { namespace, ready } = args.space;
    const inside = { ...child, dependsOn: after(...ready) };
    const labels = { "app.kubernetes.io/name": driftMonitorName };
    const metadata = { name: driftMonitorName, namespace, labels };

    const account = new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, inside);
    const granted =
      args.statements === undefined
        ? []
        : [
            args.identity.grant(
              name,
              { namespace, serviceAccount: driftMonitorName, statements: args.statements },
              child,
            ),
          ];
    this.ready = lonePod(
      name,
      {
        metadata,
        // The bucket is known to the cloud only. Nothing restarts for a new model.
        config: { file: "models.json", content: configuration(args) },
        egress: egress(args),
        pod: podSpec(args), // Alerts tell of checks that are not made.
        strategy: { type: "Recreate" },
        ready,
        after: [account, ...granted],
        monitors: args.monitors,
        monitoringNamespace: args.monitoringNamespace,
      },
      child,
    );
    this.registerOutputs();
  }
}

function configuration({ models, samplesUri, reportsUri, looksUri, cloudWatch, events }: DriftMonitorArgs) {
  return {
    samples: samplesUri,
    reports: reportsUri,
    ...(looksUri === undefined ? {} : { looks: looksUri }),
    ...(cloudWatch ? { cloudWatch } : {}),
    ...(events ? { events } : {}),
    models: models.map(({ name, from, quality, ...drift }) => ({ name, from, drift, ...(quality ? { quality } : {}) })),
  };
}

function egress({
  mlflow,
  storePort,
  statements,
}: DriftMonitorArgs): k8s.types.input.networking.v1.NetworkPolicyEgressRule[] {
  return [
    toDns,
    toPorts(storePort ?? 443),
    ...(mlflow ? [toNamespace(mlflow)] : []),
    ...(statements === undefined ? [] : [toPodIdentity]),
  ];
}

function podSpec({ image, space, placement, region }: DriftMonitorArgs): k8s.types.input.core.v1.PodSpec {
  const { servers, store } = space.secrets;
  const secrets = [servers, store].filter((secret) => secret !== undefined);
  const probe = { httpGet: { path: "/metrics", port: "metrics" }, periodSeconds: 20, timeoutSeconds: 5 };
  return {
    serviceAccountName: driftMonitorName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...placement,
    securityContext: releasePodSecurity,
    containers: [
      {
        name: "drift",
        image,
        args: ["monitor"],
        env: [
          { name: "HOME", value: "/tmp" },
          ...(region === undefined ? [] : [{ name: "AWS_REGION", value: region }]),
        ],
        envFrom: secrets.map((secret) => ({ secretRef: { name: secret } })),
        ports: [{ name: "metrics", containerPort: modelServer.metricsPortNumber }],
        startupProbe: { ...probe, failureThreshold: 15 },
        livenessProbe: { ...probe, failureThreshold: 6 },
        readinessProbe: probe,
        securityContext: releaseContainerSecurity,
        // A check holds counts, not rows: memory does not follow the traffic.
        resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } },
        volumeMounts: [
          { name: "config", mountPath: configMountPath, readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: driftMonitorName } },
      { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
    ],
  };
}
