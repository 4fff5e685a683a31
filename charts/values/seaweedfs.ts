import { stringify } from "yaml";

const fullName = "seaweedfs";
const service = `${fullName}-all-in-one`;

/** Names and ports that others must know. */
export const seaweedfs = {
  name: fullName,
  host: `${service}.mlplatform.svc`,
  s3PortNumber: 8333,
  masterPortNumber: 9333,
  metricsPortNumber: 9324,
  claimName: "seaweedfs-data",
  secretName: "seaweedfs-identities",
  /** What the chart of this version runs. */
  image: "docker.io/chrislusf/seaweedfs:4.44",
  userId: 1000,
  podLabels: { "app.kubernetes.io/name": fullName, "app.kubernetes.io/component": service },
} as const;

/** Where the store runs. */
export interface SeaweedfsFacts {
  nodeSelector: Record<string, string>;
  tolerations: object[];
  /** Restarts the store when it changes: who may do what is read at its start. */
  identitiesRevision: string;
}

/** One pod with everything in it. Its buckets are not made by the chart, which would do so in a hook that hides failures. */
export function seaweedfsValues({ nodeSelector, tolerations, identitiesRevision }: SeaweedfsFacts) {
  const asText = (value: object) => (Object.keys(value).length > 0 ? stringify(value) : "");
  return {
    fullnameOverride: fullName,
    // Only `allInOne` runs; each of these would be a pod of its own.
    master: { enabled: false },
    volume: { enabled: false },
    filer: { enabled: false },
    // Off above, yet asked by templates whether a Secret of the chart's own is needed.
    s3: { enabled: false, enableAuth: true, existingConfigSecret: seaweedfs.secretName },
    sftp: { enabled: false, enableAuth: false },
    global: { seaweedfs: { createClusterRole: false, enableSecurity: false } },
    allInOne: {
      enabled: true,
      extraArgs: ["-master.telemetry=false"], // It would tell its makers how it is used.
      s3: {
        enabled: true,
        port: seaweedfs.s3PortNumber,
        enableAuth: true,
        existingConfigSecret: seaweedfs.secretName,
      },
      podAnnotations: { "mlplatform/identities-revision": identitiesRevision },
      data: { type: "existingClaim", claimName: seaweedfs.claimName },
      affinity: "", // One pod needs no other to keep away from.
      nodeSelector: asText(nodeSelector),
      tolerations: asText(tolerations),
      resources: { requests: { cpu: "250m", memory: "512Mi" }, limits: { memory: "2Gi" } },
      podSecurityContext: {
        enabled: true,
        runAsNonRoot: true,
        runAsUser: seaweedfs.userId,
        runAsGroup: seaweedfs.userId,
        fsGroup: seaweedfs.userId,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containerSecurityContext: {
        enabled: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
      },
    },
  };
}
