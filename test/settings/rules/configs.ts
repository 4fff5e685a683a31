import { minimalAws, onAws, systemGroup } from "../fixtures";

export const groups = (more: object) => onAws({ cluster: { nodeGroups: { system: systemGroup, ...more } } });
export const model = (more: object, sections: object = {}) => ({
  ...minimalAws(),
  mlflow: {},
  models: { churn: { from: "models:/churn@champion", ...more } },
  ...sections,
});
export const training = (more: object) => model({ training: { image: "training", ...more } });
export const monitored = (monitor: object, more: object) => ({
  ...onAws({ images: { repositories: ["own"] } }),
  mlflow: {},
  models: {
    churn: {
      from: "models:/churn@champion",
      serve: { flask: {} },
      drift: {},
      training: { image: "training", gate: { metric: "roc_auc", atLeast: 0.7 } },
      monitor,
      ...more,
    },
  },
});
export const byAirflow = (training: object) => ({
  ...monitored(
    { modelQuality: {} },
    { training: { engine: "airflow", image: "training", gate: { metric: "auc", atLeast: 0.7 }, ...training } },
  ),
  airflow: {},
});
export const signIn = { provider: "github", clientId: "ml", clientSecretName: "sign-in", organization: "example" };
export const access = (more: object) => ({
  domain: "ml.example.com",
  zoneId: "Z0123456789EXAMPLE",
  signIn,
  groups: { "ml-platform": "admin" },
  ...more,
});
export const webhook = { kind: "webhook", secretName: "hook" };
export const backupStore = { endpoint: "https://s3.backup.example.com", bucket: "backups", secretName: "backup-store" };
export const receiving = { monitoring: { receivers: { risk: webhook } } };
export const range = { type: "integer", min: 1, max: 9 };
export const search = (ranges: object) => ({ objective: "auc", ranges });
export const numbered = (count: number, value: () => unknown, name = "p") =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}${at}`, value()]));
