import type * as pulumi from "@pulumi/pulumi";
import type { Airflow } from "../apps/airflow/component";
import type { AppName } from "../apps/apps";
import type { Jupyterhub } from "../apps/jupyterhub/component";
import type { Mlflow } from "../apps/mlflow/component";
import type { Monitoring } from "../apps/monitoring/component";
import type { AlertTopic } from "../foundation/alertTopic";
import type { Dependency } from "../lib/dependencies";
import type { AppContext } from "./surroundings";

/** The components of a stack's apps, as far as they are made. */
export interface MadeApps {
  airflow?: Airflow;
  mlflow?: Mlflow;
  jupyterhub?: Jupyterhub;
  monitoring?: Monitoring;
}

/** An app with what comes with it. */
export interface InstalledApp<Name extends AppName> {
  app: NonNullable<MadeApps[Name]>;
  /** Beside the app itself. */
  ready: Dependency[];
  outputs: Record<string, pulumi.Input<unknown>>;
}

/** Makes an app of a stack whose settings ask for it. */
export type Install<Name extends AppName> = (
  name: string,
  context: AppContext,
  beside: { made: MadeApps; topics: Record<string, Pick<AlertTopic, "arn">> },
  opts: pulumi.ComponentResourceOptions,
) => InstalledApp<Name>;
