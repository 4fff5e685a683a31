import * as pulumi from "@pulumi/pulumi";
import { jupyterhubNamespace } from "../../charts/values/jupyterhubNames";
import { modelsNamespace } from "../../charts/values/modelServer";
import { Airflow } from "../apps/airflow/component";
import { Jupyterhub } from "../apps/jupyterhub/component";
import { LandingPage, landingPageNamespace } from "../apps/landingPage/component";
import type { ListedTool } from "../apps/landingPage/html";
import { Mlflow } from "../apps/mlflow/component";
import { Monitoring } from "../apps/monitoring/component";
import { Mwaa } from "../apps/mwaa/component";
import { placementFor } from "../contracts/app";
import type { Dependency } from "../lib/dependencies";
import type { Tool } from "../settings/access";
import { modelsInCluster } from "../settings/needs";
import { airflowArgs } from "./airflow";
import { installAirflowLoops } from "./airflowLoops";
import { budgetTopicArns } from "./alarmTopics";
import { installBackup } from "./backup";
import { certificate } from "./certificate";
import { watchCloud } from "./cloudWatch";
import { jupyterhubArgs } from "./jupyterhub";
import { installLiveQuality } from "./liveQuality";
import { installMissedStarts } from "./missedStarts";
import { mlflowArgs } from "./mlflow";
import { watchModels } from "./modelWatch";
import { alertTopics, monitoringArgs } from "./monitoring";
import { mwaaArgs } from "./mwaa";
import { installPromotion } from "./promotion";
import { installServing } from "./serving";
import { type AppContext, surroundings, toolAddress } from "./surroundings";
import { installTraining } from "./training";
import { installTrainingSection } from "./trainingSection";

/** The applications of a stack, as it exports them. */
export interface Applications {
  ready: Dependency[];
  outputs: Record<string, pulumi.Input<unknown>>;
  /** Absent where the stack is not monitored. */
  monitoring?: Monitoring;
  /** Topic that hears of what the stack costs, where there is one. */
  budgetTopicArns: pulumi.Input<string>[];
}

