import type * as k8s from "@pulumi/kubernetes";
import { modelServer } from "../../charts/values/modelServer";
import type { Placement } from "../contracts/app";
import { releaseContainerSecurity, releasePodSecurity } from "./releasePods";

/** A pod of the image `release` that goes on for ever, with a file that tells it what to do. */
export interface ReleasePodArgs {
  /** Of its service account, and of the ConfigMap with its file. */
  name: string;
  /** Where it looks for its file. */
  configMountPath: string;
  image: string;
  /** What it runs. */
  command: string[];
  /** Of the cloud; absent where there is none. */
  region?: string | undefined;
  /** Secrets with its variables; those that are there. */
  secrets: (string | undefined)[];
  placement: Placement;
  /** Whether it asks the API of Kubernetes. */
  kubernetes: boolean;
  /** Whether it tells when it is ready. */
  ready: boolean;
  /** Most memory, such as `2Gi`. */
  memoryLimit: string;
  probePeriodSeconds: number;
  /** Probes that it may miss before it has started. */
  startupFailures: number;
}

/** Non-root, on a file system that it cannot write, but for `/tmp`, where models are unpacked and packed. */
export function releasePod(args: ReleasePodArgs): k8s.types.input.core.v1.PodSpec {
  const probe = (path: string) => ({
    httpGet: { path, port: "metrics" },
    periodSeconds: args.probePeriodSeconds,
    timeoutSeconds: 5,
  });
  return {
    serviceAccountName: args.name,
    automountServiceAccountToken: args.kubernetes,
    enableServiceLinks: false,
    ...args.placement,
    securityContext: releasePodSecurity,
    containers: [
      {
        name: "release",
        image: args.image,
        args: args.command,
        env: [
          { name: "HOME", value: "/tmp" },
          ...(args.region === undefined ? [] : [{ name: "AWS_REGION", value: args.region }]),
        ],
        envFrom: args.secrets.flatMap((name) => (name === undefined ? [] : [{ secretRef: { name } }])),
        ports: [{ name: "metrics", containerPort: modelServer.metricsPortNumber }],
        startupProbe: { ...probe("/health/live"), failureThreshold: args.startupFailures },
        livenessProbe: { ...probe("/health/live"), failureThreshold: 6 },
        ...(args.ready ? { readinessProbe: probe("/health/ready") } : {}),
        securityContext: releaseContainerSecurity,
        resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: args.memoryLimit } },
        volumeMounts: [
          { name: "config", mountPath: args.configMountPath, readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: args.name } },
      { name: "tmp", emptyDir: { sizeLimit: "20Gi" } },
    ],
  };
}
