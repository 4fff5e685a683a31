/**
 * Every third-party chart the platform installs: which, from where, and what the file must be. Nothing else names a version.
 * A digest stands here only where it was read from what the publisher serves; `npm run charts:pull` says which are missing.
 */

/** One chart, pinned. */
export interface LockedChart {
  /** Exact chart version. */
  version: string;
  /** Chart repository (https) or registry path (oci). */
  source: string;
  /** SHA-256 of the packaged chart; a cached file that differs is refused. */
  sha256?: string;
}

export const charts = {
  "aws-load-balancer-controller": { version: "3.5.0", source: "https://aws.github.io/eks-charts" },
  "cluster-autoscaler": { version: "9.59.0", source: "https://kubernetes.github.io/autoscaler" },
  "external-dns": { version: "1.21.1", source: "https://kubernetes-sigs.github.io/external-dns" },
  karpenter: { version: "1.14.1", source: "oci://public.ecr.aws/karpenter/karpenter" },
  "karpenter-crd": { version: "1.14.1", source: "oci://public.ecr.aws/karpenter/karpenter-crd" },
} satisfies Record<string, LockedChart>;

export type ChartName = keyof typeof charts;
