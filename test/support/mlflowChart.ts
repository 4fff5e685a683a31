import { join } from "node:path";
import { type MlflowFacts, mlflow, mlflowValues } from "../../charts/values/mlflow";
import { merge } from "../../components/lib/merge";
import { helmTemplate } from "../../simulator/cloud/expansions/helmTemplate";

/** An object that the chart renders. */
export interface ChartObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: rendered objects are as their kind has them.
  [key: string]: any;
}

/** A published MLflow with everything on. */
export function mlflowFacts(over: Partial<MlflowFacts> = {}): MlflowFacts {
  const url = "https://mlflow.ml.example.com";
  return {
    replicas: 2,
    cpu: "500m",
    memoryMiB: 1024,
    workers: 2,
    maxUploadMiB: 5120,
    garbageCollection: { schedule: "0 4 * * 0", olderThanDays: 30 },
    machines: { airflow: "editor", "model-server": "viewer", releases: "controller" },
    gated: [{ name: "churn", alias: "champion", approvers: ["ml-leads"] }],
    clientNamespaces: ["models", "airflow", "monitoring"],
    tokens: true,
    databasePort: 5432,
    url,
    people: {
      url,
      provider: { provider: "oidc", issuer: "https://id.example.com/realms/company", groupsClaim: "groups" },
      clientId: "mlplatform",
      groups: { "ml-admins": "admin", ml: "editor", "ml-leads": "editor", "ml-readers": "viewer" },
    },
    monitored: true,
    nodeSelector: { "mlplatform/purpose": "apps" },
    tolerations: [],
    ...over,
  };
}

export const mlflowChartFolder = join(__dirname, "..", "..", "charts", "mlflow");

/** What the chart makes of facts, and of values laid over theirs. */
export async function renderMlflow(helm: string, facts: MlflowFacts, over: object = {}): Promise<ChartObject[]> {
  const rendering = { releaseName: mlflow.name, namespace: mlflow.name, chart: mlflowChartFolder, includeCrds: true };
  const values = merge(mlflowValues(facts), over);
  return (await helmTemplate(helm, { ...rendering, values, kubernetesVersion: "1.34" })) as unknown as ChartObject[];
}

export function theObject(objects: ChartObject[], kind: string, name?: string): ChartObject {
  const found = objects.filter((each) => each.kind === kind && (name === undefined || each.metadata.name === name));
  if (found.length !== 1) throw new Error(`${found.length} objects of kind ${kind} ${name ?? ""}`);
  return found[0]!;
}
