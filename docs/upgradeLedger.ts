/** What is known of the support of what this program pins. The versions themselves are read from where they are pinned. */
export interface LedgerEntry {
  /** What else of ours it runs with, as its maintainers say. */
  window: string;
  /** Day on which support ends, `YYYY-MM-DD` or `YYYY-MM`; absent where none was found. */
  end?: string;
  /** What comes after that day, where there is something. */
  afterwards?: string;
  /** Page that says so; absent where it follows another. */
  source?: string;
  /** What has to move in the same change. */
  movesWith?: string;
  /** Why a newer one that is known is not taken yet. */
  whyNotNewer?: string;
}

/** Day on which the sources were read. */
export const ledgerRead = "2026-12-01";

const eks = "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html";
const eksAtDates = "https://endoflife.date/amazon-eks";
const nodes = "add-ons and managed nodes, which follow the control plane by themselves";
const postgresImages = "https://github.com/cloudnative-pg/postgres-containers";
const python = "https://raw.githubusercontent.com/python/devguide/main/include/release-cycle.json";
const notFound = "no window was found";
const ofItsChart = (chart: string): LedgerEntry => ({ window: `that of chart ${chart}`, movesWith: `chart ${chart}` });
const onRds = (end: string): LedgerEntry => ({
  window: "client libraries of Airflow, MLflow and JupyterHub; every Kubernetes",
  end,
  afterwards: "RDS goes on for a charge; its own dates were not read",
  source: postgresImages,
});

