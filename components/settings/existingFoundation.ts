import { z } from "zod";
import {
  adoptable,
  defaultKind,
  dnsLabel,
  endpointUrl,
  faultOf,
  hostOrAddress,
  s3BucketName,
  secretName,
  whole,
} from "./formats";
import { labelKey, labelValue, purposes, taint } from "./nodeGroups";
import { restoredServer } from "./restoredServer";
import { ownImagesTag } from "./storage";
import { registryFault } from "./url";

const createdDatabase = z
  .strictObject({
    kind: defaultKind("cloudnativepg").describe("Run PostgreSQL in the cluster with the CloudNativePG operator."),
    instances: whole(1, 9)
      .default(1)
      .describe("PostgreSQL pods. 1 means that a lost node stops every application until it is back; 3 fail over."),
    storageGiB: whole(1, 16384).default(20).describe("Volume of each instance in GiB."),
    restoreFrom: restoredServer
      .optional()
      .describe(
        "What a server that is not there yet is made of, in place of an empty one. Needs `backup.store`. Refused while one of another origin lives. " +
          "It may be taken out once the server is back: nothing is replaced then.",
      ),
  })
  .meta({ title: "CloudNativePG" });

const adoptedDatabase = z
  .strictObject({
    kind: z.literal("adopt").describe("Use a PostgreSQL server that exists."),
    host: hostOrAddress()
      .describe("Host name or IPv4 address of the server as pods see it.")
      .meta({ examples: ["postgres.data.svc"] }),
    portNumber: whole(1, 65535)
      .default(5432)
      .describe(
        "TCP port of the server. Of a Service in the cluster: one whose port is that of its pods, since network policies see theirs.",
      ),
    adminSecretName: secretName()
      .describe(
        "Name of a Kubernetes Secret in the namespace `mlplatform` with the keys `username` and `password` of a user that may " +
          "create databases and roles.",
      )
      .meta({ examples: ["postgres-admin"] }),
  })
  .meta({ title: "adopted PostgreSQL" });

const createdStore = z
  .strictObject({
    kind: defaultKind("seaweedfs").describe("Run an S3-compatible store in the cluster with SeaweedFS."),
    storageGiB: whole(1, 65536)
      .default(50)
      .describe("Volume of the store in GiB. A full store stops runs from logging artifacts."),
  })
  .meta({ title: "SeaweedFS" });

const adoptedStore = z
  .strictObject({
    kind: z.literal("adopt").describe("Use an S3-compatible store that exists."),
    endpoint: endpointUrl()
      .describe(
        "Address of the store as pods see it. Of a Service in the cluster: one whose port is that of its pods, since network policies see theirs.",
      )
      .meta({ examples: ["https://s3.data.example.com"] }),
    bucket: s3BucketName()
      .describe(
        "Bucket the platform may read and write, of this stack alone: old extracts of training in it are deleted.",
      )
      .meta({ examples: ["mlplatform"] }),
    secretName: secretName()
      .describe(
        "Name of a Kubernetes Secret in the namespace `mlplatform` with the keys `accessKeyId` and `secretAccessKey`.",
      )
      .meta({ examples: ["object-store"] }),
    notebooksSecretName: secretName()
      .optional()
      .describe(
        "Name of a Secret in that namespace with the same keys of another user of the store, for everybody's notebooks: what it may do is " +
          "what people may. Without it notebooks have no key.",
      )
      .meta({ examples: ["object-store-notebooks"] }),
  })
  .meta({ title: "adopted object store" });

const certificates = z.discriminatedUnion("kind", [
  z
    .strictObject({ kind: defaultKind("none").describe("No TLS. Only fit for one's own machine.") })
    .meta({ title: "no TLS" }),
  z
    .strictObject({
      kind: z.literal("certManager").describe("Certificates issued by cert-manager."),
      install: z.boolean().default(true).describe("Install cert-manager; false where the cluster has it already."),
      issuer: z
        .string()
        .max(253)
        .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, "the name of a ClusterIssuer")
        .default("selfsigned")
        .describe(
          "ClusterIssuer that signs. `selfsigned` is made here, and browsers warn about it; any other must exist. Where cert-manager is " +
            "installed here there can be none before the first update: name it in the second.",
        ),
    })
    .meta({ title: "cert-manager" }),
  z
    .strictObject({
      kind: z.literal("adopt").describe("Use a certificate that exists."),
      secretName: secretName()
        .describe("Name of a TLS Secret in the namespace `mlplatform` whose certificate covers every host.")
        .meta({ examples: ["wildcard-tls"] }),
    })
    .meta({ title: "adopted certificate" }),
]);

