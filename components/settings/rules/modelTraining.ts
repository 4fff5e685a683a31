import type { ModelSettings } from "../models";
import type { ModelTrainingSettings } from "../modelTraining";
import type { Path, RuleProblem } from "../problems";
import { foreignMetric, metricProblems } from "./metrics";
import { tuneProblems } from "./tune";

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
  const { gate } = training;
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
  problems.push(...tuneProblems(training, path));
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
