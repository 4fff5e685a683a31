import { type ProblemType, problemTypes } from "../../contracts/problemType";
import type { AwsTrainingSettings } from "../engines";
import { nearest } from "../nearest";
import { ownImages } from "../needs";
import type { Path, RuleProblem } from "../problems";
import { splitImage } from "../trainingImage";
import {
  described,
  type NumberParameter,
  objectivesOf,
  ownObjectives,
  printedMetric,
  takes,
  within,
  xgboostAliases,
  xgboostMetrics,
  xgboostParameters,
} from "../xgboostParameters";

/** The only one whose trees are still read: with 3.1 XGBoost gave up the format that older ones are saved in by their containers. */
const readable = "3.0-5";

/** Loops that ask SageMaker's own XGBoost for what it refuses, or for what nobody here could read: it would be said in the first run. */
export function algorithmProblems(training: AwsTrainingSettings, problemType: ProblemType, path: Path): RuleProblem[] {
  const { algorithm, tune, instances } = training;
  if (algorithm === undefined) return [];
  const where = [...path, "algorithm"];
  const problems: RuleProblem[] = [];
  if (algorithm.version !== readable) {
    problems.push({
      path: [...where, "version"],
      value: algorithm.version,
      allowed: `${readable}, whose trees today's XGBoost reads: older images save them in a format that 3.1 gave up`,
      remedy: `write version: ${readable}`,
    });
  }
  if (instances > 1) {
    problems.push({
      path: [...path, "instances"],
      value: instances,
      allowed: "1 with algorithm: its rows are one table, which several instances would each train on whole",
      remedy: "write instances: 1, and a larger instanceType",
      restsOn: [where],
    });
  }
  const given = algorithm.hyperparameters;
  for (const [name, value] of Object.entries(given)) {
    const at = [...where, "hyperparameters", name];
    const known = xgboostParameters[name];
    if (known === undefined) problems.push(unknown(name, value, at));
    else if (!takes(known, value)) {
      problems.push({ path: at, value, allowed: described(known), remedy: "change it, or leave it out" });
    }
  }
  problems.push(...missing(training, problemType, where), ...objectiveProblems(training, problemType, where));
  if (given.early_stopping_rounds !== undefined && given.eval_metric === undefined && tune === undefined) {
    problems.push({
      path: [...where, "hyperparameters", "early_stopping_rounds"],
      value: given.early_stopping_rounds,
      allowed: "nothing without eval_metric: nothing would be looked at, and it would never stop early",
      remedy: `add eval_metric: ${printedMetric[problemType]}`,
    });
  }
  if (tune !== undefined) problems.push(...searchProblems(tune, given.objective ?? "", path));
  return problems;
}

function unknown(name: string, value: string, path: Path): RuleProblem {
  const names = Object.keys(xgboostParameters);
  return {
    path,
    value,
    allowed: `a hyperparameter that SageMaker's XGBoost takes with rows of this platform: ${names.join(", ")}`,
    remedy: `write ${xgboostAliases[name] ?? nearest(name, names)}; what the image's other commands are told is under training.hyperparameters`,
  };
}

/** It has no default for one, and for the other the same whatever is asked. */
function missing({ algorithm, tune }: AwsTrainingSettings, problemType: ProblemType, path: Path): RuleProblem[] {
  const given = algorithm!.hyperparameters;
  const examples = { num_round: '"200"', objective: ownObjectives[problemType][0]! };
  return Object.entries(examples).flatMap(([name, example]) =>
    Object.hasOwn(given, name) || (name === "num_round" && Object.hasOwn(tune?.ranges ?? {}, name))
      ? []
      : [
          {
            path: [...path, "hyperparameters", name],
            value: undefined,
            allowed: name === "objective" ? described(xgboostParameters.objective!) : "how many rounds it trains",
            remedy: `add ${name}: ${example}`,
          },
        ],
  );
}