/** `foundation` on any Kubernetes cluster. No cloud resource is made. */
export const existingFoundation = z
  .strictObject({
    kind: z.literal("existing").describe("Any Kubernetes cluster, reached through a kubeconfig."),
    kubeconfig: z
      .string()
      .min(1)
      .optional()
      .describe("Path of the kubeconfig file. Without it `KUBECONFIG`, else `~/.kube/config`."),
    context: z
      .string()
      .regex(/^\S(.*\S)?$/, "the name of a context, without a space at either end")
      .describe("Context in the kubeconfig. Required, so that a stack never lands in whichever cluster was used last.")
      .meta({ examples: ["kind-mlplatform"] }),
    apiServerPortNumber: whole(1, 65535)
      .optional()
      .describe(
        "TCP port of the Kubernetes API server itself, which network policies let pods reach beside 443 and 6443. Without it the " +
          "port in the kubeconfig; to be written where that leads through a forwarded port, as minikube's with Docker (8443).",
      ),
    dataProtection: z
      .boolean()
      .default(true)
      .describe("Protect databases and stores, and keep them when the stack is destroyed."),
    deleteUnreachable: z
      .boolean()
      .default(false)
      .describe(
        "Drop Kubernetes objects from the state when the cluster is gone for good. Otherwise destroy and refresh stop.",
      ),
    adopt: z
      .array(adoptable())
      .default([])
      .describe(
        "What the platform may use though somebody else made it: `namespace/NAME` to put its objects into a namespace that is there, " +
          "`crds/GROUP` to use definitions of custom resources that are there. It is neither changed nor deleted. Anything else that " +
          "is there and has no label of this stack is refused.",
      )
      .meta({ examples: [["namespace/monitoring", "crds/monitoring.coreos.com"]] }),
    storageClass: dnsLabel(253).optional().describe("StorageClass of volumes. Without it the cluster's default."),
    sharedStorageClass: dnsLabel(253)
      .optional()
      .describe("StorageClass of volumes that many pods write. Without it nothing is shared between pods."),
    ingress: z
      .strictObject({
        className: dnsLabel(253).default("nginx").describe("IngressClass that serves the host names; it must exist."),
        annotations: z.record(labelKey, z.string()).default({}).describe("Annotations for each Ingress object."),
      })
      .prefault({})
      .describe("How requests enter the cluster."),
    database: z
      .discriminatedUnion("kind", [createdDatabase, adoptedDatabase])
      .prefault({})
      .describe("PostgreSQL for the applications."),
    objectStore: z
      .discriminatedUnion("kind", [createdStore, adoptedStore])
      .prefault({})
      .describe("S3-compatible store for artifacts, logs and data."),
    certificates: certificates.prefault({}).describe("Where TLS certificates come from."),
    images: z
      .strictObject({
        registry: z
          .string()
          .max(255)
          .regex(
            /^[a-z0-9][a-z0-9.-]*(:\d{1,5})?(\/[a-z0-9]+([._-][a-z0-9]+)*)*$/,
            "a registry, with a path where it has one",
          )
          .superRefine(faultOf(registryFault))
          .optional()
          .describe(
            "Where the platform's own images are pushed to and pulled from: `model-server`, `release`, `notebook` and " +
              "`training` below it. None is made here; without it what needs one of them is refused.",
          )
          .meta({ examples: ["registry.example.com/ml"] }),
        tag: ownImagesTag(),
        pullSecretName: secretName()
          .optional()
          .describe(
            "Name of a Secret of the type `kubernetes.io/dockerconfigjson` in the namespace `mlplatform`, for registries that want a " +
              "login: `kubectl create secret docker-registry`. It is copied into each namespace that the platform makes, and every " +
              "pod there pulls by it, those of third-party charts too. Without it nodes pull as they are set up to.",
          )
          .meta({ examples: ["registry-login"] }),
      })
      .prefault({})
      .describe("Container images that the platform builds itself, and the login with which all images are pulled."),
    nodeClasses: z
      .array(
        z
          .strictObject({
            purpose: z
              .enum(purposes)
              .describe("What runs on these nodes.")
              .meta({ examples: ["apps"] }),
            gpu: z.boolean().default(false).describe("The nodes offer `nvidia.com/gpu`."),
            labels: z.record(labelKey, labelValue).default({}).describe("Labels that select the nodes."),
            taints: z
              .array(taint)
              .default([])
              .describe("Taints that the nodes have: pods sent there tolerate them. None is put on a node."),
          })
          .meta({ title: "node class" }),
      )
      .default([])
      .describe("Nodes set aside for a purpose. Empty means that pods run on any node."),
  })
  .meta({ title: "existing cluster" });

export type ExistingFoundationSettings = z.output<typeof existingFoundation>;
