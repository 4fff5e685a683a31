/** Looks at a model's live answers in the cluster, and what starts a training when those have become too bad. */

import { toldOf } from "../../contracts/trainingLoop";
import { driftFolder } from "../../identity/policies/drift";
import { liveReports } from "../../identity/policies/liveQuality";
import { lookArguments } from "../../serving/liveQualityJob";
import { lookCron } from "../../settings/lookSchedule";
import type { AirflowGround, AirflowLook, AirflowLoop } from "./facts";
import { command, literal, runName, tool } from "./pods";
import { type AirflowStep, answeredDecay, asking, step } from "./steps";

/** Every ten minutes a pod looks whether the drift monitor asks for a training: nobody tells Airflow. */
export const decaySchedule = "*/10 * * * *";
/** Minutes of one look, as of SageMaker's. */
const lookMinutes = 60;
/** When the run of the DAG was due. */
const dueAt = "{{ dag_run.run_after.isoformat() }}";

export const lookSchedule = ({ everyHours }: AirflowLook["checks"]) => lookCron(everyHours)!;

/** Where the data store is, as the training image is told: bucket and folder, with a slash at its end. */
function place(dataUri: string): { bucketName: string; prefix?: string } {
  const { hostname, pathname } = new URL(dataUri);
  const folder = pathname.slice(1);
  return { bucketName: hostname, ...(folder === "" ? {} : { prefix: `${folder}/` }) };
}

/** One step: the training image compares, and the platform's own keeps the report. */
export function lookSteps(loop: AirflowLoop, ground: AirflowGround, look: AirflowLook): AirflowStep[] {
  const { model, image, cpu, memoryMiB } = loop;
  const asked = lookArguments({ model, ...look, ...place(ground.dataUri), at: dueAt });
  const folder = { path: "processing/output", uri: `${ground.dataUri}/${liveReports(model)}${runName}/` };
  return [
    step(
      "look",
      loop,
      ground,
      [
        // It makes the folders that both write.
        tool("fetch", ground, { action: "fetch", inputs: [] }),
        command("look", ground, {
          image,
          args: asked.map((each) => (each.endsWith(dueAt) ? each : literal(each))),
          hyperparameters: toldOf(loop),
          size: { cpu, memoryMiB },
          store: true,
        }),
        tool("store", ground, { action: "store", folder }),
      ],
      { minutes: lookMinutes },
    ),
  ];
}

/** All steps are skipped while nothing is asked for; else one run of training is started, unless one is under way. */
export function decaySteps(loop: AirflowLoop, ground: AirflowGround, trainingDag: string): AirflowStep[] {
  const { dataUri } = ground;
  const request = {
    action: "decayed",
    series: `${dataUri}/${driftFolder}/${loop.model}/quality.json`,
    answered: `${dataUri}/${answeredDecay(loop.model)}`,
  };
  return [asking("decayed", loop, ground, request, { retries: 2 }), { id: "start", dag: trainingDag, reason: "decay" }];
}
