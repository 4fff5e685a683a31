import { stableJson } from "../../lib/json";
import type { AirflowGround, AirflowLoop } from "./facts";
import { steps } from "./steps";

/** Name of a model's DAG: another than those that people name theirs by. */
export const dagName = (model: string) => `train-${model}`;

/** What `training_loops.py` makes a DAG of, as the text of `<model>.json` beside it. */
export function airflowDefinition(loop: AirflowLoop, ground: AirflowGround): string {
  return stableJson({
    dag: dagName(loop.model),
    model: loop.model,
    schedule: loop.schedule ?? null,
    namespace: ground.namespace,
    launcher: ground.launcher ?? null,
    steps: steps(loop, ground),
  });
}
