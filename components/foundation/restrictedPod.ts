import type * as k8s from "@pulumi/kubernetes";
import type { Placement } from "../contracts/app";

type PodSpec = k8s.types.input.core.v1.PodSpec;
type Container = k8s.types.input.core.v1.Container;

/** One container of a pod that is held to what follows. */
type Restricted = Omit<Container, "securityContext" | "volumeMounts">;

/**
 * A pod that runs once: not as root, without a token for the cluster, and written to below /tmp alone.
 * @param userId user of the image that is not root; absent where the image itself names one
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function restrictedPod(container: Restricted, placement: Placement, userId?: number): PodSpec {
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      ...(userId === undefined ? {} : { runAsUser: userId, runAsGroup: userId }),
      seccompProfile: { type: "RuntimeDefault" },
    },
    nodeSelector: placement.nodeSelector,
    tolerations: placement.tolerations,
    containers: [
      {
        ...container,
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
      },
    ],
    volumes: [{ name: "tmp", emptyDir: {} }],
  };
}
