/** One model's loop, whatever engine runs it: what is compiled to a state machine, a pipeline or a DAG. */
import type { DataSource } from "./dataSource";
import type { LoopFeatures } from "./features";
import type { ProblemType } from "./problemType";

/**
 * The training image: of the platform's registry, where its digest is looked up by each run, or somebody's, as it is. Without a tag it is
 * what was pushed last.
 */
export type LoopImage = { repositoryUrl: string; repositoryName: string; tag?: string } | { uri: string };

/** Work on the data before training. */
export type LoopPreparation =
  | { with: "glue"; script: string; workers: number; timeoutMinutes: number }
  | {
      with: "container";
      image: string;
      cpu: string;
      memoryMiB: number;
      timeoutMinutes: number;
      /** Columns of which nothing is written. */
      drop?: string[];
    };

/** Arguments of `prepare` by which it leaves columns out. */
export const dropping = ({ drop = [] }: { drop?: string[] | undefined }) => drop.map((column) => `--drop=${column}`);

/** Arguments by which columns are left out of what is measured of drift. */
const ignoring = ({ ignoredColumns = [] }: Pick<LoopSpec, "ignoredColumns">) =>
  ignoredColumns.map((column) => `--ignore=${column}`);

/** How far a new training set may have moved from that of the live version, as population stability indexes. */
export interface LoopDataDrift {
  maxPsi?: number;
  /** Whether a column beyond `maxPsi` keeps a training from being begun, or is only told. */
  effect: "block" | "warn";
  /** Of a column, for a training that the clock or new objects began to be worth it. */
  minPsi?: number;
}

/** Arguments of `validate`: what it writes besides, and how it compares the rows with those of the live version. */
export const validating = (spec: Pick<LoopSpec, "algorithm" | "dataDrift" | "ignoredColumns">): string[] => {
  const { algorithm, dataDrift } = spec;
  const asked =
    dataDrift === undefined
      ? []
      : [
          ...(dataDrift.maxPsi === undefined
            ? []
            : [`--max-drift=${dataDrift.maxPsi}`, `--drift-effect=${dataDrift.effect}`]),
          ...(dataDrift.minPsi === undefined ? [] : [`--min-drift=${dataDrift.minPsi}`]),
          ...ignoring(spec),
        ];
  return [...(algorithm ? ["--rows"] : []), ...asked];
};

/** Reasons of runs that nobody and nothing but time or data asks for. */
export const unasked = ["schedule", "newData"];

/** Item of the table of training that holds runs which nobody asked for: there while the month's budget is used up. */
export const heldByBudget = "budget";

/** Arguments of `evaluate`: what it leaves out, and what the gate looks at beside its metric. */
export const evaluating = (spec: Pick<LoopSpec, "ignoredColumns" | "checks">) => [
  ...ignoring(spec),
  ...(spec.checks ?? []).map((check) => `--check=${check}`),
];

/** What one hyperparameter may be. */
export type LoopRange =
  | { type: "continuous" | "integer"; min: number; max: number; scale: "auto" | "linear" | "logarithmic" }
  | { type: "categorical"; values: string[] };

/** A search for hyperparameters. */
export interface LoopSearch {
  objective: string;
  direction: "maximize" | "minimize";
  strategy: "Bayesian" | "Random";
  maxJobs: number;
  parallel: number;
  /** Whether it goes on from what the last ones of the model have found. */
  warmStart: boolean;
  ranges: Record<string, LoopRange>;
}

/** An algorithm that SageMaker brings along. It trains in the image's place, with hyperparameters of its own, and does nothing else. */
export interface LoopAlgorithm {
  name: "xgboost";
  /** Tag of its image, such as `3.0-5`. */
  version: string;
  hyperparameters: Record<string, string>;
}

/** What a candidate has to reach; the keys are those of the function that judges. */
export interface LoopGate {
  metric: string;
  /** Whether more or less of it is better. Absent: more, unless `atMost` stands alone. */
  direction?: "maximize" | "minimize";
  atLeast?: number;
  atMost?: number;
  beatChampion: boolean;
  maxDriftPsi?: number;
}

