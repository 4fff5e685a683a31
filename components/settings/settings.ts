import { z } from "zod";
import { access } from "./access";
import { airflow } from "./airflow";
import { backup } from "./backup";
import { data } from "./data";
import { delivery } from "./delivery";
import { environments } from "./environments";
import { foundation } from "./foundation";
import { governance } from "./governance";
import { jupyterhub } from "./jupyterhub";
import { mlflow } from "./mlflow";
import { models } from "./models";
import { monitoring } from "./monitoring";
import { promotion } from "./promotion";
import { training } from "./training";

/** The whole stack config, section by section. A missing section is a piece that is off. */
export const settings = z.strictObject({
  foundation: foundation.describe("Where the platform runs: an AWS account, or any Kubernetes cluster."),
  access: access
    .optional()
    .describe("Host names, TLS, sign-in and groups. Without it tools are reached by port forwarding only."),
  data: data.optional().describe("Data that lie elsewhere, in buckets and databases that somebody else keeps."),
  airflow: airflow.optional().describe("Airflow, the scheduler of pipelines."),
  mlflow: mlflow.optional().describe("MLflow, tracking of experiments and registry of models."),
  jupyterhub: jupyterhub.optional().describe("JupyterHub, notebooks for everyone."),
  monitoring: monitoring.optional().describe("Prometheus, Grafana and Alertmanager."),
  models: models
    .optional()
    .describe(
      "From name to model: where it comes from, how it is served, watched and trained. One block is one model.",
    ),
  environments: environments
    .prefault({})
    .describe(
      "Packages that models ask for and the server's image has not: where they come from, and what they may take.",
    ),
  training: training
    .optional()
    .describe(
      "What the training loops of all models share; on an existing cluster `logRetentionDays` and `featureDatabase` alone.",
    ),
  delivery: delivery
    .optional()
    .describe("Which repositories may build images, train models and change this stack, and how."),
  promotion: promotion
    .optional()
    .describe(
      "Approved versions of models that go from one stack to another, such as from dev to prod, across accounts.",
    ),
  governance: governance.optional().describe("Limits on what this stack may cost and use."),
  backup: backup
    .optional()
    .describe(
      "Copies of the database, and on aws of volumes, files and buckets, and somebody is told when they are late.",
    ),
});

/** What the program is told to build: complete, checked, every default filled in. */
export type Settings = z.output<typeof settings>;

/** Names of the sections, in the order of the reference. */
export const sectionNames = Object.keys(settings.shape) as (keyof Settings)[];
