import type { Dashboard as BuiltDashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dashboard } from "../../components/observability/dashboards/dashboard";
import { logsDashboard } from "../../components/observability/dashboards/logs";
import { modelDashboard } from "../../components/observability/dashboards/model";
import { platformDashboards } from "../../components/observability/dashboards/platform";
import { watchedModel } from "./watchedModel";

export const links = { MLflow: "https://mlflow.ml.example.com", Airflow: "https://airflow.ml.example.com" };
const place = (group: string) => ({
  region: "eu-west-1",
  group,
  arn: `arn:aws:logs:eu-west-1:000000000000:log-group:${group}`,
});

export const wholePlatform = {
  ...{ airflow: true, mlflow: true, jupyterhub: true, models: true, gpus: true },
  cloud: {
    region: "eu-west-1",
    database: { identifier: "mlplatform-test", instanceClass: "db.t4g.medium", storageGiB: 20 },
    logs: [
      { title: "Database", places: [place("/aws/rds/instance/mlplatform-test/postgresql")] },
      {
        title: "Functions",
        places: ["database-access", "endpoint-release"].map((each) => place(`/aws/lambda/${each}`)),
      },
    ],
    monthlyUsd: 500,
    failedRuns: place("/aws/events/mlplatform-test/failed-runs"),
  },
  links,
};

/** An endpoint of SageMaker, as a dashboard is told of it. */
export const endpoint = {
  endpointName: "mlplatform-test-churn",
  region: "eu-west-1",
  logs: place("/aws/sagemaker/Endpoints/mlplatform-test-churn"),
};

/** Every dashboard there can be, for a model on both targets. */
export function allDashboards(): Dashboard[] {
  const sagemaker = endpoint;
  const logs = logsDashboard({ places: [place("mlplatform-test/pods/models")], alertAtDailyMiB: 10_240, links });
  return [...platformDashboards(wholePlatform), logs, modelDashboard({ ...watchedModel("churn"), sagemaker }, links)];
}

/** One panel, as Grafana reads it. */
export interface ShownPanel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { type: string; uid: string };
  targets?: { expr?: string; refId: string; datasource?: { type: string; uid: string } }[];
}

export function shown({ json }: Dashboard): Omit<BuiltDashboard, "panels"> & { panels: ShownPanel[] } {
  return JSON.parse(json);
}

/** With every variable at All. */
export function withoutVariables(expression: string): string {
  return expression.replace(/\$\w+/g, ".*");
}
