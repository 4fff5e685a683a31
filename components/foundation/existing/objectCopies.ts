import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "../../contracts/app";
import type { CompatibleStore } from "../../contracts/foundation";
import { anyRegion } from "../../lib/anyRegion";
import { type BackupPlan, backupTimes, objectCopiesName } from "../../lib/backupTimes";
import { after, type Dependency } from "../../lib/dependencies";
import { ignoreDisruption, undisturbed } from "../../lib/undisturbed";
import { urlPort } from "../../lib/urlPort";
import { restrictedPod } from "../restrictedPod";
import { dns, platformNamespace } from "./space";

/** What copies buckets to a store outside of the cluster, and when. */
export interface ObjectCopiesArgs extends BackupPlan {
  /** Days that what was changed or deleted stays in the copies. */
  retentionDays: number;
  /** The image of the release controller. */
  image: string;
  /** Where the buckets are, with a key that reads them. */
  source: Pick<CompatibleStore, "endpoint" | "portNumber" | "accessKeyId" | "secretAccessKey">;
  /** `s3://bucket` or `s3://bucket/folder` of each, by the name of its copy. */
  uris: Record<string, pulumi.Output<string>>;
  store: {
    /** `http(s)://host` or `http(s)://host:port`, outside of the cluster. */
    endpoint: string;
    bucket: string;
    /** Secret in the namespace `mlplatform` with `accessKeyId` and `secretAccessKey`. */
    secretName: string;
  };
  /** Folder of the bucket that is this stack's. */
  folder: string;
  placement: Placement;
  /** The namespace, and the store. */
  after: Dependency[];
}

const labels = { "app.kubernetes.io/name": objectCopiesName };

/** A CronJob that copies what is new or changed at each time, with a key that reads, which SeaweedFS holds to that. It reaches names, and the ports of the two stores. */
export class ObjectCopies extends pulumi.ComponentResource {
  /** Depend on these to come after it, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: ObjectCopiesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:ObjectCopies", name, {}, opts);
    const child = { parent: this };
    const inside = { ...child, dependsOn: after(...args.after) };
    const metadata = { name: objectCopiesName, namespace: platformNamespace, labels };
    const key = new k8s.core.v1.Secret(
      name,
      {
        metadata,
        stringData: pulumi.secret({
          AWS_ENDPOINT_URL_S3: args.source.endpoint,
          AWS_ACCESS_KEY_ID: args.source.accessKeyId,
          AWS_SECRET_ACCESS_KEY: args.source.secretAccessKey,
        }),
      },
      inside,
    );
    const ports = [...new Set([args.source.portNumber, urlPort(args.store.endpoint)])];
    const traffic = new k8s.networking.v1.NetworkPolicy(
      name,
      {
        metadata,
        spec: {
          podSelector: { matchLabels: labels },
          policyTypes: ["Ingress", "Egress"],
          egress: [dns, { ports: ports.map((port) => ({ port, protocol: "TCP" })) }],
        },
      },
      inside,
    );
    const { minute, hours, completeMinutes } = backupTimes(args);
    const job = new k8s.batch.v1.CronJob(
      name,
      {
        metadata,
        spec: {
          schedule: `${minute} ${hours.join(",")} * * *`,
          timeZone: "Etc/UTC",
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: 3600,
          successfulJobsHistoryLimit: 1,
          failedJobsHistoryLimit: 1,
          jobTemplate: {
            spec: {
              backoffLimit: 3,
              podFailurePolicy: { rules: [ignoreDisruption] },
              activeDeadlineSeconds: completeMinutes * 60,
              template: { metadata: { labels, annotations: undisturbed }, spec: podSpec(args) },
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

function podSpec(args: ObjectCopiesArgs): k8s.types.input.core.v1.PodSpec {
  const { image, store, folder, uris, retentionDays, placement } = args;
  const given = (name: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: store.secretName, key } },
  });
  return restrictedPod(
    {
      name: "copy",
      image,
      args: [
        "copy",
        ...Object.entries(uris).flatMap(([name, uri]) => ["--from", pulumi.interpolate`${name}=${uri}/`]),
        ...["--to", `s3://${store.bucket}/${folder}/objects/`, "--days", String(retentionDays)],
      ],
      env: [
        { name: "AWS_DEFAULT_REGION", value: anyRegion },
        { name: "HOME", value: "/tmp" },
        // Stores that are not Amazon's may not know the checksums that its SDK adds by itself.
        { name: "AWS_REQUEST_CHECKSUM_CALCULATION", value: "when_required" },
        { name: "AWS_RESPONSE_CHECKSUM_VALIDATION", value: "when_required" },
        { name: "COPIES_ENDPOINT_URL", value: store.endpoint },
        given("COPIES_ACCESS_KEY_ID", "accessKeyId"),
        given("COPIES_SECRET_ACCESS_KEY", "secretAccessKey"),
      ],
      envFrom: [{ secretRef: { name: objectCopiesName } }],
      // What both stores list is held at once: about half a GiB for a million objects on each side.
      resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "2Gi" } },
    },
    placement,
  );
}
