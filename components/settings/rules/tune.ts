import { mostJobsWithParents, trainedWith } from "../../contracts/trainingLoop";
import type { ModelTrainingSettings } from "../modelTraining";
import type { Path, RuleProblem } from "../problems";

/** Searches for hyperparameters that contradict themselves. */
export function tuneProblems(training: ModelTrainingSettings, path: Path): RuleProblem[] {
  const { tune } = training;
  if (tune === undefined) return [];
  const problems: RuleProblem[] = [];
  if (tune.parallel > tune.maxJobs) {
    problems.push({
      path: [...path, "tune", "parallel"],
      value: tune.parallel,
      allowed: `at most maxJobs, ${tune.maxJobs}`,
      remedy: `write parallel: ${tune.maxJobs}`,
      restsOn: [[...path, "tune", "maxJobs"]],
    });
  }
  problems.push(...warmStartProblems(training, path));
  if (Object.keys(tune.ranges).length === 0) {
    problems.push({
      path: [...path, "tune", "ranges"],
      value: {},
      allowed: "at least one range",
      remedy: "add a range, or leave tune out",
    });
  }
  for (const [name, range] of Object.entries(tune.ranges)) {
    const where = [...path, "tune", "ranges", name];
    if (Object.hasOwn(trainedWith(training), name)) {
      problems.push({
        path: where,
        value: range.type,
        allowed: "a hyperparameter that is not fixed under hyperparameters",
        remedy: `remove ${training.algorithm ? "algorithm." : ""}hyperparameters.${name}`,
      });
    }
    if (range.type === "categorical") continue;
    if (range.min >= range.max) {
      problems.push({
        path: [...where, "max"],
        value: range.max,
        allowed: `more than min, ${range.min}`,
        remedy: "swap min and max, or move the value to hyperparameters",
        restsOn: [[...where, "min"]],
      });
    }
    if (range.scale === "logarithmic" && range.min <= 0) {
      problems.push({
        path: [...where, "min"],
        value: range.min,
        allowed: "more than 0 on a logarithmic scale",
        remedy: "write scale: linear, or a min above 0",
        restsOn: [[...where, "scale"]],
      });
    }
  }
  return problems;
}

/** Searches that could not learn from those before them, though they should. */
function warmStartProblems({ engine, tune }: ModelTrainingSettings, path: Path): RuleProblem[] {
  if (!tune?.warmStart) return [];
  const refuse = (allowed: string, remedy: string, restsOn: Path): RuleProblem => ({
    path: [...path, "tune", "warmStart"],
    value: true,
    allowed,
    remedy,
    restsOn: [restsOn],
  });
  const problems: RuleProblem[] = [];
  if (engine === "sagemakerPipelines") {
    problems.push(
      refuse(
        "false with sagemakerPipelines: a pipeline names its searches itself, and cannot be told of a list that is empty at first",
        "write engine: stepFunctions, or warmStart: false",
        [...path, "engine"],
      ),
    );
  }
  if (tune.strategy === "Random") {
    problems.push(
      refuse(
        "false with strategy: Random, which looks at no results, neither those of others nor its own",
        "write strategy: Bayesian, or warmStart: false",
        [...path, "tune", "strategy"],
      ),
    );
  }
  if (2 * tune.maxJobs > mostJobsWithParents) {
    problems.push(
      refuse(
        `false with ${tune.maxJobs} jobs: with those of the searches that it learns from it may have ${mostJobsWithParents}, too few for even one of its size`,
        `write maxJobs: ${mostJobsWithParents / 5}, or warmStart: false`,
        [...path, "tune", "maxJobs"],
      ),
    );
  }
  return problems;
}
