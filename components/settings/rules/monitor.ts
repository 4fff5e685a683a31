import { cronHours, lookCron } from "../lookSchedule";
import { ownImages } from "../needs";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { splitImage } from "../trainingImage";
import { foreignMetric } from "./metrics";

/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html */
const ofEcr = /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\//;

/** Monitors that look at nothing, or lean on what is not there. */
export function monitorRules({ models = {}, foundation }: Partial<Settings>): RuleProblem[] {
  const onAws = foundation?.kind === "aws";
  return Object.entries(models).flatMap(([model, { monitor, drift, training, problemType }]) => {
    if (monitor === undefined) return [];
    const path: Path = ["models", model, "monitor"];
    const problems: RuleProblem[] = [];
    const { dataQuality, modelQuality, bias, explainability } = monitor;
    const judgesAnswers = [modelQuality, bias, explainability].some((check) => check !== undefined);
    const refused = (allowed: string, remedy: string, ...restsOn: string[][]) =>
      problems.push({
        path,
        value: undefined,
        allowed,
        remedy,
        restsOn: restsOn.map((other) => ["models", model, ...other]),
      });
    if (modelQuality?.metric !== undefined) {
      problems.push(...foreignMetric(modelQuality.metric, problemType, ["models", model], [...path, "modelQuality"]));
    }
    if (!judgesAnswers && dataQuality === undefined) {
      refused(
        "dataQuality, modelQuality, bias or explainability: this monitor looks at nothing",
        "add dataQuality: {}",
      );
    }
    if (drift === undefined) {
      refused(
        "nothing, while the model has no drift check: without it no answers are kept to look at",
        "add drift: {} to the model",
        ["drift"],
      );
    }
    if (training === undefined) {
      refused(
        "only with training: what its runs keep of a version is what requests and answers are compared with",
        "add training with a gate",
        ["training"],
      );
      return problems;
    }
    if (judgesAnswers && training.gate === undefined) {
      refused(
        "only with a gate in training, but for dataQuality: the evaluation of its runs is what answers are compared with",
        "add training.gate, or monitor dataQuality alone",
        ["training"],
      );
    }
    if (!onAws) {
      if (lookCron(monitor.everyHours) === undefined) {
        problems.push({
          path: [...path, "everyHours"],
          value: monitor.everyHours,
          allowed: `${cronHours.join(", ")}: Airflow, which looks here, starts its DAGs by the clock`,
          remedy: `write everyHours: ${cronHours.findLast((hours) => hours <= monitor.everyHours)}`,
          restsOn: [["foundation", "kind"]],
        });
      }
      return problems;
    }
    const image = splitImage(training.image);
    if (image === undefined && !ofEcr.test(training.image)) {
      refused(
        "only with a training.image of Amazon ECR: SageMaker, which runs the command monitor of it, takes no others",
        "push the image to the platform's registry, and write its name with a tag",
        ["training", "image"],
      );
    }
    if (image !== undefined && image.tag === undefined && !ownImages.includes(image.name)) {
      refused(
        "only with a tag in training.image: a schedule does not look for the newest",
        `write training.image: ${image.name}:1`,
        ["training", "image"],
      );
    }
    return problems;
  });
}
