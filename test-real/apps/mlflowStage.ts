import { expect } from "chai";
import type { Answer, Asked } from "../../test/support/mlflowServer";
import { api, as, files, type Sender } from "./mlflowSenders";

/** Where the attacks begin: a model with a gate that the DAG has registered, and things of a notebook beside it. */
export interface Stage {
  /** Experiments of the DAG and of the notebook, and a run in each; the DAG's goes on. */
  theirs: { experiment: string; run: string; model: string };
  mine: { experiment: string; run: string; model: string };
  /** The DAG's version of the model with a gate, and one that lies in a folder of the notebook's second model. */
  version: string;
  folder: string;
  /** Version of a model without a gate whose files are not MLflow's. */
  outside: string;
  /** Of the DAG: five versions of a model without a gate are of its model, and then one of the model with a gate. */
  crowded: { experiment: string; run: string; model: string };
}

/** What attacks begin with, and how they ask. */
export type Scene = ReturnType<typeof sceneOn>;

export const versionOf = (name: string, over: object): Asked => ({
  path: `${api}/model-versions/create`,
  body: { name, ...over },
});

/**
 * @param to the server
 * @returns with `set`, which makes `stage` there, before the first attack
 */
export function sceneOn(to: (asked: Asked) => Promise<Answer>) {
  const send = (sender: Sender, asked: Asked) => to(as(sender, asked));
  const done = async (sender: Sender, asked: Asked) => {
    const answer = await send(sender, asked);
    expect(answer.status, `${sender} ${asked.path}: ${answer.text}`).to.equal(200);
    return answer.text === "" ? undefined : JSON.parse(answer.text);
  };
  const registered = async (sender: Sender, name: string, over: object): Promise<string> =>
    (await done(sender, versionOf(name, over))).model_version.version;
  const modelOf = async (sender: Sender, experiment: string, run: string): Promise<string> => {
    const body = { experiment_id: experiment, name: "model", source_run_id: run };
    const model = (await done(sender, { path: `${api}/logged-models`, body })).model.info.model_id;
    for (const file of ["MLmodel", "inner/MLmodel"]) {
      const path = `${files}/artifacts/${experiment}/models/${model}/artifacts/${file}`;
      await done(sender, { method: "PUT", path, body: "flavors: {}" });
    }
    const ready = { model_id: model, status: "LOGGED_MODEL_READY" };
    await done(sender, { method: "PATCH", path: `${api}/logged-models/${model}`, body: ready });
    return model;
  };
  const begun = async (sender: Sender, name: string) => {
    const { experiment_id: experiment } = await done(sender, { path: `${api}/experiments/create`, body: { name } });
    const made = await done(sender, { path: `${api}/runs/create`, body: { experiment_id: experiment } });
    const run: string = made.run.info.run_id;
    return { experiment, run, model: await modelOf(sender, experiment, run) };
  };
  const modelPath = ({ experiment, model }: Stage["mine"]) =>
    `mlflow-artifacts:/${experiment}/models/${model}/artifacts`;

  const set = async () => {
    const [theirs, mine] = [await begun("airflow", "of the loop"), await begun("notebook", "of nora")];
    await send("airflow", { path: `${api}/registered-models/create`, body: { name: "churn" } });
    await done("notebook", { path: `${api}/registered-models/create`, body: { name: "loose" } });
    const version = await registered("airflow", "churn", { source: `models:/${theirs.model}`, model_id: theirs.model });
    const folder = await modelOf("notebook", mine.experiment, mine.run);
    const inner = `${modelPath({ ...mine, model: folder })}/inner`;
    await registered("notebook", "churn", { source: inner, model_id: folder });
    const outside = await registered("notebook", "loose", { source: "s3://somewhere/model" });
    const crowded = await begun("airflow", "of six versions");
    await done("airflow", { path: `${api}/registered-models/create`, body: { name: "another" } });
    for (const name of [...Array(5).fill("another"), "churn"]) {
      await registered("airflow", name, { source: `models:/${crowded.model}`, model_id: crowded.model });
    }
    scene.stage = { theirs, mine, version, folder, outside, crowded };
  };
  const scene = { stage: undefined as unknown as Stage, set, send, done, registered };
  return scene;
}
