import type { Answer, Asked } from "../../test/support/mlflowServer";
import { disguises } from "./mlflowDisguises";
import { runAttacks } from "./mlflowRunAttacks";
import { sceneOn } from "./mlflowStage";
import { traceAttacks } from "./mlflowTraceAttacks";
import { versionAttacks } from "./mlflowVersionAttacks";

/** Ways around what `mlflowActs` asserts: other routes, other names of one thing, and what comes later. The model `churn` has a gate. */
export function attacks(to: (asked: Asked) => Promise<Answer>, port: () => number): void {
  const scene = sceneOn(to);
  before(scene.set);
  versionAttacks(scene, to, port);
  runAttacks(scene, to);
  traceAttacks(scene, to);
  disguises(scene, to);
}
