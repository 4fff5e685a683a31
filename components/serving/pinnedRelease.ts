import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { modelObjects } from "../../charts/values/modelServer";
import type { Placement } from "../apps/facts";
import { after, type Dependency } from "../lib/dependencies";
import { releaseAccount, releaseContainerSecurity, releaseEgress, releasePodSecurity } from "./releasePods";

/** What an update waits for where the stack names the version itself. */
export interface PinnedReleaseArgs {
  model: string;
  /** Where the version comes from. */
  from: string;
  bakeMinutes: number;
  namespace: string;
  image: string;
  placement: Placement;
  /** The model, and who releases it. */
  after: Dependency[];
}

/** Time beside the canary's own for pods to start and load, and for the controller to take a look. */
const startMinutes = 20;

/**
 * Short for a version, in names: the number of a registered one, else the beginning of a digest of its address.
 * @throws for what follows an alias, whose version is not known here.
 */
export function versionKey(from: string): string {
  if (/^models:\/[^@]+@/.test(from)) throw new Error(`${from} follows an alias, so that its version is not known here`);
  const registered = /^models:\/.+\/(\d+)$/.exec(from)?.[1];
  return registered ?? createHash("sha256").update(from).digest("hex").slice(0, 10);
}

/** A Job that ends as the release of one version does: an update fails with the reason for which the version was taken back. */
export class PinnedRelease extends pulumi.ComponentResource {
  /** Depend on these to come after the release, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: PinnedReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:PinnedRelease", name, {}, opts);
    const child = { parent: this };
    const { model, namespace } = args;
    const { releaseConfigMap: account } = modelObjects(model); // No model may have the name, so nobody else's account does.
    const inside = { ...child, dependsOn: after(...args.after) };
    const labels = { "app.kubernetes.io/name": "release-wait", "mlplatform/model": model };
    const rights = releaseAccount(
      name,
      {
        account,
        namespace,
        rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get"], resourceNames: [account] }],
      },
      inside,
    );
    const traffic = new k8s.networking.v1.NetworkPolicy(
      name,
      {
        metadata: { name: account, namespace },
        spec: {
          podSelector: { matchLabels: labels },
          policyTypes: ["Ingress", "Egress"],
          egress: releaseEgress({}),
        },
      },
      inside,
    );
    const key = versionKey(args.from);
    const minutes = args.bakeMinutes + startMinutes;
    const job = new k8s.batch.v1.Job(
      name,
      {
        // A Job cannot be changed: another version is another Job. Kept when done, else each refresh would make it anew.
        metadata: { name: `${model}-release-${key}`, namespace, labels },
        spec: {
          backoffLimit: 3,
          activeDeadlineSeconds: (minutes + 2) * 60,
          // What the command says is final; a pod that was evicted before it could say anything is not.
          podFailurePolicy: {
            rules: [{ action: "FailJob", onExitCodes: { containerName: "release", operator: "In", values: [1] } }],
          },
          template: { metadata: { labels }, spec: waitingPod(args, account, key, minutes) },
        },
      },
      {
        ...child,
        dependsOn: after(traffic, ...rights, ...args.after),
        customTimeouts: { create: `${minutes + 5}m`, update: `${minutes + 5}m` },
      },
    );
    this.ready = [job];
    this.registerOutputs();
  }
}

function waitingPod(
  { model, image, placement }: PinnedReleaseArgs,
  account: string,
  key: string,
  minutes: number,
): k8s.types.input.core.v1.PodSpec {
  return {
    restartPolicy: "Never",
    serviceAccountName: account,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    ...placement,
    securityContext: releasePodSecurity,
    containers: [
      {
        name: "release",
        image,
        args: ["wait", model, "--version", key, "--timeout-minutes", String(minutes)],
        env: [{ name: "HOME", value: "/tmp" }],
        terminationMessagePolicy: "FallbackToLogsOnError",
        securityContext: releaseContainerSecurity,
        resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
        volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
      },
    ],
    volumes: [{ name: "tmp", emptyDir: { sizeLimit: "64Mi" } }],
  };
}