/** What a model's `training` block asks for, with everything that the rest of the stack decides. */
export interface LoopSpec {
  /** Name in the stack's config. */
  model: string;
  problemType: ProblemType;
  image: LoopImage;
  hyperparameters: Record<string, string>;
  /** Absent: the image trains. */
  algorithm?: LoopAlgorithm;
  instanceType: string;
  instances: number;
  volumeGiB: number;
  spot: boolean;
  /** Of the training job, or of the whole search. */
  timeoutMinutes: number;
  prepare?: LoopPreparation;
  tune?: LoopSearch;
  /** Absent: what trains passes, and nothing is evaluated. */
  gate?: LoopGate;
  /** Absent: it is not compared with the rows of the live version. */
  dataDrift?: LoopDataDrift;
  /** Columns of which no drift is measured, as of the drift check. Absent: nobody asks for drift, or nothing is declared. */
  ignoredColumns?: string[];
  /** What the gate looks at beside its metric, each as a text of `name=value`; absent: nothing. */
  checks?: string[];
  approve: "automatic" | "manual";
  /** Folder of the data bucket with the data as it comes, with a slash at the end. */
  rawFolder: string;
  /** What `prepare` reads beside that folder. */
  sources: DataSource[];
  /** What `prepare` does with the model's group of features; absent: nothing. */
  features?: LoopFeatures;
  /** Name of the SageMaker endpoint that must be able to take a version; absent where there is none. */
  endpointName?: string;
  /** Minutes that a release watches a canary. */
  bakeMinutes: number;
  /** Whether what the rows of the live version were like is kept at one place too, where Model Monitor reads it. */
  liveBaseline?: boolean;
}

/** Where the data bucket holds what the loop reads and writes. */
export const layout = {
  /** Data as it comes, unless the stack names another folder. */
  raw: (model: string) => `data/${model}/`,
  /** Data that a run has prepared, by run. */
  extracts: (model: string) => `extracts/${model}/`,
  /** Which objects they were made of, beside them: workloads/mlplatform/src/mlplatform/history/manifest.py. */
  preparedFrom: "prepared_from.json",
  /** Scripts, of all models. */
  source: "source/",
  /** What training jobs write, by run, and the package of what is live. */
  models: (model: string) => `models/${model}/`,
  checkpoints: (model: string) => `checkpoints/${model}/`,
  /** Reports of validation and evaluation, by run. */
  outputs: (model: string) => `outputs/${model}/`,
  /** What was measured of a version when it was judged, by run: what its live answers are compared with as long as it is live. */
  baseline: "/baseline/evaluation.json",
  /** What the rows were like that it was trained on; the same below the outputs, where `validate` leaves it. */
  dataBaseline: { statistics: "/baseline/statistics.json", constraints: "/baseline/constraints.json" },
  /** The same two of the version that is live, for Model Monitor. */
  liveBaseline: (model: string) => `baselines/${model}/live/`,
  /** Rows as a built-in algorithm reads them, and how they were made, by run; below the outputs. */
  rows: "/rows/",
  encoding: "/encoding/",
  /** The MLflow model of what such an algorithm has left, by run; below the models. */
  converted: "/converted",
  /** A record of each run. */
  records: (model: string) => `metadata/${model}/runs/`,
} as const;

/** What a run keeps beside its model, of what it measured. */
export const keptFiles = ({ gate }: Pick<LoopSpec, "gate">): string[] => [
  ...(gate ? [layout.baseline] : []),
  ...Object.values(layout.dataBaseline),
];

/** Where a run puts what Model Monitor compares requests with. */
export const publishedFiles = ({ model, liveBaseline }: Pick<LoopSpec, "model" | "liveBaseline">): string[] =>
  liveBaseline
    ? Object.values(layout.dataBaseline).map((file) => `${layout.liveBaseline(model)}${file.split("/").at(-1)}`)
    : [];

/** Days that a person has to decide on a version. */
export const approvalDays = 7;
/** Days that a run waits for its turn, beside those that the one before it waits for a person. */
const waitingDays = 2;
/** Minutes of a job that reads data once. */
export const checkMinutes = 60;
/** Machine of such a job; the same everywhere, since SageMaker has it in every region. */
export const checkInstance = "ml.m5.xlarge";
/**
 * Jobs of a search and of all that it learns from. Written of those; of a search alone it is 750.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-warm-start.html
 */
export const mostJobsWithParents = 500;

