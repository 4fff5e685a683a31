import { bundleValuePaths } from "../../../charts/values/airflowBundles";
import { dagFilesPerConfigMap } from "../../contracts/airflowNames";
import { kubernetesSchedule } from "../kubernetesSchedule";
import type { ModelTrainingSettings } from "../modelTraining";
import { ownImages } from "../needs";
import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { splitImage } from "../trainingImage";
import { trainedNameProblems } from "./trainedNames";
import { imageProblems } from "./trainingMachines";

/**
 * A ConfigMap holds 1 MiB, and `dagFilesPerConfigMap` files. A DAG with long names takes so much of it, and says its hyperparameters
 * several times.
 */
const mostDagBytes = 1_007_500;
export const dagBytes = 30_700;
/** Of its step that asks which version is live before anything is trained. */
export const comparingBytes = 4_000;
/** Of the DAG beside it that checks what people ask for. */
export const checkBytes = 16_000;
/** Of those that look at live answers, and that start a training by what was found. */
export const lookBytes = 10_000;
export const decayBytes = 6_000;
const repeated = 5;

/** Loops of Airflow that ask for what only AWS has, or for an Airflow that cannot run them. */
export function airflowTrainingRules(settings: Partial<Settings>): RuleProblem[] {
  const { models, foundation, airflow } = settings;
  const onAws = foundation?.kind === "aws";
  const elsewhere = onAws ? "; or write engine: stepFunctions" : "";
  const loops = Object.entries(models ?? {}).flatMap(([name, { training, monitor }]) =>
    training?.engine === "airflow"
      ? [{ name, training, looks: monitor !== undefined && !onAws, path: ["models", name, "training"] }]
      : [],
  );
  const [first] = loops;
  if (first === undefined) return [];
  const problems = loops.flatMap(({ name, training, path }) => [
    ...problemsOf(training, path, elsewhere),
    ...tagProblems(training, path),
    ...(foundation?.kind === "aws"
      ? [
          ...imageProblems(training.image, [...path, "image"], [...ownImages, ...foundation.images.repositories]),
          ...trainedNameProblems(name, path),
        ]
      : []),
  ]);
  if (airflow?.executor.kind === "mwaa") {
    problems.push({
      path: [...first.path, "engine"],
      value: "airflow",
      allowed: "stepFunctions or sagemakerPipelines with MWAA, which starts no pods of this cluster",
      remedy: "write engine: stepFunctions, or airflow.executor: { kind: kubernetes }",
      restsOn: [["airflow", "executor"]],
    });
  }
  problems.push(...hyperparameterProblems(loops));
  problems.push(...replacedProblems(airflow?.values ?? {}, first.path));
  return problems;
}

interface Loop {
  training: ModelTrainingSettings;
  /** Whether a DAG looks at live answers. */
  looks: boolean;
  path: string[];
}

/** Files of DAGs go into ConfigMaps in turn; the heaviest that may meet in one have to fit. Without hyperparameters they always do. */
function hyperparameterProblems(loops: readonly Loop[]): RuleProblem[] {
  const said = ({ training }: Loop) => JSON.stringify(training.hyperparameters).length;
  const files = loops.flatMap((loop) => [
    dagBytes + (loop.training.dataDrift ? comparingBytes : 0) + repeated * said(loop),
    ...(loop.training.gate ? [checkBytes] : []),
    ...(loop.looks ? [lookBytes + said(loop)] : []),
    ...(loop.training.onDecay ? [decayBytes] : []),
  ]);
  const together = files.sort((one, other) => other - one).slice(0, dagFilesPerConfigMap);
  if (together.reduce((sum, bytes) => sum + bytes, 0) <= mostDagBytes) return [];
  const heaviest = loops.reduce((found, loop) => (said(loop) > said(found) ? loop : found));
  const each = Math.floor((mostDagBytes / dagFilesPerConfigMap - dagBytes) / repeated);
  return [
    {
      path: [...heaviest.path, "hyperparameters"],
      value: `${said(heaviest)} characters`,
      allowed: `about ${each} characters of hyperparameters for each model that Airflow trains, or more where others have less: up to ${dagFilesPerConfigMap} DAGs are in one ConfigMap, which holds 1 MiB, and a DAG says them ${repeated} times`,
      remedy: "move long hyperparameters into a file of the training image or its data",
      restsOn: [["models"]],
    },
  ];
}

