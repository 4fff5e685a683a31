import { kubernetesSchedule } from "../kubernetesSchedule";
import type { ModelTrainingSettings } from "../modelTraining";
import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Loops of Airflow that ask for what only AWS has. */
export function airflowTrainingRules({ models, foundation }: Partial<Settings>): RuleProblem[] {
  const elsewhere = foundation?.kind === "aws" ? "; or write engine: stepFunctions" : "";
  return Object.entries(models ?? {}).flatMap(([name, { training }]) =>
    training?.engine === "airflow" ? problemsOf(training, ["models", name, "training"], elsewhere) : [],
  );
}

function problemsOf(training: ModelTrainingSettings, path: string[], elsewhere: string): RuleProblem[] {
  const { schedule, onNewData, onDrift, prepare, tune } = training;
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
  if (tune !== undefined) {
    refuse("tune", { objective: tune.objective }, "nothing with Airflow: searches are SageMaker's", "leave tune out");
  }
  return problems;
}
