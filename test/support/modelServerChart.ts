import { join } from "node:path";
import { type ModelServerFacts, modelServerValues, modelsNamespace } from "../../charts/values/modelServer";
import { merge } from "../../components/lib/merge";
import { helmTemplate } from "../../simulator/cloud/expansions/helmTemplate";
import type { ChartObject } from "./mlflowChart";

/** A published, watched and sampled model. */
export function modelServerFacts(over: Partial<ModelServerFacts> = {}): ModelServerFacts {
  return {
    model: "churn",
    image: { repository: "registry.example.com/ml/model-server", tag: "1.2.0" },
    minReplicas: 2,
    maxReplicas: 10,
    cpu: "500m",
    memoryMiB: 1024,
    gpus: 0,
    targetCpuPercent: 70,
    timeoutMillis: 10000,
    samplePercent: 10,
    publicPrefix: "/churn",
    clientNamespaces: ["jupyterhub", "airflow"],
    monitoringNamespace: "monitoring",
    mlflow: { namespace: "mlflow", portNumber: 5000 },
    variablesFrom: { secrets: ["mlflow-model-servers"], configMaps: ["churn-facts"] },
    nodeSelector: { "mlplatform/purpose": "serving" },
    tolerations: [],
    ...over,
  };
}

export const modelServerChartFolder = join(__dirname, "..", "..", "charts", "model-server");

/** What the chart makes of values. */
export async function renderValues(helm: string, values: object, releaseName = "churn"): Promise<ChartObject[]> {
  const rendering = { releaseName, namespace: modelsNamespace, chart: modelServerChartFolder, includeCrds: true };
  const rendered = await helmTemplate(helm, { ...rendering, values: { ...values }, kubernetesVersion: "1.34" });
  return rendered as unknown as ChartObject[];
}

/** What the chart makes of facts, and of values laid over theirs. */
export function renderModelServer(helm: string, facts: ModelServerFacts, over: object = {}): Promise<ChartObject[]> {
  return renderValues(helm, merge(modelServerValues(facts), over), facts.model);
}
