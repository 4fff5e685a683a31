import { airflow } from "./airflow";
import { capacity } from "./capacity";
import { type CloudFacts, cloudDashboard } from "./cloud";
import { cluster } from "./cluster";
import type { Dashboard, ToolLinks } from "./dashboard";
import { jupyterhub } from "./jupyterhub";
import { mlflow } from "./mlflow";
import { overview } from "./overview";
import { training } from "./training";

/** What the platform's dashboards depend on: a panel on what the stack has not would be empty for ever. */
export interface PlatformFacts {
  airflow: boolean;
  mlflow: boolean;
  jupyterhub: boolean;
  /** Whether models are served. */
  models: boolean;
  /** Whether nodes with GPUs can be there. */
  gpus: boolean;
  /** Absent where CloudWatch is not shown. */
  cloud?: CloudFacts;
  links: ToolLinks;
}

/** The platform's dashboards; each model has one of its own beside them. */
export function platformDashboards(facts: PlatformFacts): Dashboard[] {
  return [
    overview(facts),
    cluster(facts),
    capacity(facts),
    training(facts),
    ...(facts.airflow ? [airflow(facts)] : []),
    ...(facts.mlflow ? [mlflow(facts)] : []),
    ...(facts.jupyterhub ? [jupyterhub(facts)] : []),
    ...(facts.cloud ? [cloudDashboard(facts.cloud, facts.links)] : []),
  ];
}
