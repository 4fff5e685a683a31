import { mostJobsWithParents, trainedWith } from "../../contracts/trainingLoop";
import type { ModelSettings } from "../models";
import type { ModelTrainingSettings } from "../modelTraining";
import type { Path, RuleProblem } from "../problems";
import { foreignMetric, metricProblems } from "./metrics";

/** Training loops that contradict themselves. */
export function trainingProblems(model: ModelSettings, top: Path): RuleProblem[] {
  const { from, training, drift, monitor } = model;
  if (training === undefined) return [];
  const path = [...top, "training"];
  const problems: RuleProblem[] = [];
  if (training.onDrift && drift === undefined) {
    problems.push({
      path: [...path, "onDrift"],
      value: true,
      allowed: "false, while the model has no drift check",
      remedy: "add drift: {} to the model",
      restsOn: [[...top, "drift"]],
    });
  }
  if (training.onDecay !== undefined) {
    const { metric, windows } = training.onDecay;
    if (monitor?.modelQuality === undefined) {
      problems.push({
        path: [...path, "onDecay"],
        value: { windows },
        allowed: "nothing, while no monitor judges labelled answers",
        remedy: "add monitor: { modelQuality: {} } to the model",
        restsOn: [[...top, "monitor"]],
      });
    }
    if (metric !== undefined) problems.push(...foreignMetric(metric, model.problemType, top, [...path, "onDecay"]));
  }
  const alias = /^models:\/[^@/]+@[^@/]+$/.test(from);
  if (!alias) {
    problems.push({
      path,
      value: { engine: training.engine },
      allowed: "only where from follows an alias of the registry: a new version goes live by it",
      remedy: "write from: models:/name@champion, or leave training out",
      restsOn: [[...top, "from"]],
    });
  }
  const { gate, tune } = training;
  if (gate?.maxDriftPsi !== undefined && drift === undefined) {
    problems.push({
      path: [...path, "gate", "maxDriftPsi"],
      value: gate.maxDriftPsi,
      allowed: "nothing, while the model has no drift check: without it no live traffic is kept to compare with",
      remedy: "add drift: {} to the model",
      restsOn: [[...top, "drift"]],
    });
  }
  if (gate !== undefined && gate.atLeast !== undefined && gate.atMost !== undefined && gate.atLeast > gate.atMost) {
    problems.push({
      path: [...path, "gate", "atMost"],
      value: gate.atMost,
      allowed: `at least gate.atLeast, ${gate.atLeast}: nothing could pass`,
      remedy: "keep one of atLeast and atMost",
      restsOn: [[...path, "gate", "atLeast"]],
    });
  }
  if (gate !== undefined && gate.atLeast === undefined && gate.atMost === undefined && !gate.beatChampion) {
    problems.push({
      path: [...path, "gate"],
      value: { metric: gate.metric },
      allowed: "atLeast, atMost or beatChampion: this gate lets everything through",
      remedy: "add gate.atLeast",
    });
  }
  problems.push(...dataDriftProblems(training, path));
  problems.push(...metricProblems(model, path));
  if (tune === undefined) return problems;
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

/** Comparisons with the live version's rows that nothing follows from. */
function dataDriftProblems({ dataDrift, schedule, onNewData }: ModelTrainingSettings, top: Path): RuleProblem[] {
  if (dataDrift === undefined) return [];
  const { maxPsi, minPsi, effect } = dataDrift;
  const path = [...top, "dataDrift"];
  const problems: RuleProblem[] = [];
  if (maxPsi === undefined && minPsi === undefined) {
    problems.push({
      path,
      value: { effect },
      allowed: "maxPsi, minPsi, or both: nothing follows from this comparison",
      remedy: "add maxPsi: 0.2, or leave dataDrift out",
    });
  }
  if (minPsi === undefined) return problems;
  if (maxPsi !== undefined && minPsi >= maxPsi) {
    problems.push({
      path: [...path, "minPsi"],
      value: minPsi,
      allowed: `less than maxPsi, ${maxPsi}: nothing would be trained`,
      remedy: "swap minPsi and maxPsi, or leave one out",
      restsOn: [[...path, "maxPsi"]],
    });
  }
  if (schedule === undefined && onNewData === undefined) {
    problems.push({
      path: [...path, "minPsi"],
      value: minPsi,
      allowed: "nothing, while neither the clock nor new objects start runs: all others are trained whatever has moved",
      remedy: "add schedule or onNewData, or leave minPsi out",
      restsOn: [
        [...top, "schedule"],
        [...top, "onNewData"],
      ],
    });
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
