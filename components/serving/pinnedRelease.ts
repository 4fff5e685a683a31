import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { modelObjects } from "../../charts/values/modelServer";
import type { Placement } from "../contracts/app";
import { after, type Dependency } from "../lib/dependencies";
import { stableJson } from "../lib/json";
import { undisturbed } from "../lib/undisturbed";
import type { ReleasedModel } from "./releasedModels";
import {
  releaseAccount,
  releaseContainerSecurity,
  releaseEgress,
  releasePodSecurity,
  verdictIsFinal,
} from "./releasePods";

/** What an update waits for where the stack names the version itself. */
export interface PinnedReleaseArgs extends Pick<ReleasedModel, "from" | "canary" | "objectives"> {
  model: string;
  namespace: string;
  image: string;
  placement: Placement;
  /** TCP ports by which policies know the API server. */
  apiServerPorts: number[];
  /** That packages of the version's own may take to be built; absent: none are. */
  buildMinutes?: number;
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
          egress: releaseEgress({ apiServerPorts: args.apiServerPorts }),
        },
      },
      inside,
    );
    const key = versionKey(args.from);
    const minutes = args.canary.bakeMinutes + startMinutes + (args.buildMinutes ?? 0);
    // The controller tries a version again that is judged differently now, so an update has to wait for it again.
    const criteria = stableJson({ canary: args.canary, objectives: args.objectives });
    const job = new k8s.batch.v1.Job(
      name,
      {
        // A Job cannot be changed: another version is another Job. Kept when done, else each refresh would make it anew.
        // One that failed is made anew by the next update, which else would tell of the failure for ever.
        metadata: {
          name: `${model}-release-${key}`,
          namespace,
          labels,
          annotations: { "pulumi.com/replaceUnready": "true" },
        },
        spec: {
          backoffLimit: 3,
          activeDeadlineSeconds: (minutes + 2) * 60,
          podFailurePolicy: verdictIsFinal,
          template: {
            metadata: { labels, annotations: { ...undisturbed, "mlplatform/criteria": criteria } },
            spec: waitingPod(args, account, key, minutes),
          },
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
