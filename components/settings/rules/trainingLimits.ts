import type { ProblemType } from "../../contracts/problemType";
import { dropping, hyperparameterVariables, trainedWith } from "../../contracts/trainingLoop";
import { trainedOnAws } from "../engines";
import type { ModelTrainingSettings } from "../modelTraining";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Fixed and searched for. https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html */
const mostHyperparameters = 100;
/** Of all kinds. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ParameterRanges.html */
const mostRanges = 30;
/** Of a variable of a processing job. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html */
const longestValue = 256;
/** Of a processing job, its command among them, and of each. The same page. */
const mostArguments = 100;
const longestArgument = 256;
/** Of the 8,192 characters that a task on Fargate may be told, less its command. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html */
const mostVariableCharacters = 7000;

/** Hyperparameters that no engine keeps apart, and loops on SageMaker that ask for more than it takes: it would say so in the first run. */
export function trainingLimitRules({ models = {} }: Partial<Settings>): RuleProblem[] {
  return Object.entries(models).flatMap(([model, { training, monitor, drift, problemType }]) => {
    if (training === undefined) return [];
    const path = ["models", model, "training", "hyperparameters"];
    if (trainedOnAws(training)) {
      const where = `the engine ${training.engine}: prepare, validate and evaluate get it as a variable`;
      return [
        ...nameProblems(training, path),
        ...valueProblems(training, path, where, ["models", model, "training", "engine"]),
        ...countProblems(training, problemType, model),
        ...ignoredProblems(training, Object.keys(drift?.columns ?? {}), model),
      ];
    }
    // Pods take more; SageMaker's job that looks at live answers does not.
    return [
      ...nameProblems(training, path),
      ...(monitor ? monitoredProblems(training, problemType, path, ["models", model, "monitor"]) : []),
    ];
  });
}

function nameProblems({ hyperparameters }: ModelTrainingSettings, path: Path): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const seen = new Map<string, string>();
  for (const [name, value] of Object.entries(hyperparameters)) {
    if (name.toLowerCase() === "problem_type") {
      problems.push({
        path: [...path, name],
        value,
        allowed: "no such hyperparameter: the image is told the model's problemType by that name",
        remedy: "write problemType beside training",
      });
    }
    const other = seen.get(name.toUpperCase());
    if (other !== undefined) {
      problems.push({
        path: [...path, name],
        value,
        allowed: `a name that differs from ${other} in more than its capitals: both would be the variable SM_HP_${name.toUpperCase()}`,
        remedy: `rename ${name} or ${other}`,
        restsOn: [[...path, other]],
      });
    }
    seen.set(name.toUpperCase(), name);
  }
  return problems;
}

function monitoredProblems(
  training: ModelTrainingSettings,
  problemType: ProblemType,
  path: Path,
  monitor: string[],
): RuleProblem[] {
  const problems = valueProblems(training, path, "monitor: SageMaker's job gets it as a variable", monitor);
  const count = Object.keys(hyperparameterVariables({ ...training, problemType })).length;
  if (count > mostHyperparameters) {
    problems.push({
      path,
      value: `${count - 1} hyperparameters`,
      allowed: `at most ${mostHyperparameters - 1} with monitor: SageMaker's job gets them as variables, and problem_type beside them`,
      remedy: "put those that never change into the image",
      restsOn: [monitor],
    });
  }
  return problems;
}

function valueProblems(
  { hyperparameters }: ModelTrainingSettings,
  path: Path,
  where: string,
  ...restsOn: string[][]
): RuleProblem[] {
  const problems: RuleProblem[] = [];
  for (const [name, value] of Object.entries(hyperparameters)) {
    if (value.length > longestValue || /[\r\n]/.test(value)) {
      problems.push({
        path: [...path, name],
        value,
        allowed: `one line of at most ${longestValue} characters with ${where}`,
        remedy: "put it into a file of the image, and write the file's name here",
        restsOn,
      });
    }
  }
  return problems;
}

/** Columns that `evaluate` is told as arguments. */
function ignoredProblems(
  { gate, dataDrift, engine }: ModelTrainingSettings,
  columns: string[],
  model: string,
): RuleProblem[] {
  const asks = gate?.maxDriftPsi === undefined ? "dataDrift" : "gate.maxDriftPsi";
  if (asks === "dataDrift" && dataDrift === undefined) return [];
  const path = ["models", model, "drift", "columns"];
  const restsOn = [
    ["models", model, "training", ...asks.split(".")],
    ["models", model, "training", "engine"],
  ];
  const where = `with ${asks} and the engine ${engine}: the job that ${asks === "dataDrift" ? "validates" : "evaluates"} gets them as arguments`;
  const remedy = "say of the others in the project of the training image that they are to be ignored";
  const longest = longestArgument - "--ignore=".length;
  const problems: RuleProblem[] = columns
    .filter((column) => column.length > longest)
    .map((column) => ({
      path: [...path, column],
      value: column,
      allowed: `a name of at most ${longest} characters ${where}`,
      remedy,
      restsOn,
    }));
  if (columns.length >= mostArguments) {
    const allowed = `at most ${mostArguments - 1} ${where}`;
    problems.push({ path, value: `${columns.length} columns`, allowed, remedy, restsOn });
  }
  return problems;
}

function countProblems(training: ModelTrainingSettings, problemType: ProblemType, model: string): RuleProblem[] {
  const { hyperparameters, tune, prepare, engine } = training;
  const path = ["models", model, "training"];
  const problems: RuleProblem[] = [];
  const ranges = Object.keys(tune?.ranges ?? {}).length;
  const fixed = Object.keys(trainedWith(training)).length;
  // A search adds its objective to those of its jobs.
  const most = tune === undefined ? mostHyperparameters : mostHyperparameters - 1;
  if (fixed + ranges > most) {
    problems.push({
      path: [...path, "hyperparameters"],
      value: `${fixed} hyperparameters and ${ranges} ranges`,
      allowed: `at most ${most} with the engine ${engine}, those under tune.ranges among them`,
      remedy: "put those that never change into the image",
      restsOn: [
        [...path, "tune"],
        [...path, "engine"],
      ],
    });
  }
  if (ranges > mostRanges) {
    problems.push({
      path: [...path, "tune", "ranges"],
      value: `${ranges} ranges`,
      allowed: `at most ${mostRanges}, of all types together`,
      remedy: "move those that matter least to hyperparameters",
    });
  }
  const variables = Object.entries(hyperparameterVariables({ hyperparameters, problemType }));
  const told = variables.map(([Name, Value]) => ({ Name, Value }));
  if (told.length > mostHyperparameters && fixed + ranges <= most) {
    problems.push({
      path: [...path, "hyperparameters"],
      value: `${told.length - 1} hyperparameters`,
      allowed: `at most ${mostHyperparameters - 1}, which validate and evaluate get as variables, and problem_type beside them`,
      remedy: "put those that never change into the image",
    });
  }
  const columns = prepare?.with === "container" ? dropping(prepare) : [];
  const characters = JSON.stringify([...told, ...columns]).length;
  if (prepare?.with === "container" && characters > mostVariableCharacters) {
    problems.push({
      path: [...path, "hyperparameters"],
      value: `${characters} characters as variables${columns.length === 0 ? "" : ", with the columns of prepare.drop"}`,
      allowed: `at most ${mostVariableCharacters} characters in all with prepare.with: container, which Fargate starts`,
      remedy: "put long ones into a file of the image, or write prepare.with: glue",
      restsOn: [[...path, "prepare"]],
    });
  }
  return problems;
}