/** By what `pinnedVersions` calls it. */
export const ledger: Readonly<Record<string, LedgerEntry>> = {
  "Kubernetes 1.33 (EKS)": {
    ...{ window: "standard support is over", end: "2026-07-29", source: eks, movesWith: nodes },
    afterwards: "extended support for a charge until 2027-07-29; then EKS goes up by itself",
  },
  "Kubernetes 1.34 (EKS)": {
    ...{ window: "standard support", end: "2026-12-02", source: eks, movesWith: nodes },
    afterwards: "extended support for a charge until 2027-12-02",
  },
  "Kubernetes 1.35 (EKS)": {
    ...{
      window: "standard support; the default of new stacks",
      end: "2027-03-27",
      source: eksAtDates,
      movesWith: nodes,
    },
    afterwards: "extended support for a charge until 2028-03-27",
    whyNotNewer: "1.36 may be written, and is not the default yet",
  },
  "Kubernetes 1.36 (EKS)": {
    ...{
      window: "the newest that CloudNativePG 1.30 and cert-manager 1.21 support; its dates were not found",
      movesWith: nodes,
    },
  },
  "PostgreSQL 15 (RDS)": onRds("2027-11-11"),
  "PostgreSQL 16 (RDS)": onRds("2028-11-09"),
  "PostgreSQL 17 (RDS)": { ...onRds("2029-11-08"), whyNotNewer: "18 was not tried with the tools' migrations" },
  "Lambda runtime": {
    ...{ window: "Lambda", end: "2027-04-30", source: "https://endoflife.date/aws-lambda" },
    movesWith: "the target of `functions/bundle.ts`",
    whyNotNewer: "Node.js 24 was not tried",
  },
  "chart airflow": {
    ...{ window: notFound, source: "https://airflow.apache.org", movesWith: "Airflow and its requirements" },
  },
  "chart aws-load-balancer-controller": { window: notFound, source: "https://aws.github.io/eks-charts" },
  "chart cert-manager": {
    ...{
      window: "Kubernetes 1.33 to 1.36, until two newer minor versions are out",
      source: "https://cert-manager.io/docs/releases/",
    },
    movesWith: "the annotations of `existing/certificates.ts`",
  },
  "chart cloudnative-pg": {
    ...{
      window: "operator 1.30: Kubernetes 1.34 to 1.36, tested on 1.30 to 1.33; PostgreSQL 14 to 18",
      end: "2026-12",
    },
    source: "https://github.com/cloudnative-pg/cloudnative-pg/blob/main/docs/src/supported_releases.md",
    whyNotNewer: "1.31 writes backups to a store by a plugin alone, which needs cert-manager; see `serverBackup.ts`",
  },
  "chart cluster-autoscaler": {
    ...{
      window: "the Kubernetes version of its image",
      source: "https://github.com/kubernetes/autoscaler",
      movesWith: "the cluster's version",
    },
  },
  "chart external-dns": { window: notFound, source: "https://kubernetes-sigs.github.io/external-dns" },
  "chart fluent-bit": {
    window: notFound,
    source: "https://github.com/fluent/helm-charts",
    movesWith: "the names of options and metrics, which were read in the sources of Fluent Bit 5.1.1",
  },
  "chart jupyterhub": {
    ...{
      window: notFound,
      source: "https://hub.jupyter.org/helm-chart",
      movesWith: "JupyterHub, and its package in notebooks",
    },
  },
  "chart karpenter": {
    ...{
      window: "the newest minor version, and one for long",
      source: "https://karpenter.sh/v1.15/upgrading/",
      movesWith: "chart karpenter-crd",
    },
    whyNotNewer: "1.15 is out since October 2026 and was not tried",
  },
  "chart karpenter-crd": ofItsChart("karpenter"),
  "chart kube-prometheus-stack": {
    ...{ window: notFound, source: "https://github.com/prometheus-community/helm-charts" },
    movesWith: "chart prometheus-operator-crds",
  },
  "chart loki": {
    window: "Kubernetes 1.25 and newer",
    source: "https://github.com/grafana-community/helm-charts",
  },
  "chart prometheus-operator-crds": ofItsChart("kube-prometheus-stack"),
  "chart seaweedfs": {
    window: notFound,
    source: "https://seaweedfs.github.io/seaweedfs/helm",
    movesWith: "image docker.io/chrislusf/seaweedfs",
  },
  "image docker.io/apache/airflow": { window: "that of Airflow", movesWith: "Airflow" },
  "image docker.io/chrislusf/seaweedfs": ofItsChart("seaweedfs"),
  "image docker.io/library/postgres": {
    ...{
      window: "of a Job alone, with an adopted server of its version or an older one",
      end: "2029-11-08",
      source: postgresImages,
    },
  },
  "image docker.io/library/python": {
    ...{ window: "what `workloads/requirements/` was resolved for", end: "2027-10", source: python },
    movesWith: "all of `workloads/requirements/`",
    whyNotNewer: "3.12 and newer were not tried; 3.12 in the check of DAGs is the Python of Airflow's image",
  },
  "image docker.io/nginxinc/nginx-unprivileged": {
    window: notFound,
    source: "https://github.com/nginx/docker-nginx-unprivileged",
  },
  "image ghcr.io/cloudnative-pg/postgresql": {
    ...{
      window: "operator 1.30",
      end: "2029-11-08",
      source: postgresImages,
      movesWith: "nothing; the operator restarts the server",
    },
    whyNotNewer: "newer minor versions of 17 were not tried; another major version is a change by hand",
  },
  "image quay.io/jupyter/pytorch-notebook": { window: notFound, source: "https://github.com/jupyter/docker-stacks" },
  "image quay.io/jupyter/scipy-notebook": {
    ...{ window: notFound, source: "https://github.com/jupyter/docker-stacks", movesWith: "image notebook of ours" },
  },
  "image quay.io/kiwigrid/k8s-sidecar": ofItsChart("kube-prometheus-stack"),
  "image quay.io/oauth2-proxy/oauth2-proxy": {
    window: notFound,
    source: "https://github.com/oauth2-proxy/oauth2-proxy",
  },
  Airflow: {
    ...{
      window: "PostgreSQL of the pinned versions; MWAA has versions of its own",
      source: "https://github.com/apache/airflow#version-life-cycle",
    },
    movesWith: "chart airflow, image docker.io/apache/airflow, `workloads/dags`",
    whyNotNewer: "3.3.0 is out since July 2026; DAGs, sign-in and migrations were tested on this version",
  },
  MLflow: {
    ...{ window: notFound, source: "https://github.com/mlflow/mlflow" },
    movesWith: "the list of routes that its sign-in knows, and every list of requirements with `mlflow-skinny`",
  },
  JupyterHub: { window: notFound, source: "https://github.com/jupyterhub/jupyterhub", movesWith: "chart jupyterhub" },
};

/** Entries of the ledger that stand for several pins at once. */
export const addonsEntry: LedgerEntry = {
  window: "each default version belongs to a Kubernetes version of EKS",
  source: "https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html",
  movesWith: "the cluster's version",
};