function objectiveProblems(
  { algorithm, image }: AwsTrainingSettings,
  problemType: ProblemType,
  path: Path,
): RuleProblem[] {
  const { objective, num_class: classes, eval_metric: metrics, base_score: base } = algorithm!.hyperparameters;
  if (objective === undefined || !takes(xgboostParameters.objective!, objective)) return [];
  const problems: RuleProblem[] = [];
  const refuse = (name: string, value: string | undefined, allowed: string, remedy: string) =>
    problems.push({
      path: [...path, "hyperparameters", name],
      value,
      allowed,
      remedy,
      restsOn: [[...path, "hyperparameters", "objective"]],
    });
  const own = splitImage(image)?.name;
  const ofImage = own !== undefined && ownImages.includes(own);
  const fitting = ofImage ? ownObjectives[problemType] : objectivesOf(problemType);
  if (!fitting.includes(objective)) {
    const others = problemTypes.filter((each) =>
      (ofImage ? ownObjectives[each] : objectivesOf(each)).includes(objective),
    );
    const readByOthers = ofImage && objectivesOf(problemType).includes(objective);
    problems.push({
      path: [...path, "hyperparameters", "objective"],
      value: objective,
      allowed: `${fitting.join(", ")} with problemType: ${problemType}${ofImage ? ` and image: ${own}` : ""}`,
      remedy: [
        `write objective: ${fitting[0]}`,
        ...others.map((each) => `problemType: ${each}`),
        ...(readByOthers ? ["name an image of your own that converts and evaluates others"] : []),
      ].join(", or "),
      restsOn: [
        [...path.slice(0, -1), "image"],
        [...path.slice(0, -2), "problemType"],
      ],
    });
  }
  const many = objective.startsWith("multi:");
  if (many && classes === undefined) refuse("num_class", undefined, `a number with ${objective}`, 'add num_class: "3"');
  if (!many && classes !== undefined) {
    refuse("num_class", classes, "nothing but with multi:softmax and multi:softprob", "leave it out");
  }
  const logistic = ["binary:logistic", "reg:logistic"].includes(objective);
  if (base !== undefined && logistic && takes(xgboostParameters.base_score!, base) && !(+base > 0 && +base < 1)) {
    refuse(
      "base_score",
      base,
      `a probability with ${objective}, more than 0 and less than 1`,
      'write base_score: "0.5"',
    );
  }
  const foreign = (metrics ?? "").split(",").find((each) => {
    const of = xgboostMetrics[each.trim().split("@")[0]!]?.of;
    return of !== undefined && !of.some((beginning) => objective.startsWith(beginning));
  });
  if (foreign !== undefined) {
    refuse("eval_metric", metrics, `metrics that ${objective} has; it has no ${foreign.trim()}`, "leave that one out");
  }
  return problems;
}

function searchProblems(tune: NonNullable<AwsTrainingSettings["tune"]>, objective: string, path: Path): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const where = [...path, "tune"];
  const restsOn = [[...path, "algorithm"]];
  const fitting = Object.entries(xgboostMetrics).filter(
    ([, { of }]) => of === undefined || of.some((beginning) => objective.startsWith(beginning)),
  );
  const found = fitting.find(([name]) => `validation:${name}` === tune.objective);
  const names = fitting.map(([name]) => `validation:${name}`);
  if (found === undefined) {
    problems.push({
      path: [...where, "objective"],
      value: tune.objective,
      allowed: `a metric by which SageMaker searches with XGBoost and this objective: ${names.join(", ")}`,
      remedy: `write objective: ${nearest(tune.objective, names)}`,
      restsOn,
    });
  } else if (tune.direction !== undefined && found[1].direction !== tune.direction) {
    problems.push({
      path: [...where, "direction"],
      value: tune.direction,
      allowed: `${found[1].direction} with ${tune.objective}`,
      remedy: `write direction: ${found[1].direction}`,
      restsOn: [[...where, "objective"]],
    });
  }
  for (const [name, range] of Object.entries(tune.ranges)) {
    const known = xgboostParameters[name];
    const tunedAs = known !== undefined && "tunedAs" in known ? known.tunedAs : undefined;
    if (tunedAs === undefined) {
      const tunable = Object.keys(xgboostParameters).filter((each) => "tunedAs" in xgboostParameters[each]!);
      problems.push({
        path: [...where, "ranges", name],
        value: range.type,
        allowed: `a hyperparameter of XGBoost that a search may vary: ${tunable.join(", ")}`,
        remedy: `write ${xgboostAliases[name] ?? nearest(name, tunable)}`,
        restsOn,
      });
    } else if (range.type !== tunedAs) {
      problems.push({
        path: [...where, "ranges", name, "type"],
        value: range.type,
        allowed: `${tunedAs} for ${name}`,
        remedy: `write type: ${tunedAs}`,
        restsOn,
      });
    } else {
      for (const bound of ["min", "max"] as const) {
        if (within(known as NumberParameter, range[bound])) continue;
        problems.push({
          path: [...where, "ranges", name, bound],
          value: range[bound],
          allowed: described(known!),
          remedy: "move the bound",
          restsOn,
        });
      }
    }
  }
  return problems;
}
