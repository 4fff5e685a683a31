import { stableJson } from "../../lib/json";
import { checkSchedule, checkSteps } from "./check";
import type { AirflowGround, AirflowLoop } from "./facts";
import { decaySchedule, decaySteps, lookSchedule, lookSteps } from "./looks";
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

/** The DAG that looks at live answers of a model; none where nobody does, or SageMaker. */
export function lookDefinition(loop: AirflowLoop, ground: AirflowGround): string | undefined {
  const { model, look } = loop;
  if (look === undefined) return undefined;
  return stableJson({
    dag: `look-${model}`,
    description: `Compares live answers of ${model} with the evaluation of their version.`,
    ...{ model, schedule: lookSchedule(look.checks) },
    ...startedBy(ground),
    steps: lookSteps(loop, ground, look),
  });
}

/** The DAG that starts a training when labelled answers have become too bad; none where that starts nothing. */
export function decayDefinition(loop: AirflowLoop, ground: AirflowGround): string | undefined {
  const { model, startsOnDecay } = loop;
  if (!startsOnDecay) return undefined;
  return stableJson({
    dag: `decay-${model}`,
    description: `Trains ${model} once when labelled answers have been too bad for some windows in a row.`,
    ...{ model, schedule: decaySchedule },
    ...startedBy(ground),
    steps: decaySteps(loop, ground, dagName(model)),
  });
}

/** Files of all DAGs of a model, by name. */
export const loopDefinitions = (
  loop: AirflowLoop,
): Record<string, (loop: AirflowLoop, ground: AirflowGround) => string | undefined> => ({
  [`${loop.model}.json`]: airflowDefinition,
  ...(loop.gate ? { [`${loop.model}.check.json`]: checkDefinition } : {}),
  ...(loop.look ? { [`${loop.model}.look.json`]: lookDefinition } : {}),
  ...(loop.startsOnDecay ? { [`${loop.model}.decay.json`]: decayDefinition } : {}),
});
