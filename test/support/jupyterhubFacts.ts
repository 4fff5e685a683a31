import type { JupyterhubFacts } from "../../charts/values/jupyterhub";
import { planProfiles } from "../../charts/values/jupyterhubProfiles";
import type { HubSignIn } from "../../charts/values/jupyterhubSignIn";

const tolerate = (value: string) => [
  { key: "mlplatform/purpose", operator: "Equal" as const, value, effect: "NoSchedule" as const },
];

/** Facts of a hub with everything on, all made up. */
export const hubFacts: JupyterhubFacts = {
  profiles: planProfiles({}, true),
  placement: { nodeSelector: { "mlplatform/purpose": "apps" }, tolerations: tolerate("apps") },
  notebookPlacement: {
    cpu: { nodeSelector: { "mlplatform/purpose": "notebooks" }, tolerations: tolerate("notebooks") },
    gpu: {
      nodeSelector: { "mlplatform/node-group": "notebooks-gpu" },
      tolerations: [{ key: "nvidia.com/gpu", operator: "Equal", value: "true", effect: "NoSchedule" }],
    },
  },
  serviceAccount: "notebook",
  podIdentity: true,
  homeGiB: 20,
  storageClass: "gp3",
  keepHomes: true,
  cullIdleMinutes: 90,
  maxServers: 7,
  peers: [
    { namespace: "mlflow", portNumber: 5000 },
    { namespace: "airflow", portNumber: 8080 },
  ],
  egressCidrs: ["0.0.0.0/0"],
  environment: { MLFLOW_TRACKING_URI: "http://mlflow.mlflow.svc.cluster.local:5000" },
  secretVariables: ["AWS_SECRET_ACCESS_KEY"],
  mlflowAsOwner: { uri: "http://mlflow.mlflow.svc.cluster.local:5000" },
  dags: { repository: "https://git.example.com/team/dags.git", branch: "main", secretName: "dags-token" },
  monitoringNamespace: "monitoring",
};

const client = {
  clientId: "made-up-client",
  groups: { Ops: "admin", data: "editor", guests: "viewer" },
  url: "https://hub.example.com",
} as const;

/** The same sign-in by each provider. */
export const hubSignIns = {
  github: { ...client, provider: "github", organization: "Example-Company" },
  google: {
    ...client,
    provider: "google",
    hostedDomain: "example.com",
    groups: { "Boss@example.com": "admin", "data@example.com": "editor" },
  },
  oidc: (issuer: string): HubSignIn => ({ ...client, provider: "oidc", issuer, groupsClaim: "cognito:groups" }),
} as const;
