import { request } from "node:http";
import { expect } from "chai";
import type { Answer, Asked } from "../../test/support/mlflowServer";
import { type Act, api, as, files, tried, whoMay } from "./mlflowSenders";
import { type Scene, versionOf } from "./mlflowStage";

/** Versions, and the models they are of: what they are made of, what is said of them, and when they go. */
export function versionAttacks(scene: Scene, to: (asked: Asked) => Promise<Answer>, port: () => number): void {
  const { send, done, registered } = scene;
  const prompt = { key: "mlflow.prompt.is_prompt", value: "true" };
  const acts: Act[] = [
    {
      what: "register a model with a run of the loop's, whose metrics and commit are then shown as the version's",
      asked: () =>
        versionOf("churn", {
          source: `models:/${scene.stage.mine.model}`,
          model_id: scene.stage.mine.model,
          run_id: scene.stage.theirs.run,
        }),
      may: ["releases"],
    },
    {
      what: "register one's own model with the model of the loop's beside it, whose run MLflow would take",
      asked: () =>
        versionOf("churn", { source: `models:/${scene.stage.mine.model}`, model_id: scene.stage.theirs.model }),
      may: ["releases"],
      answers: 400, // MLflow itself refuses it.
    },
    ...["mlflow-artifacts:/EXPERIMENT/RUN/artifacts/model", "runs:/RUN/model"].flatMap((place): Act[] => {
      const source = () =>
        place.replace("EXPERIMENT", scene.stage.mine.experiment).replace("RUN", scene.stage.mine.run);
      return [
        {
          what: `register files of one's own run at ${place} as of the loop's run`,
          asked: () => versionOf("loose", { source: source(), run_id: scene.stage.theirs.run }),
          may: ["releases"],
          answers: 400,
        },
        {
          what: `register files of one's own run at ${place} with the model of the loop's beside it`,
          asked: () => versionOf("loose", { source: source(), model_id: scene.stage.theirs.model }),
          may: ["releases"],
          answers: 400,
        },
      ];
    }),
    ...["", "/models", "/traces", "/RUN", "/RUN/other", "/models/m-made-up/artifacts", "/made-up/artifacts/model"].map(
      (place): Act => ({
        what: `fix what is at ${place || "the whole"} of an experiment, by registering it`,
        asked: () =>
          versionOf("loose", {
            source: `mlflow-artifacts:/${scene.stage.mine.experiment}${place.replace("RUN", scene.stage.mine.run)}`,
            run_id: scene.stage.mine.run,
          }),
        may: ["releases"],
        answers: 400,
      }),
    ),
    {
      what: "fix the files of a run that goes on, by registering all of them",
      asked: () =>
        versionOf("loose", {
          source: `mlflow-artifacts:/${scene.stage.theirs.experiment}/${scene.stage.theirs.run}/artifacts`,
          run_id: scene.stage.theirs.run,
        }),
      may: ["airflow", "releases"],
    },
    {
      what: "register a copy of a version whose files are not MLflow's",
      asked: () => versionOf("churn", { source: `models:/loose/${scene.stage.outside}` }),
      may: [],
    },
    {
      what: "register files by a scheme in capitals, so that they may be replaced later",
      asked: () =>
        versionOf("loose", {
          source: `MLFLOW-ARTIFACTS:/${scene.stage.mine.experiment}/${scene.stage.mine.run}/artifacts/model`,
          run_id: scene.stage.mine.run,
        }),
      may: [],
    },
    {
      what: "delete a logged model of which a folder is registered: the collector would take its files",
      asked: () => ({ method: "DELETE", path: `${api}/logged-models/${scene.stage.folder}` }),
      may: [],
    },
    {
      what: "make a prompt of the registered model, so that no search finds its versions",
      asked: () => ({ path: `${api}/registered-models/set-tag`, body: { name: "churn", ...prompt } }),
      may: [],
    },
    {
      what: "make a prompt of one's own version, so that a rejection passes it by",
      asked: () => ({
        path: `${api}/model-versions/set-tag`,
        body: { name: "churn", version: scene.stage.version, ...prompt },
      }),
      may: [],
    },
    {
      what: "register a prompt among the versions",
      asked: () => versionOf("churn", { source: "prompt-template", tags: [prompt] }),
      may: [],
    },
    {
      what: "describe the DAG's version, for the approver to read",
      asked: () => ({
        method: "PATCH",
        path: `${api}/model-versions/update`,
        body: { name: "churn", version: scene.stage.version, description: "auc 0.99" },
      }),
      may: ["airflow", "releases", "admin"],
    },
    {
      what: "move the DAG's version by MLflow's stages",
      asked: () => ({
        path: `${api}/model-versions/transition-stage`,
        body: { name: "churn", version: scene.stage.version, stage: "Production" },
      }),
      may: ["releases"],
    },
    {
      what: "rename another model to the one with a gate",
      asked: () => ({ path: `${api}/registered-models/rename`, body: { name: "loose", new_name: "churn" } }),
      may: [],
    },
  ];

  for (const act of acts) it(`${act.what}: ${whoMay(act)}`, () => tried(act, to));

  it("another case of alias or model is another one: what goes live stays where it is", async () => {
    const champion = `${api}/registered-models/alias?name=churn&alias=champion`;
    const alias = (name: string, alias: string, version: string): Asked => ({
      path: `${api}/registered-models/alias`,
      body: { name, alias, version },
    });
    await done("releases", alias("churn", "champion", scene.stage.version));
    const another = await registered("notebook", "churn", {
      source: `models:/${scene.stage.mine.model}`,
      model_id: scene.stage.mine.model,
    });
    await done("notebook", alias("churn", "Champion", another));
    await done("notebook", { path: `${api}/registered-models/create`, body: { name: "Churn" } });
    const found = await done("model-server", { method: "GET", path: champion });
    expect(found.model_version.version).to.equal(scene.stage.version);
    await done("releases", { ...alias("churn", "champion", scene.stage.version), method: "DELETE" });
  });

  it("a version of a model with a gate is deleted by its owner, unless it has been live", async () => {
    const source = { source: `models:/${scene.stage.theirs.model}`, model_id: scene.stage.theirs.model };
    const [never, once] = [await registered("airflow", "churn", source), await registered("airflow", "churn", source)];
    const gone = (version: string): Asked => ({
      method: "DELETE",
      path: `${api}/model-versions/delete`,
      body: { name: "churn", version },
    });
    for (const sender of ["notebook", "editor", "approver", "viewer", "model-server"] as const) {
      expect((await send(sender, gone(never))).status, sender).to.equal(403);
    }
    expect((await send("anonymous", gone(never))).status).to.equal(401);
    await done("airflow", gone(never));
    await done("releases", {
      path: `${api}/model-versions/set-tag`,
      body: { name: "churn", version: once, key: "mlplatform.prod.promoted", value: "champion" },
    });
    const refused = await send("airflow", gone(once));
    expect(refused.status).to.equal(403);
    expect(refused.text).to.contain("has been live, and may have to be again");
    await done("admin", gone(once));
  });

  it("a file that is still coming when its folder is registered is refused when it has come", async () => {
    const made = await done("notebook", {
      path: `${api}/runs/create`,
      body: { experiment_id: scene.stage.mine.experiment },
    });
    const run: string = made.run.info.run_id;
    const folder = `${scene.stage.mine.experiment}/${run}/artifacts/model`;
    const path = `${files}/artifacts/${folder}/model.pkl`;
    await done("notebook", { method: "PUT", path, body: "as it was measured" });
    const asked = as("notebook", { path });
    const late = new Promise<number>((resolve, reject) => {
      const sending = request(
        { host: "127.0.0.1", port: port(), method: "PUT", path, headers: { host: "mlflow:5000", ...asked.headers } },
        (answer) => resolve(answer.resume().statusCode!),
      ).on("error", reject);
      sending.write("something");
      const register = versionOf("loose", { source: `mlflow-artifacts:/${folder}`, run_id: run });
      // The server has begun to read the file by the time it answers another request.
      setTimeout(() => done("notebook", register).then(() => sending.end(" else"), reject), 1000);
    });
    expect(await late).to.equal(403);
    expect((await send("model-server", { method: "GET", path })).text).to.equal("as it was measured");
  });
}