/** What of the chart decides which tasks may start pods of loops. */
const decidingValues = ["airflowLocalSettings", "podTemplate"];

/** Values of the chart that hold what the loops need, and that values of a stack would replace. */
function replacedProblems(values: Record<string, unknown>, loop: string[]): RuleProblem[] {
  const refused = (paths: readonly string[], reason: string, remedy: string) =>
    paths.flatMap((text): RuleProblem[] => {
      const steps = text.split(".");
      const found = steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], values);
      if (found === undefined) return [];
      return [
        {
          path: ["airflow", "values", ...steps],
          value: found,
          allowed: `nothing while Airflow trains a model: ${reason}, and values replace it`,
          remedy,
          restsOn: [[...loop, "engine"]],
        },
      ];
    });
  return [
    ...refused(
      bundleValuePaths,
      "the list holds the DAGs of training",
      "use airflow.values.volumes and volumeMounts, or put DAGs into airflow.dags",
    ),
    ...refused(
      decidingValues,
      "it decides which tasks may start pods of training",
      "leave it out; airflow.values.workers shapes the pods of tasks",
    ),
  ];
}

/** A pod takes an image by its tag; nobody looks for what was pushed last. */
function tagProblems({ image, prepare }: ModelTrainingSettings, path: string[]): RuleProblem[] {
  const asked = [
    { image, at: [...path, "image"] },
    ...(prepare?.with === "container" && prepare.image !== undefined
      ? [{ image: prepare.image, at: [...path, "prepare", "image"] }]
      : []),
  ];
  return asked.flatMap(({ image: each, at }) => {
    const found = splitImage(each);
    if (found === undefined || found.tag !== undefined || ownImages.includes(found.name)) return [];
    return [
      {
        path: at,
        value: each,
        allowed: "an image with its tag: pods do not look for what was pushed last",
        remedy: `write image: ${found.name}:1`,
        restsOn: [[...path, "engine"]],
      },
    ];
  });
}

function problemsOf(training: ModelTrainingSettings, path: string[], elsewhere: string): RuleProblem[] {
  const { schedule, onNewData, onDrift, prepare, tune, algorithm } = training;
  const problems: RuleProblem[] = [];
  const refuse = (key: string, value: unknown, allowed: string, remedy: string) =>
    problems.push({
      path: [...path, key],
      value,
      allowed,
      remedy: remedy + elsewhere,
      restsOn: [[...path, "engine"]],
    });
  const translated = schedule === undefined ? undefined : kubernetesSchedule(schedule);
  if (translated !== undefined && "fault" in translated) {
    refuse(
      "schedule",
      schedule,
      `schedules of five fields; this is ${translated.fault}`,
      translated.remedy.split("; or")[0]!,
    );
  }
  if (onNewData !== undefined) {
    refuse("onNewData", onNewData, "nothing with Airflow, which no store tells of new objects", "write schedule");
  }
  if (onDrift) {
    refuse("onDrift", true, "false with Airflow", "let a DAG of your own start this one, as drift_check.py does");
  }
  // Where there is no AWS, Glue is refused whatever the engine.
  if (prepare?.with === "glue" && elsewhere !== "") {
    refuse("prepare", { with: "glue" }, "with: container, which runs in the cluster", "write with: container");
  }
  if (algorithm !== undefined) {
    const allowed =
      "nothing with Airflow, whose pods train with the image: built-in algorithms run as jobs of SageMaker alone";
    refuse("algorithm", { name: algorithm.name }, allowed, "leave algorithm out");
  }
  if (tune !== undefined) {
    refuse("tune", { objective: tune.objective }, "nothing with Airflow: searches are SageMaker's", "leave tune out");
  }
  return problems;
}
