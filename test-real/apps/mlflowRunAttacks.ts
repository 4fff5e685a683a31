import { expect } from "chai";
import type { Answer, Asked } from "../../test/support/mlflowServer";
import { type Act, api, tried, whoMay } from "./mlflowSenders";
import { type Scene, versionOf } from "./mlflowStage";

/** Runs, logged models and experiments of others. */
export function runAttacks(scene: Scene, to: (asked: Asked) => Promise<Answer>): void {
  const { send, done } = scene;
  let counted = 0;
  const acts: Act[] = [
    {
      what: "mark the DAG's logged model as failed, by the address of another",
      asked: () => ({
        method: "PATCH",
        path: `${api}/logged-models/${scene.stage.mine.model}`,
        body: { model_id: scene.stage.theirs.model, status: "LOGGED_MODEL_UPLOAD_FAILED" },
      }),
      may: [],
    },
    {
      what: "rename the experiment of a model with a gate",
      asked: () => ({
        path: `${api}/experiments/update`,
        body: { experiment_id: scene.stage.theirs.experiment, new_name: `renamed-${counted++}` },
      }),
      may: ["releases", "admin"],
    },
    {
      what: "rename an experiment whose sixth version is one of a model with a gate",
      asked: () => ({
        path: `${api}/experiments/update`,
        body: { experiment_id: scene.stage.crowded.experiment, new_name: `renamed-${counted++}` },
      }),
      may: ["releases", "admin"],
    },
    {
      what: "log a metric to a run whose sixth version is one of a model with a gate",
      asked: () => ({
        path: `${api}/runs/log-metric`,
        body: { run_id: scene.stage.crowded.run, key: "auc", value: 1, timestamp: 1 },
      }),
      may: ["airflow", "releases"],
    },
    {
      what: "tag a logged model whose sixth version is one of a model with a gate",
      asked: () => ({
        method: "PATCH",
        path: `${api}/logged-models/${scene.stage.crowded.model}/tags`,
        body: { model_id: scene.stage.crowded.model, tags: [{ key: "note", value: "x" }] },
      }),
      may: ["airflow", "releases"],
    },
    {
      what: "tag an experiment with what only the platform writes",
      asked: () => ({
        path: `${api}/experiments/set-experiment-tag`,
        body: { experiment_id: scene.stage.mine.experiment, key: "mlplatform.run", value: "x" },
      }),
      may: ["releases"],
    },
    {
      what: "take a tag of the platform off a run",
      asked: () => ({
        path: `${api}/runs/delete-tag`,
        body: { run_id: scene.stage.mine.run, key: "mlplatform.owner" },
      }),
      may: ["releases"],
      answers: 200,
    },
    {
      what: "name the DAG's model as what one's own run has made",
      asked: () => ({
        path: `${api}/runs/outputs`,
        body: { run_id: scene.stage.mine.run, models: [{ model_id: scene.stage.theirs.model, step: 0 }] },
      }),
      may: ["releases"],
    },
    {
      what: "give the DAG's model a parameter",
      asked: () => ({
        path: `${api}/logged-models/${scene.stage.theirs.model}/params`,
        body: { model_id: scene.stage.theirs.model, params: [{ key: `p${counted++}`, value: "1" }] },
      }),
      may: ["airflow", "releases"],
    },
    ...(
      [
        ["set-tag", { key: "mlflow.user", value: "lea@example.com" }],
        ["log-batch", { tags: [{ key: "mlflow.user", value: "lea@example.com" }] }],
        ["delete-tag", { key: "mlflow.user" }],
      ] as const
    ).map(
      ([route, body]): Act => ({
        what: `have MLflow's pages name somebody else, or nobody, as who made one's own run: ${route}`,
        asked: () => ({ path: `${api}/runs/${route}`, body: { run_id: scene.stage.mine.run, ...body } }),
        may: ["releases"],
      }),
    ),
  ];

  for (const act of acts) it(`${act.what}: ${whoMay(act)}`, () => tried(act, to));

  it("a run, a logged model and a version are their owner's from their first moment", async () => {
    const made = await done("notebook", {
      path: `${api}/runs/create`,
      body: { experiment_id: scene.stage.mine.experiment },
    });
    const owner = { key: "mlplatform.owner", value: "nora@example.com" };
    expect(made.run.data.tags).to.deep.include(owner);
    const model = await done("notebook", {
      path: `${api}/logged-models`,
      body: { experiment_id: scene.stage.mine.experiment, name: "model" },
    });
    expect(model.model.info.tags).to.deep.include(owner);
    const version = await done(
      "notebook",
      versionOf("loose", { source: `models:/${scene.stage.mine.model}`, model_id: scene.stage.mine.model }),
    );
    expect(version.model_version.tags).to.deep.equal([owner]);
  });

  it("a run names nobody but its owner, whatever was sent as its user", async () => {
    const body = {
      experiment_id: scene.stage.mine.experiment,
      user_id: "lea@example.com",
      tags: [{ key: "mlflow.user", value: "lea@example.com" }],
    };
    const { info, data } = (await done("notebook", { path: `${api}/runs/create`, body })).run;
    expect(info.user_id).to.equal("nora@example.com");
    expect(data.tags).to.deep.include({ key: "mlflow.user", value: "nora@example.com" });
    await done("notebook", {
      path: `${api}/runs/set-tag`,
      body: { run_id: info.run_id, key: "mlflow.user", value: "nora@example.com" },
    });
  });

  it("an experiment with the runs of others is deleted by an administrator alone, whoever made it", async () => {
    const body = { name: "where others train too" };
    const { experiment_id } = await done("notebook", { path: `${api}/experiments/create`, body });
    await done("airflow", { path: `${api}/runs/create`, body: { experiment_id } });
    const gone: Asked = { path: `${api}/experiments/delete`, body: { experiment_id } };
    for (const sender of ["notebook", "another notebook", "editor", "airflow"] as const) {
      expect((await send(sender, gone)).status, sender).to.equal(403);
    }
    await done("admin", gone);
  });
}