/** Group of a model's packages. */
export const packageGroupName = (stack: string, model: string) => `${stack}-${model}`;

/** Seconds that spare capacity may be waited for and used, altogether. */
export function trainingSeconds({ timeoutMinutes, spot }: Pick<LoopSpec, "timeoutMinutes" | "spot">): {
  running: number;
  waiting: number;
} {
  const running = timeoutMinutes * 60;
  return { running, waiting: spot ? running * 2 : running };
}

/** Minutes until whoever follows the registry has put a version live or taken it back. */
export const releaseMinutes = ({ bakeMinutes }: Pick<LoopSpec, "bakeMinutes">) => bakeMinutes + 120;

/** Minutes between the end of a job and the moment that Step Functions hears of it, at most. */
export const hearingMinutes = 30;
/** Minutes that a question waits for the registrar, which is one pod, and may be on its way to another node. */
export const pickUpMinutes = 30;
/** Minutes for which what somebody decided waits for MLflow: the waits of `patient`, together. */
const awayMinutes = 31;
/** How often a question is put at most: whoever takes it up may be gone before it is answered. */
const questions = 5;

/** Seconds after which a run has ended, however it went: every step at its longest, jobs twice, and questions as often as they are put. */
export function longestRunSeconds({ spec, newObjects }: { spec: LoopSpec; newObjects: boolean }): number {
  const checks = 1 + (spec.gate ? 1 : 0) + (spec.algorithm ? 1 : 0);
  const jobs = [spec.prepare?.timeoutMinutes ?? 0, checks * checkMinutes, trainingSeconds(spec).waiting / 60];
  const manual = spec.approve === "manual";
  const asking = (spec.dataDrift ? 3 : 2) + (manual ? 1 : 0);
  const minutes =
    2 * (sum(jobs) + (2 + checks) * hearingMinutes) +
    questions * (asking * pickUpMinutes + releaseMinutes(spec)) +
    (manual ? awayMinutes : 0);
  const deciding = manual ? approvalDays : 0;
  // Only a run with new objects waits for another one of its model.
  const days = deciding + waitingDays + (newObjects ? deciding : 0);
  return minutes * 60 + days * 24 * 3600;
}

const sum = (numbers: number[]) => numbers.reduce((all, each) => all + each, 0);

/** Longest value of a variable that a processing job takes. */
const longestVariable = 256;

/** What commands that judge are told: beside the hyperparameters which type the project has to be of. */
export const toldOf = ({
  hyperparameters,
  problemType,
}: Pick<LoopSpec, "hyperparameters" | "problemType">): Record<string, string> => ({
  ...hyperparameters,
  problem_type: problemType,
});

/** Hyperparameters for commands that get no file with them, as SageMaker's own images name them; those that fit. */
export function hyperparameterVariables(
  spec: Pick<LoopSpec, "hyperparameters" | "problemType">,
): Record<string, string> {
  const named = Object.entries(toldOf(spec)).filter(
    ([name, value]) => /^\w+$/.test(name) && value.length <= longestVariable,
  );
  return Object.fromEntries(named.map(([name, value]) => [`SM_HP_${name.toUpperCase()}`, value]));
}

/** What the job that trains is told. */
export const trainedWith = ({
  algorithm,
  hyperparameters,
}: {
  algorithm?: Pick<LoopAlgorithm, "hyperparameters"> | undefined;
  hyperparameters: Record<string, string>;
}) => algorithm?.hyperparameters ?? hyperparameters;

/**
 * Metrics that SageMaker reads from what the training image prints, as `name=value;`. Of its own algorithms it knows them, and refuses
 * to be told.
 */
export function printedMetrics({
  gate,
  tune,
  algorithm,
}: Pick<LoopSpec, "gate" | "tune" | "algorithm">): { Name: string; Regex: string }[] {
  if (algorithm !== undefined) return [];
  const names = [...new Set([gate?.metric, tune?.objective])].filter((name) => name !== undefined);
  return names.map((Name) => ({
    Name,
    Regex: `(?:^|[\\s;])${Name.replaceAll(/[.@-]/g, (sign) => `\\${sign}`)}=([-+]?[0-9]*\\.?[0-9]+(?:[eE][-+]?[0-9]+)?);`,
  }));
}
