import type { ModelSettings } from "../models";
import { nearest } from "../nearest";
import { hasCluster } from "../needs";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { gpuRemedy, offersGpu } from "./applications";
import { batchProblems } from "./batch";
import { trainingProblems } from "./modelTraining";
import { answerProblems } from "./servedModels";

/** SageMaker's own limit on the first step of a canary. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html */
const sagemakerCanaryPercent = 50;

/** Models that contradict themselves, or lean on pieces that are off. */
export function modelRules(settings: Partial<Settings>): RuleProblem[] {
  const models = Object.keys(settings.models ?? {});
  return Object.entries(settings.models ?? {}).flatMap(([name, model]) => [
    ...nameProblems(name, models),
    ...modelProblems(model, ["models", name]),
    ...trainingProblems(model, ["models", name]),
    ...answerProblems(model, ["models", name]),
    ...batchProblems(name, model.batch, ["models", name, "batch"]),
    ...leaningProblems(settings, model, ["models", name]),
  ]);
}

/** What the platform names after a model of the namespace `models`, or has there itself. */
function nameProblems(name: string, models: string[]): RuleProblem[] {
  const refused = (allowed: string, remedy: string): RuleProblem[] => [
    { path: ["models", name], value: name, allowed, remedy },
  ];
  if (["release-controller", "drift-monitor", "promoter", "registrar", "default"].includes(name)) {
    return refused(
      "names other than release-controller, drift-monitor, promoter, registrar and default, which are taken",
      "choose another name",
    );
  }
  const suffix = /-(canary|release)$/.exec(name)?.[0];
  if (suffix !== undefined) {
    return refused(
      "names that do not end in -canary or -release, as what stands beside a model does",
      `write ${name.slice(0, -suffix.length)}, or another name`,
    );
  }
  const beside = /^(.+)-(batch|drift)$/.exec(name);
  if (beside === null || !models.includes(beside[1]!)) return [];
  return refused(
    `a name other than that of what stands beside the model ${beside[1]}: its batch scoring or its drift check`,
    "choose another name",
  );
}

function modelProblems(model: ModelSettings, path: Path): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const at = (steps: string[], value: unknown, allowed: string, remedy: string, restsOn: string[][] = []) =>
    problems.push({
      path: [...path, ...steps],
      value,
      allowed,
      remedy,
      restsOn: restsOn.map((other) => [...path, ...other]),
    });

  const aliased = /^models:\/[^@]+@/.test(model.from);
  if (model.release === "continuous" && !aliased) {
    at(
      ["release"],
      "continuous",
      "pinned, unless from follows an alias of the registry",
      "write release: pinned, or from: models:/name@alias",
      [["from"]],
    );
  }
  if (model.release === "pinned" && aliased) {
    const registered = model.from.split("@")[0];
    at(
      ["release"],
      "pinned",
      "continuous, since from follows an alias",
      `write from: ${registered}/1 (the version), or release: continuous`,
      [["from"]],
    );
  }
  const { flask, sagemaker } = model.serve;
  if (flask !== undefined && flask.maxReplicas < flask.minReplicas) {
    at(
      ["serve", "flask", "maxReplicas"],
      flask.maxReplicas,
      `at least minReplicas, ${flask.minReplicas}`,
      `write maxReplicas: ${flask.minReplicas}`,
      [["serve", "flask", "minReplicas"]],
    );
  }
  if (sagemaker !== undefined && sagemaker.kind !== "serverless" && sagemaker.maxInstances < sagemaker.minInstances) {
    at(
      ["serve", "sagemaker", "maxInstances"],
      sagemaker.maxInstances,
      `at least minInstances, ${sagemaker.minInstances}`,
      `write maxInstances: ${sagemaker.minInstances}`,
      [["serve", "sagemaker", "minInstances"]],
    );
  }
  if (sagemaker !== undefined && model.canary.percent > sagemakerCanaryPercent) {
    at(
      ["canary", "percent"],
      model.canary.percent,
      `at most ${sagemakerCanaryPercent} on SageMaker`,
      `write percent: ${sagemakerCanaryPercent}`,
    );
  }
  if (flask !== undefined && flask.timeoutMillis < model.objectives.p99Millis) {
    at(
      ["serve", "flask", "timeoutMillis"],
      flask.timeoutMillis,
      `at least objectives.p99Millis, ${model.objectives.p99Millis}`,
      `write timeoutMillis: ${model.objectives.p99Millis * 2}`,
      [["objectives", "p99Millis"]],
    );
  }
  return [...problems, ...packageProblems(model, path)];
}

/** Pods load a folder with the file MLmodel, as MLflow writes it; only SageMaker unpacks. */
function packageProblems({ from, serve, batch }: ModelSettings, path: Path): RuleProblem[] {
  if (!/^s3:.*\.tar\.gz$/.test(from)) return [];
  const inPods = [...(serve.flask ? [["serve"]] : []), ...(batch?.with === "kubernetes" ? [["batch", "with"]] : [])];
  if (inPods.length === 0) return [];
  return [
    {
      path: [...path, "from"],
      value: from,
      allowed:
        "a version of the registry, or the folder of a model in a bucket, for a model that pods load: SageMaker alone unpacks",
      remedy: "write s3:// and the folder that holds the file MLmodel, or register the model and name its version",
      restsOn: inPods.map((steps) => [...path, ...steps]),
    },
  ];
}

function leaningProblems(settings: Partial<Settings>, model: ModelSettings, path: Path): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const off = (steps: string[], value: unknown, section: "mlflow" | "airflow") =>
    hasCluster(settings) &&
    problems.push({
      path: [...path, ...steps],
      value,
      allowed: `only with the section ${section}, which is off`,
      remedy: `add ${section}: {}`,
      restsOn: [[section]],
    });

  if (/^(models|runs):/.test(model.from) && settings.mlflow === undefined) off(["from"], model.from, "mlflow");
  if (model.training?.engine === "airflow" && settings.airflow === undefined)
    off(["training", "engine"], "airflow", "airflow");
  if (model.training?.engine === "airflow" && model.training.gpus > 0 && !offersGpu(settings, "training")) {
    problems.push({
      path: [...path, "training", "gpus"],
      value: model.training.gpus,
      allowed: "0, since no GPU nodes have the purpose training",
      remedy: gpuRemedy(settings, "training"),
      restsOn: [["foundation"]],
    });
  }
  const flask = model.serve.flask;
  if (flask !== undefined && flask.gpus > 0 && !offersGpu(settings, "serving")) {
    problems.push({
      path: [...path, "serve", "flask", "gpus"],
      value: flask.gpus,
      allowed: "0, since no GPU nodes have the purpose serving",
      remedy: gpuRemedy(settings, "serving"),
      restsOn: [["foundation"]],
    });
  }
  const receivers = Object.keys(settings.monitoring?.receivers ?? {});
  if (model.owner !== undefined && settings.monitoring !== undefined && !receivers.includes(model.owner)) {
    problems.push({
      path: [...path, "owner"],
      value: model.owner,
      allowed:
        receivers.length === 0 ? "a name from monitoring.receivers, which is empty" : `one of ${receivers.join(", ")}`,
      remedy:
        receivers.length === 0
          ? `add ${model.owner} to monitoring.receivers`
          : `write owner: ${nearest(model.owner, receivers)}`,
      restsOn: [["monitoring", "receivers"]],
    });
  }
  return problems;
}
