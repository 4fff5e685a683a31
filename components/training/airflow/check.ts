/** A check of a version that somebody asks for: it is measured as one that the loop has trained, on the rows of its last approved run. */
import { type LoopGate, layout } from "../../contracts/trainingLoop";
import type { AirflowGround, AirflowLoop } from "./facts";
import { type AirflowStep, asking, howStepsWent, measured, places } from "./steps";

/** Every ten minutes a pod looks whether somebody asks: nobody tells Airflow. */
export const checkSchedule = "*/10 * * * *";

/** Without a version to check, all steps are skipped; else the last one runs however the others went. */
export function checkSteps(loop: AirflowLoop, ground: AirflowGround, gate: LoopGate): AirflowStep[] {
  const { dataUri } = ground;
  const { raw, reports } = places(ground, loop);
  const rows = loop.prepare
    ? { folder: `${dataUri}/${layout.extracts(loop.model)}`, ofRun: true }
    : { folder: raw, ofRun: false };
  const told = (key: string, path: string) => ({ told: { report: `${reports}candidate.json`, key }, path });
  return [
    asking("candidate", loop, ground, { action: "candidate", rows }, { retries: 2 }),
    ...measured(loop, ground, gate, [told("packageUri", "processing/candidate"), told("testUri", "processing/test")]),
    asking("record_check", loop, ground, { action: "recordCheck" }, { retries: 2, variables: [howStepsWent] }),
  ];
}
