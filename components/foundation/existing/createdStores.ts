import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { chartSource } from "../../../charts/source";
import { seaweedfs, seaweedfsValues } from "../../../charts/values/seaweedfs";
import type { Placement } from "../../contracts/app";
import type { ObjectStore, StorePurpose } from "../../contracts/foundation";
import { after, type Dependency } from "../../lib/dependencies";
import { monitoringNamespace } from "../../lib/monitoringNames";
import type { DataProtection } from "../data/protection";
import { job, jobLabel } from "./job";
import { dns, platformNamespace } from "./space";
import { type AskedUse, identitiesRevision, StoreKeys, storePurposes } from "./storeKeys";

/** A store with the S3 interface in the cluster. */
export interface CreatedStoresArgs {
  /** Volume of the store. */
  storageGiB: number;
  storageClass?: string;
  /** Folders of the data bucket that people's notebooks bring data to, each with a slash at its end. */
  uploads: string[];
  /** Uses of the store that not every stack has. */
  asked: readonly AskedUse[];
  placement: Placement;
  protection: DataProtection;
  /** The namespace. */
  ready: Dependency[];
}

const bucketsJob = "buckets";

/**
 * Makes each bucket that is not there, owned by the identity of its own name. `weed shell` ends well whatever became of its
 * commands, so the list of buckets is what counts.
 */
export const bucketsScript = `shell() { timeout 20 weed shell -master="$MASTER" 2>/dev/null; }
made() { echo s3.bucket.list | shell | grep -q "^ *$1[[:space:]]"; }
for bucket in $BUCKETS; do
  attempts=0
  until made "$bucket"; do
    attempts=$((attempts + 1))
    if [ "$attempts" -gt 10 ]; then
      echo "bucket $bucket could not be made at $MASTER" >&2
      exit 1
    fi
    echo "s3.bucket.create -name $bucket -owner $bucket" | shell || sleep 2
  done
done
`;

/** SeaweedFS as one pod with one volume, and a bucket for each purpose with a key of its own. */
export class CreatedStores extends pulumi.ComponentResource {
  readonly stores: Record<StorePurpose, ObjectStore>;
  readonly ready: Dependency[];

  constructor(name: string, args: CreatedStoresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:CreatedStores", name, {}, opts);
    const child = { parent: this };
    const inside = { ...child, dependsOn: after(...args.ready) };
    const { storageClass, placement, uploads, asked } = args;
    const keys = new StoreKeys(`${name}-keys`, { secretName: seaweedfs.secretName, uploads, asked }, inside);
    const claim = new k8s.core.v1.PersistentVolumeClaim(
      name,
      {
        metadata: {
          name: seaweedfs.claimName,
          namespace: platformNamespace,
          // Many classes bind a volume only once a pod asks for it; that pod is waited for.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: `${args.storageGiB}Gi` } },
          ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
        },
      },
      { ...inside, ...args.protection.options },
    );
    const traffic = storeTraffic(`${name}-traffic`, inside);
    const chart = new k8s.helm.v4.Chart(
      name,
      {
        ...chartSource("seaweedfs"),
        name: seaweedfs.name,
        namespace: platformNamespace,
        values: seaweedfsValues({ ...placement, identitiesRevision: identitiesRevision(uploads, asked) }),
      },
      { ...child, dependsOn: after(keys, claim, traffic) },
    );
    const running: Dependency[] = [chart, chart.resources];
    const buckets = job(
      `${name}-buckets`,
      {
        job: bucketsJob,
        image: seaweedfs.image,
        userId: seaweedfs.userId,
        script: bucketsScript,
        env: [
          { name: "MASTER", value: `${seaweedfs.host}:${seaweedfs.masterPortNumber}` },
          { name: "BUCKETS", value: storePurposes.join(" ") },
        ],
        egress: [dns, { to: [{ podSelector: { matchLabels: seaweedfs.podLabels } }] }],
        placement,
        after: [...args.ready, ...running],
      },
      child,
    );
    this.ready = [...running, buckets];
    const endpoint = pulumi.output(`http://${seaweedfs.host}:${seaweedfs.s3PortNumber}`);
    const store = (purpose: StorePurpose): ObjectStore => ({
      bucketName: pulumi.output(purpose),
      bucketArn: pulumi.output(`arn:aws:s3:::${purpose}`),
      uri: pulumi.output(`s3://${purpose}`),
      compatible: {
        endpoint,
        portNumber: seaweedfs.s3PortNumber,
        namespace: platformNamespace,
        ...keys.keys[purpose],
      },
    });
    this.stores = { artifacts: store("artifacts"), data: store("data"), logs: store("logs") };
    this.registerOutputs();
  }
}

/** Anyone may knock at the S3 port, which asks who they are; metrics are for who monitors; what is behind it asks nobody, and is for the store alone. */
function storeTraffic(name: string, opts: pulumi.CustomResourceOptions): k8s.networking.v1.NetworkPolicy {
  const itself = { podSelector: { matchLabels: seaweedfs.podLabels } };
  const port = (number: number) => ({ port: number, protocol: "TCP" });
  return new k8s.networking.v1.NetworkPolicy(
    name,
    {
      metadata: { name: "object-store", namespace: platformNamespace },
      spec: {
        podSelector: itself.podSelector,
        policyTypes: ["Ingress", "Egress"],
        ingress: [
          {
            from: [{ namespaceSelector: {} }],
            ports: [port(seaweedfs.s3PortNumber)],
          },
          {
            from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": monitoringNamespace } } }],
            ports: [port(seaweedfs.metricsPortNumber)],
          },
          { from: [itself, { podSelector: { matchLabels: { [jobLabel]: bucketsJob } } }] },
        ],
        egress: [dns, { to: [itself] }],
      },
    },
    opts,
  );
}
