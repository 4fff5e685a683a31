/**
 * Every third-party chart the platform installs: which, from where, and what the file must be. Nothing else names a version.
 * A digest stands here only where it was read from the publisher's own index, or where independent public records of the file agree.
 */

/** One chart, pinned. */
export interface LockedChart {
  /** Exact chart version. */
  version: string;
  /** Chart repository (https) or registry path (oci). */
  source: string;
  /** SHA-256 of the packaged chart; a cached file that differs is refused. Absent: a cached file must be the one that was pulled. */
  sha256?: string;
  /** SHA-256 of its manifest in the registry, which names the file's: pulling anything else is refused. Where no index says the file's. */
  manifestSha256?: string;
}

export const charts = {
  airflow: {
    version: "1.22.0",
    source: "https://airflow.apache.org",
    sha256: "1f7d1dfe3d58e2c54899950aba907a43625a18c8b6fb3c54760c21592129a5b6",
  },
  "aws-load-balancer-controller": {
    version: "3.5.0",
    source: "https://aws.github.io/eks-charts",
    sha256: "45051f634b33e10baccb3354d0681b7de787c60445e599fa276e0c9aedd4ccd5",
  },
  // Its publisher's versions begin with a "v".
  "cert-manager": {
    version: "v1.21.1",
    source: "https://charts.jetstack.io",
    sha256: "c27101f3f3e2349fb4a9e704316105bf7b52ad73b8c8257d3498ef7f2f6a4adc",
  },
  "cloudnative-pg": {
    version: "0.29.0",
    source: "https://cloudnative-pg.github.io/charts",
    sha256: "668e065ff53508d58238788fd35b355a925060843629a951df0e6a9362e6d32f",
  },
  "cluster-autoscaler": {
    version: "9.59.0",
    source: "https://kubernetes.github.io/autoscaler",
    sha256: "90276dafe65cf5d4328ef8313baf6cfb9d130683e0c9f3c28a03b4d8a9ed8f6e",
  },
  "external-dns": {
    version: "1.21.1",
    source: "https://kubernetes-sigs.github.io/external-dns",
    sha256: "5dd033a4b872bf641860695705ee460031d0bc695f114bf8926fee6736814e19",
  },
  "fluent-bit": {
    version: "0.58.1",
    source: "https://fluent.github.io/helm-charts",
    sha256: "fc2235278cdb4e76befb8520464a66ff459c6d7711bbbc8755dedcc32799877b",
  },
  jupyterhub: {
    version: "4.4.0",
    source: "https://hub.jupyter.org/helm-chart",
    sha256: "99e429ca8205bf21468eaed978da7b425b94ead966db1875211dc310c6ebf228",
  },
  karpenter: {
    version: "1.14.1",
    source: "oci://public.ecr.aws/karpenter/karpenter",
    manifestSha256: "91434e00fb102d6ee0d1bd34a4457a32fe01a8fa833fe1a2a37da4f50272079b",
  },
  "karpenter-crd": {
    version: "1.14.1",
    source: "oci://public.ecr.aws/karpenter/karpenter-crd",
    manifestSha256: "c05c566740802506a34f3500b33e2fa3c9254f60469e84e5e294a3bd8adefb9f",
  },
  "kube-prometheus-stack": {
    version: "88.5.3",
    source: "oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack",
    sha256: "3bff576f57c88f9fcac3286cc6e0d22ddaf7d7e1829c14a09257359f02ca64c9",
  },
  // Kept by the community since 2026: https://github.com/grafana-community/helm-charts/issues/74
  loki: {
    version: "18.11.0",
    source: "https://grafana-community.github.io/helm-charts",
    sha256: "d4d99424d197e1460878093c9fced02346669ab0698a0dca7c575ab76fff7aeb",
  },
  // Of the same operator as kube-prometheus-stack, 0.93.1: the two go up together.
  "prometheus-operator-crds": {
    version: "31.0.1",
    source: "oci://ghcr.io/prometheus-community/charts/prometheus-operator-crds",
    sha256: "105a22a9f9aee1a42d367e1ffe7d613716087b74b341c2b184fb3492e565e1cc",
  },
  seaweedfs: {
    version: "4.44.0",
    source: "https://seaweedfs.github.io/seaweedfs/helm",
    sha256: "cf7741928657659424a7011a903f925bc1c480a00cb4c0a6df93da8feaaa9cf2",
  },
} satisfies Record<string, LockedChart>;

export type ChartName = keyof typeof charts;
