import type { ProblemType } from "../../contracts/problemType";
import type { GateCheck } from "../gateChecks";
import { bestOf, gateDirection, knownDirection, metricsOf, problemTypesOf } from "../metrics";
import type { ModelSettings } from "../models";
import { nearest } from "../nearest";
import type { Path, RuleProblem } from "../problems";

/** A metric that the model's type of problem does not have: it would never be measured. */
export function foreignMetric(
  metric: string,
  problemType: ProblemType,
  model: Path,
  where: Path,
  key: "metric" | "objective" = "metric",
): RuleProblem[] {
  const types = problemTypesOf(metric);
  if (types === undefined || types.includes(problemType)) return [];
  const names = metricsOf(problemType);
  const bound = knownDirection(metric) === "minimize" ? "atMost" : "atLeast";
  const bounded = where.at(-1) === "gate" ? `, with gate.${bound} as its bound` : "";
  return [
    {
      path: [...where, key],
      value: metric,
      allowed: `a metric of problemType: ${problemType}, such as ${names.join(", ")}`,
      remedy: `write problemType: ${types[0]}${bounded}, or ${key}: ${nearest(metric, names)}`,
      restsOn: [[...model, "problemType"]],
    },
  ];
}

/** Gates and searches whose metric is of another type of problem, or is to be bettered the wrong way. */
export function metricProblems({ training, problemType }: ModelSettings, path: Path): RuleProblem[] {
  const { gate, tune } = training ?? {};
  const model = path.slice(0, -1);
  return [
    ...(gate ? foreignMetric(gate.metric, problemType, model, [...path, "gate"]) : []),
    ...(gate ? directionProblems(gate.metric, gate.direction, [...path, "gate"], "metric") : []),
    ...(gate ? boundProblems(gate, [...path, "gate"]) : []),
    ...(gate ? unreachableProblems(gate, [...path, "gate"]) : []),
    ...(gate?.checks ?? []).flatMap((check, at) =>
      checkProblems(check, problemType, model, [...path, "gate", "checks", at]),
    ),
    // SageMaker's own algorithms have metrics of their own, and rules of their own.
    ...(tune && !training?.algorithm
      ? [
          ...foreignMetric(tune.objective, problemType, model, [...path, "tune"], "objective"),
          ...directionProblems(tune.objective, tune.direction, [...path, "tune"], "objective"),
        ]
      : []),
  ];
}

/** Checks that ask nothing, or what the model's type of problem does not have. */
function checkProblems(check: GateCheck, problemType: ProblemType, model: Path, where: Path): RuleProblem[] {
  if (check.kind === "metric") {
    const asks = check.atLeast !== undefined || check.atMost !== undefined || check.beatChampion;
    return [
      ...foreignMetric(check.metric, problemType, model, where),
      ...directionProblems(check.metric, check.direction, where, "metric"),
      ...(check.beatChampion ? [] : boundProblems(check, where)),
      ...unreachableProblems(check, where),
      ...(asks ? [] : [nothingAsked(where, "atLeast, atMost or beatChampion: true", "add atLeast or atMost")]),
    ];
  }
  if (check.kind !== "fairness") return [];
  const { measure, maxDifference, minRatio } = check;
  const known = measuredOfGroups[problemType];
  return [
    ...(known.includes(measure)
      ? []
      : [
          {
            path: [...where, "measure"],
            value: measure,
            allowed: `what is measured of groups with problemType: ${problemType}: ${known.join(", ")}`,
            remedy: `write measure: ${nearest(measure, known)}`,
            restsOn: [[...model, "problemType"]],
          },
        ]),
    ...(maxDifference === undefined && minRatio === undefined
      ? [nothingAsked(where, "maxDifference or minRatio", "add maxDifference")]
      : []),
  ];
}

const nothingAsked = (path: Path, allowed: string, remedy: string): RuleProblem => ({
  path,
  value: undefined,
  allowed: `${allowed}: this check asks nothing`,
  remedy,
});

/** As `evaluate` reports it, training_template/problems. */
const measuredOfGroups: Record<ProblemType, string[]> = {
  binaryClassification: ["predicted", "rate", "roc_auc"],
  multiclassClassification: ["predicted", "shares", "accuracy"],
  regression: ["predicted", "mean", "mean_error", "mae"],
};

function directionProblems(metric: string, direction: string | undefined, where: Path, key: string): RuleProblem[] {
  const known = knownDirection(metric);
  if (direction === undefined || known === undefined || known === direction) return [];
  return [
    {
      path: [...where, "direction"],
      value: direction,
      allowed: `${known} with ${metric}, of which ${known === "maximize" ? "more" : "less"} is better`,
      remedy: "leave direction out",
      restsOn: [[...where, key]],
    },
  ];
}

type Bounded = Parameters<typeof gateDirection>[0];

/** One bound, on the side where everything is better: it would let the worst through. */
function boundProblems(gate: Bounded, where: Path): RuleProblem[] {
  const direction = knownDirection(gate.metric) ?? gateDirection(gate);
  const [bound, other] = direction === "maximize" ? (["atLeast", "atMost"] as const) : (["atMost", "atLeast"] as const);
  if (gate[bound] !== undefined || gate[other] === undefined) return [];
  return [
    {
      path: [...where, other],
      value: gate[other],
      allowed: `${bound} of ${gate.metric}, of which ${direction === "maximize" ? "more" : "less"} is better: this alone lets the worst through`,
      remedy: `write ${bound}: ${gate[other]}`,
      restsOn: [
        [...where, "metric"],
        [...where, "direction"],
      ],
    },
  ];
}

/** A bound beyond the best that there is, such as percent where a share is meant: no version would ever pass. */
function unreachableProblems(gate: Bounded, where: Path): RuleProblem[] {
  const best = bestOf(gate.metric);
  if (best === undefined) return [];
  const bound = knownDirection(gate.metric) === "maximize" ? "atLeast" : "atMost";
  const value = gate[bound];
  if (value === undefined || (bound === "atLeast" ? value <= best : value >= best)) return [];
  const share = bound === "atLeast" && value <= 100 ? value / 100 : undefined;
  return [
    {
      path: [...where, bound],
      value,
      allowed: `${bound === "atLeast" ? "at most" : "at least"} ${best}, the best ${gate.metric} that there is: beyond it no version ever passes`,
      remedy: share === undefined ? `write one that a good model reaches` : `write ${bound}: ${share}`,
      restsOn: [[...where, "metric"]],
    },
  ];
}