/** Installs what the stack's config asks for: monitoring first, so that the others are seen from their first minute. */
export function installApplications(
  name: string,
  given: Omit<AppContext, "monitors" | "missedStartsArn">,
  opts: pulumi.ComponentResourceOptions,
): Applications {
  const { settings } = given;
  const tools: ListedTool[] = [];
  const list = (title: string, url: string | undefined, sentence: string) => {
    if (url !== undefined) tools.push({ title, url, sentence });
  };
  const ready: Dependency[] = [];
  const outputs: Applications["outputs"] = {};

  const topics = settings.monitoring ? alertTopics(name, given.foundation.aws, settings.monitoring, opts) : {};
  ready.push(...Object.values(topics));
  const monitoring =
    settings.monitoring &&
    new Monitoring(`${name}-monitoring`, monitoringArgs(given, settings.monitoring, topics), opts);
  const missed = installMissedStarts(name, given, topics, opts);
  if (missed) ready.push(missed);
  const context: AppContext = {
    ...given,
    ...(monitoring ? { monitors: monitoring.crds } : {}),
    ...(missed ? { missedStartsArn: missed.queueArn } : {}),
  };
  const address = (tool: Parameters<typeof toolAddress>[1]) => toolAddress(context, tool)?.url;

  const mlflow = settings.mlflow && new Mlflow(`${name}-mlflow`, mlflowArgs(context, settings.mlflow), opts);
  if (mlflow) {
    ready.push(mlflow, ...mlflow.ready);
    outputs.mlflowUri = mlflow.uri;
    outputs.mlflowUrl = mlflow.url;
    list("MLflow", address("mlflow"), "Runs, their artifacts, and the registry of models.");
  }
  const { executor } = settings.airflow ?? {};
  if (settings.airflow && executor?.kind === "mwaa") {
    const managed = new Mwaa(
      `${name}-airflow`,
      mwaaArgs(context, `${pulumi.getProject()}-${pulumi.getStack()}`, settings.airflow, executor),
      opts,
    );
    ready.push(managed, ...managed.ready);
    outputs.airflowUrl = managed.url; // Reached from inside the VPC, so it is not on the page.
  }
  const airflow =
    settings.airflow && executor?.kind !== "mwaa"
      ? new Airflow(`${name}-airflow`, airflowArgs(context, settings.airflow, mlflow), opts)
      : undefined;
  if (airflow) {
    ready.push(airflow, ...airflow.ready);
    outputs.airflowUrl = airflow.url;
    list("Airflow", address("airflow"), "Pipelines, their schedules, runs and logs.");
    const loops = installAirflowLoops(
      `${name}-airflow-loops`,
      context,
      { ...(mlflow ? { mlflow } : {}), airflow: airflow.ready },
      opts,
    );
    ready.push(...loops.ready);
    Object.assign(outputs, loops.outputs);
  }
  const jupyterhub =
    settings.jupyterhub &&
    new Jupyterhub(
      `${name}-jupyterhub`,
      jupyterhubArgs(context, settings.jupyterhub, { ...(mlflow ? { mlflow } : {}), ...(airflow ? { airflow } : {}) }),
      opts,
    );
  if (jupyterhub) {
    ready.push(jupyterhub, ...jupyterhub.ready);
    if (jupyterhub.url !== undefined) outputs.jupyterhubUrl = jupyterhub.url;
    list("JupyterHub", address("hub"), "Notebooks, with MLflow and the DAGs at hand.");
  }
  if (monitoring) {
    ready.push(monitoring, ...monitoring.ready, ...monitoring.crds);
    if (monitoring.grafanaUrl !== undefined) outputs.grafanaUrl = monitoring.grafanaUrl;
    list("Grafana", address("grafana"), "How everything here is doing.");
  }
  const serving = installServing(name, context, { ...(mlflow ? { mlflow } : {}), topics }, opts);
  const section = installTrainingSection(name, context, { topics, served: serving.ready }, opts);
  const training = installTraining(name, context, { ...(mlflow ? { mlflow } : {}), topics, serving }, opts);
  const promotion = installPromotion(
    name,
    context,
    { ...(mlflow ? { mlflow } : {}), ...(serving.space ? { space: serving.space } : {}) },
    opts,
  );
  ready.push(...serving.ready, ...section.ready, ...training.ready, ...installLiveQuality(name, context, topics, opts));
  ready.push(...promotion.ready);
  const machines = [...serving.machines, ...training.machines];
  ready.push(...watchCloud(name, context, { machines, topics }, opts));
  const backup = installBackup(`${name}-backup`, context, topics, opts);
  ready.push(...backup.ready);
  Object.assign(outputs, serving.outputs, section.outputs, training.outputs, promotion.outputs, backup.outputs);
  if (monitoring) ready.push(...watchModels(`${name}-${modelsNamespace}`, context, monitoring, opts));
  const { address: home, signIn } = surroundings(context, "home", {});
  // Which models there are is for those who have signed in.
  for (const [model, { url }] of signIn ? Object.entries(serving.models) : []) {
    list(`Model ${model}`, url && `${url}/docs`, "What the model is asked, and what it answers.");
  }
  const certify = (tool: Tool, namespace: string, after: Dependency[]) =>
    ready.push(...certificate(`${name}-${tool}-certificate`, context, tool, { namespace, after }, opts));
  if (mlflow) certify("mlflow", mlflow.namespace, mlflow.ready);
  if (airflow) certify("airflow", airflow.namespace, airflow.ready);
  if (jupyterhub) certify("hub", jupyterhubNamespace, jupyterhub.ready);
  if (monitoring) certify("grafana", monitoring.namespace, monitoring.ready);
  if (modelsInCluster(settings).length > 0) certify("models", modelsNamespace, serving.namespaceReady);
  if (home && tools.length > 0) {
    const page = new LandingPage(
      `${name}-home`,
      {
        title: "Machine-learning platform",
        tools,
        ready: context.cluster.ready,
        placement: placementFor(context.cluster.nodeClasses, "apps"),
        address: home,
        ...(signIn ? { signIn } : {}),
      },
      opts,
    );
    ready.push(page);
    certify("home", landingPageNamespace, [page]);
    outputs.homeUrl = home.url;
  }
  return {
    ready,
    outputs,
    ...(monitoring ? { monitoring } : {}),
    budgetTopicArns: budgetTopicArns(settings, topics),
  };
}
