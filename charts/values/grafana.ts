import { type GrafanaSignIn, restricted, sidecarImage, signInValues } from "./grafanaSignIn";

/** What Grafana's values depend on. */
export interface GrafanaFacts {
  /** Secret with the keys `admin-user` and `admin-password`. */
  adminSecretName: string;
  serviceAccount: string;
  /** Where a browser finds it; links, redirects and sign-in are made from it. */
  rootUrl: string;
  /** Absent: people sign in as the administrator of the Secret. */
  signIn?: GrafanaSignIn;
  /** Region whose CloudWatch is shown too; absent where there is none. */
  cloudWatchRegion?: string;
  /** Address of Loki; absent where there is none. */
  lokiUrl?: string;
  /** Absent: the cluster's default class. */
  storageClass?: string;
  nodeSelector: Record<string, string>;
  tolerations: object[];
}

/** Release, and so name of Deployment and Service. */
export const grafanaName = "grafana";
/** Role by which its sidecars find dashboards and data sources. */
export const grafanaRole = "grafana-dashboards";
export const grafanaPort = 3000;
/** Answers without signing in. */
export const grafanaHealthPath = "/api/health";
/** ConfigMaps of the namespace `monitoring` with this label are dashboards. */
export const dashboardLabel = { grafana_dashboard: "1" } as const;
/** Annotation that names the folder of such a dashboard. */
export const dashboardFolderAnnotation = "grafana_folder";

/** Values of the subchart `grafana`. */
export function grafanaValues(facts: GrafanaFacts) {
  const { ini, emptyDirectories, ...signIn } = facts.signIn
    ? signInValues(facts.signIn)
    : { ini: {}, emptyDirectories: [] };
  const https = facts.rootUrl.startsWith("https://");
  return {
    fullnameOverride: grafanaName,
    admin: { existingSecret: facts.adminSecretName, userKey: "admin-user", passwordKey: "admin-password" },
    serviceAccount: { create: true, name: facts.serviceAccount },
    // The chart's own Role reads every Secret of the namespace, and by default of the cluster. This one, of the component, reads ConfigMaps.
    rbac: { namespaced: true, useExistingRole: grafanaRole },
    deploymentStrategy: { type: "Recreate" }, // Its volume goes to one pod at a time.
    persistence: {
      enabled: true,
      type: "pvc",
      size: "5Gi",
      lookupVolumeName: false, // Otherwise the claim changes once it is bound, and every preview shows it.
      ...(facts.storageClass === undefined ? {} : { storageClassName: facts.storageClass }),
    },
    initChownData: { enabled: false }, // A hook-free way to ownership: fsGroup does it.
    testFramework: { enabled: false },
    ingress: { enabled: false }, // The component makes it: annotations may be known only later.
    defaultDashboardsTimezone: "browser",
    containerSecurityContext: restricted,
    extraEmptyDirMounts: [{ name: "tmp", mountPath: "/tmp" }, ...emptyDirectories],
    ...signIn,
    sidecar: {
      image: sidecarImage,
      resources: { requests: { cpu: "20m", memory: "96Mi" }, limits: { memory: "192Mi" } },
      dashboards: {
        enabled: true,
        label: Object.keys(dashboardLabel)[0]!,
        labelValue: dashboardLabel.grafana_dashboard,
        searchNamespace: null,
        resource: "configmap",
        folderAnnotation: dashboardFolderAnnotation,
        provider: { foldersFromFilesStructure: true },
      },
      datasources: { enabled: true, defaultDatasourceEnabled: true, uid: "prometheus", resource: "configmap" },
    },
    additionalDataSources: [
      ...(facts.cloudWatchRegion === undefined ? [] : [cloudWatch(facts.cloudWatchRegion)]),
      ...(facts.lokiUrl === undefined ? [] : [loki(facts.lokiUrl)]),
    ],
    "grafana.ini": {
      server: { root_url: facts.rootUrl },
      analytics: { reporting_enabled: false, check_for_updates: false, check_for_plugin_updates: false },
      security: { cookie_secure: https, strict_transport_security: https, disable_gravatar: true },
      snapshots: { external_enabled: false },
      users: { allow_sign_up: false, auto_assign_org_role: "Viewer" },
      auth: { disable_login_form: facts.signIn !== undefined },
      "auth.anonymous": { enabled: false },
      ...ini,
    },
    nodeSelector: facts.nodeSelector,
    tolerations: facts.tolerations,
    resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "512Mi" } },
  };
}

function cloudWatch(region: string) {
  return {
    name: "CloudWatch",
    uid: "cloudwatch",
    type: "cloudwatch",
    access: "proxy",
    editable: false,
    jsonData: { authType: "default", defaultRegion: region },
  };
}

function loki(url: string) {
  return {
    name: "Loki",
    uid: "loki",
    type: "loki",
    access: "proxy",
    editable: false,
    url,
    jsonData: { maxLines: 1000 },
  };
}
