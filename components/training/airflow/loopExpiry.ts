import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "../../contracts/app";
import type { CompatibleStore } from "../../contracts/foundation";
import { restrictedPod } from "../../foundation/restrictedPod";
import { after, type Dependency } from "../../lib/dependencies";
import { toDns, toPorts } from "../../serving/egress";
import { loopObjects } from "./loopPods";

/** What deletes what runs left on their way, where no bucket does so by itself. */
export interface LoopExpiryArgs {
  namespace: string;
  /** The image of the release controller. */
  image: string;
  region: string;
  store: Pick<CompatibleStore, "endpoint" | "portNumber" | "accessKeyId" | "secretAccessKey">;
  /** `s3://bucket/folder/`, each with a slash at its end. */
  folders: pulumi.Input<string>[];
  /** That an object stays. */
  days: number;
  placement: Placement;
  /** The namespace. */
  after: Dependency[];
}

const objectName = loopObjects.expiry;
const labels = { "app.kubernetes.io/name": objectName };

/** A CronJob that looks once a night, with a key of its own and a way to nothing but the store. */
export class LoopExpiry extends pulumi.ComponentResource {
  /** Depend on these to come after it, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: LoopExpiryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:training:LoopExpiry", name, {}, opts);
    const child = { parent: this };
    const inside = { ...child, dependsOn: after(...args.after) };
    const metadata = { name: objectName, namespace: args.namespace, labels };
    const key = new k8s.core.v1.Secret(
      name,
      {
        metadata,
        stringData: pulumi.secret({
          AWS_ENDPOINT_URL_S3: args.store.endpoint,
          AWS_ACCESS_KEY_ID: args.store.accessKeyId,
          AWS_SECRET_ACCESS_KEY: args.store.secretAccessKey,
        }),
      },
      inside,
    );
    const traffic = new k8s.networking.v1.NetworkPolicy(
      name,
      {
        metadata,
        spec: {
          podSelector: { matchLabels: labels },
          policyTypes: ["Ingress", "Egress"],
          egress: [toDns, toPorts(args.store.portNumber)],
        },
      },
      inside,
    );
    const job = new k8s.batch.v1.CronJob(
      name,
      {
        metadata,
        spec: {
          schedule: "41 2 * * *",
          timeZone: "Etc/UTC",
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: 6 * 3600,
          successfulJobsHistoryLimit: 1,
          failedJobsHistoryLimit: 1,
          jobTemplate: {
            spec: {
              backoffLimit: 1,
              activeDeadlineSeconds: 20 * 3600,
              template: { metadata: { labels }, spec: podSpec(args) },
            },
          },
        },
      },
      { ...child, dependsOn: after(...args.after, key, traffic) },
    );
    this.ready = [this, job];
    this.registerOutputs();
  }
}

function podSpec({ image, region, folders, days, placement }: LoopExpiryArgs): k8s.types.input.core.v1.PodSpec {
  return restrictedPod(
    {
      name: "expire",
      image,
      args: ["expire", "--days", String(days), ...folders.flatMap((folder) => ["--below", folder])],
      env: [
        { name: "AWS_DEFAULT_REGION", value: region },
        { name: "HOME", value: "/tmp" },
      ],
      envFrom: [{ secretRef: { name: objectName } }],
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    },
    placement,
  );
}
