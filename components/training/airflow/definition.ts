import { stableJson } from "../../lib/json";
import { checkSchedule, checkSteps } from "./check";
import type { AirflowGround, AirflowLoop } from "./facts";
import { steps } from "./steps";

/** Where pods of a DAG run, and who may start them. */
const startedBy = ({ namespace, launcher }: AirflowGround) => ({ namespace, launcher: launcher ?? null });

/** Name of a model's DAG: another than those that people name theirs by. */
export const dagName = (model: string) => `train-${model}`;

/** What `training_loops.py` makes a DAG of, as the text of `<model>.json` beside it. */
export function airflowDefinition(loop: AirflowLoop, ground: AirflowGround): string {
  return stableJson({
    dag: dagName(loop.model),
    model: loop.model,
    schedule: loop.schedule ?? null,
    ...startedBy(ground),
    steps: steps(loop, ground),
  });
}

/** Name of the DAG that checks versions of a model that people ask for. */
export const checkDagName = (model: string) => `check-${model}`;

/** The same of that DAG, as the text of `<model>.check.json`; none where there is no gate to pass. */
export function checkDefinition(loop: AirflowLoop, ground: AirflowGround): string | undefined {
  if (loop.gate === undefined) return undefined;
  return stableJson({
    dag: checkDagName(loop.model),
    description: `Measures versions of ${loop.model} that people ask for, as the loop measures its own.`,
    model: loop.model,
    schedule: checkSchedule,
    ...startedBy(ground),
    steps: checkSteps(loop, ground, loop.gate),
  });
}
