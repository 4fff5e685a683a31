import type * as pulumi from "@pulumi/pulumi";
import { modelsNamespace } from "../../charts/values/modelServer";
import { type AppName, apps } from "../apps/apps";
import { LandingPage, landingPageNamespace } from "../apps/landingPage/component";
import type { ListedTool } from "../apps/landingPage/html";
import type { Monitoring } from "../apps/monitoring/component";
import { placementFor } from "../contracts/app";
import type { Dependency } from "../lib/dependencies";
import type { Tool } from "../settings/access";
import { modelsInCluster } from "../settings/needs";
import { installs } from "./apps";
import { installBackup } from "./backup";
import { installBudget } from "./budget";
import { certificate } from "./certificate";
import { watchCloud } from "./cloudWatch";
import type { MadeApps } from "./install";
import { installLiveQuality } from "./liveQuality";
import { installMissedStarts } from "./missedStarts";
import { watchModels } from "./modelWatch";
import { alertTopics } from "./monitoring";
import { installMwaa } from "./mwaa";
import { installObjectCopies } from "./objectCopies";
import { installOffHours } from "./offHours";
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
}

/** Installs what the stack's config asks for: its apps, and what leans on them. */
export function installApplications(
  name: string,
  given: Omit<AppContext, "monitors" | "missedStartsArn">,
  opts: pulumi.ComponentResourceOptions,
): Applications {
  const { settings } = given;
  const topics = settings.monitoring ? alertTopics(name, given.foundation.aws, settings.monitoring, opts) : {};
  const missed = installMissedStarts(name, given, topics, opts);
  const ready: Dependency[] = [...Object.values(topics), ...(missed ? [missed] : [])];
  const mwaa = installMwaa(`${name}-airflow`, given, opts);
  ready.push(...mwaa.ready);
  const outputs: Applications["outputs"] = { ...mwaa.outputs };

  const made: MadeApps = {};
  let context: AppContext = { ...given, ...(missed ? { missedStartsArn: missed.queueArn } : {}) };
  const asked = (Object.keys(installs) as AppName[]).filter((app) => apps[app].asked(settings));
  for (const each of asked) {
    const { app, ...rest } = installs[each](`${name}-${each}`, context, { made, topics }, opts);
    Object.assign(made, { [each]: app });
    ready.push(app, ...app.ready, ...rest.ready);
    Object.assign(outputs, rest.outputs);
    if (made.monitoring) context = { ...context, monitors: made.monitoring.crds };
  }
  const { mlflow, monitoring } = made;
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
  const budget = installBudget(
    name,
    context,
    {
      topics,
      ...(section.domainId === undefined ? {} : { domainId: section.domainId }),
      ...(training.table === undefined ? {} : { table: training.table }),
      after: [...given.foundation.ready, ...serving.ready, ...section.ready],
    },
    opts,
  );
  ready.push(...budget.ready);
  const machines = [...serving.machines, ...training.machines, ...budget.machines];
  ready.push(...watchCloud(name, context, { machines, topics }, opts));
  ready.push(...installOffHours(name, context, { topics, after: [...given.foundation.ready, ...section.ready] }, opts));
  const backup = installBackup(`${name}-backup`, context, topics, opts);
  ready.push(...backup.ready, ...installObjectCopies(`${name}-object-copies`, context, opts));
  Object.assign(outputs, serving.outputs, section.outputs, training.outputs, promotion.outputs, backup.outputs);
  if (monitoring) ready.push(...watchModels(`${name}-${modelsNamespace}`, context, monitoring, opts));
  const { address: home, signIn } = surroundings(context, "home", {});
  const tools: ListedTool[] = [];
  const list = (title: string, url: string | undefined, sentence: string) => {
    if (url !== undefined) tools.push({ title, url, sentence });
  };
  const certify = (tool: Tool, namespace: string, after: Dependency[]) =>
    ready.push(...certificate(`${name}-${tool}-certificate`, context, tool, { namespace, after }, opts));
  // On the page monitoring comes last: it is for those who look after the others.
  for (const each of [...asked.filter((app) => app !== "monitoring"), ...asked.filter((app) => app === "monitoring")]) {
    const { tool, title, sentence } = apps[each];
    const { namespace, ready: whole } = made[each]!;
    list(title, toolAddress(context, tool)?.url, sentence);
    certify(tool, namespace, whole);
  }
  // Which models there are is for those who have signed in.
  for (const [model, { url }] of signIn ? Object.entries(serving.models) : []) {
    list(`Model ${model}`, url && `${url}/docs`, "What the model is asked, and what it answers.");
  }
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
  return { ready, outputs, ...(monitoring ? { monitoring } : {}) };
}
