import { expect } from "chai";
import { type Answer, type Asked, proxyKey } from "../../test/support/mlflowServer";
import { type Act, api, as, files, named, type Sender, tried, whoMay, writers } from "./mlflowSenders";

/** What the registry and the artifacts are before anybody tries: made by the DAG's account, released by the release path. */
export interface Stage {
  experiment: string;
  /** Run, logged model and version of the DAG, of a model with a gate. */
  run: string;
  model: string;
  version: string;
  /** Run of the DAG that no version was made of. */
  loose: string;
  /** Run of a notebook. */
  own: string;
}

async function prepare(to: (asked: Asked) => Promise<Answer>): Promise<Stage> {
  const by = (sender: Sender) => async (asked: Asked) => {
    const answer = await to(as(sender, asked));
    expect(answer.status, `${asked.path}: ${answer.text}`).to.equal(200);
    return answer.text === "" ? undefined : JSON.parse(answer.text);
  };
  const dag = by("airflow");
  const { experiment_id: experiment } = await dag({ path: `${api}/experiments/create`, body: { name: "acts" } });
  const runOf = async (act: typeof dag) =>
    (await act({ path: `${api}/runs/create`, body: { experiment_id: experiment } })).run.info.run_id as string;
  const [run, loose, own] = [await runOf(dag), await runOf(dag), await runOf(by("notebook"))];
  const logged = await dag({
    path: `${api}/logged-models`,
    body: { experiment_id: experiment, name: "model", source_run_id: run },
  });
  const model: string = logged.model.info.model_id;
  for (const file of ["MLmodel", "model.pkl"]) {
    await dag({
      method: "PUT",
      path: `${files}/artifacts/${experiment}/models/${model}/artifacts/${file}`,
      body: `${file} as it was trained`,
    });
  }
  await dag({
    method: "PATCH",
    path: `${api}/logged-models/${model}`,
    body: { model_id: model, status: "LOGGED_MODEL_READY" },
  });
  await dag({ path: `${api}/registered-models/create`, body: { name: "churn" } });
  const made = await dag({
    path: `${api}/model-versions/create`,
    body: { name: "churn", source: `models:/${model}`, model_id: model, run_id: run },
  });
  const { version } = made.model_version;
  return { experiment, run, model, version, loose, own };
}

/** What each may and may not do, by what each gets for it on a real server. */
export function hostileActs(to: (asked: Asked) => Promise<Answer>): void {
  let stage: Stage;
  const send = (sender: Sender, asked: Asked) => to(as(sender, asked));
  const tagOf = (key: string, value: string): Asked => ({
    path: `${api}/model-versions/set-tag`,
    body: { name: "churn", version: stage.version, key, value },
  });
  const tags = async (): Promise<Record<string, string>> => {
    const path = `${api}/model-versions/get?name=churn&version=${stage.version}`;
    const found = JSON.parse((await send("releases", { method: "GET", path })).text).model_version.tags ?? [];
    return Object.fromEntries(found.map(({ key, value }: { key: string; value: string }) => [key, value]));
  };
  const modelFile = (file: string) => `${stage.experiment}/models/${stage.model}/artifacts/${file}`;

  before(async () => {
    stage = await prepare(to);
  });

  const acts: Act[] = [
    ...["", "/ajax"].map(
      (twin): Act => ({
        what: `replace a file of a registered version${twin && " by the address of the pages"}`,
        asked: () => ({
          method: "PUT",
          path: `${twin}${twin ? files.replace("/api", "-api") : files}/artifacts/${modelFile("model.pkl")}`,
          body: "weights of somebody else",
        }),
        may: [],
      }),
    ),
    {
      what: "add a file to a registered version",
      asked: () => ({ method: "PUT", path: `${files}/artifacts/${modelFile("code/more.py")}`, body: "import os" }),
      may: [],
    },
    {
      what: "begin a multipart upload over a file of a registered version",
      asked: () => ({
        path: `${files}/mpu/create/${modelFile("").slice(0, -1)}`,
        body: { path: "/tmp/any/model.pkl", num_parts: 1 },
      }),
      may: [],
    },
    {
      what: "end a multipart upload that was begun before",
      asked: () => ({
        path: `${files}/mpu/complete/${modelFile("").slice(0, -1)}`,
        body: { path: "model.pkl", upload_id: "made-up", parts: [{ part_number: 1, etag: "x", url: "" }] },
      }),
      may: [],
    },
    ...["models/MODEL/artifacts/model.pkl", "models/MODEL/artifacts", "models/MODEL", "models", ""].map(
      (place): Act => ({
        what: `delete ${place || "the whole experiment's files"}`,
        asked: () => ({
          method: "DELETE",
          path: `${files}/artifacts/${`${stage.experiment}/${place.replace("MODEL", stage.model)}`.replace(/\/$/, "")}`,
        }),
        may: [],
      }),
    ),
    {
      what: "delete the logged model of a registered version",
      asked: () => ({ method: "DELETE", path: `${api}/logged-models/${stage.model}` }),
      may: [],
    },
    { what: "delete the run of a registered version", asked: () => run("delete", {}), may: [] },
    { what: "restore that run", asked: () => run("restore", {}), may: [] },
    {
      what: "delete the experiment of a registered version",
      asked: () => ({ path: `${api}/experiments/delete`, body: { experiment_id: stage.experiment } }),
      may: [],
    },
    {
      what: "have an experiment's files elsewhere",
      asked: () => ({
        path: `${api}/experiments/create`,
        body: { name: "elsewhere", artifact_location: `mlflow-artifacts:/${stage.experiment}/models/${stage.model}` },
      }),
      may: [],
    },
    { what: "move the alias that goes live", asked: () => alias("champion"), may: ["releases"] },
    {
      what: "take the alias that goes live away",
      asked: () => ({ ...alias("champion"), method: "DELETE" }),
      may: ["releases"],
    },
    { what: "ask for a version", asked: () => alias("candidate"), may: writers },
    { what: "move an alias that nothing follows", asked: () => alias("best-so-far"), may: writers },
    ...[
      "mlplatform.prod.kubernetes",
      "mlplatform.prod.sagemaker",
      "mlplatform.prod.promoted",
      "mlplatform.prod.kubernetes.reason",
      "mlplatform.integrity",
      "mlplatform.run",
      "mlplatform.gate",
      "MLplatform.prod.kubernetes",
    ].map((key): Act => ({ what: `set the tag ${key}`, asked: () => tagOf(key, "live"), may: ["releases"] })),
    {
      what: "delete a tag that decides",
      asked: () => ({
        method: "DELETE",
        path: `${api}/model-versions/delete-tag`,
        body: { name: "churn", version: stage.version, key: "mlplatform.prod.kubernetes" },
      }),
      may: ["releases"],
    },
    ...["history.manifest_sha256", "History.record_sha256"].map(
      (key): Act => ({ what: `set the tag ${key}`, asked: () => tagOf(key, "0"), may: ["releases"] }),
    ),
    {
      what: "delete a tag of its history",
      asked: () => ({
        method: "DELETE",
        path: `${api}/model-versions/delete-tag`,
        body: { name: "churn", version: stage.version, key: "history.manifest_sha256" },
      }),
      may: ["releases"],
    },
    { what: "write a decision by hand", asked: () => tagOf("mlplatform.decision.1", "{}"), may: [] },
    { what: "say whose version it is", asked: () => tagOf("mlplatform.owner", "airflow"), may: [] },
    { what: "set the tag note of the DAG's version", asked: () => tagOf("note", "x"), may: ["airflow", "releases"] },
    {
      what: "relay what somebody has decided elsewhere",
      asked: () =>
        tagOf(
          "mlplatform.approval.relayed",
          JSON.stringify({ decision: "approved", by: "arn:aws:iam::1:user/lea", at: "2026-01-01T00:00:00Z" }),
        ),
      may: ["releases"],
    },
    {
      what: "take back what somebody has decided",
      asked: () => ({
        method: "DELETE",
        path: `${api}/model-versions/delete-tag`,
        body: { name: "churn", version: stage.version, key: "mlplatform.decision.1" },
      }),
      may: [],
    },
    {
      what: "move the alias that goes live by the pages' address",
      asked: () => ({ ...alias("champion"), path: "/ajax-api/2.0/mlflow/registered-models/alias" }),
      may: ["releases"],
    },
    ...["/api/2.0//mlflow", "/API/2.0/mlflow", "/api/2.0/mlflow%2f"].map(
      (spelt): Act => ({
        what: `move the alias that goes live at ${spelt}`,
        asked: () => ({ ...alias("champion"), path: `${spelt}/registered-models/alias` }),
        may: [],
      }),
    ),
    ...[
      ...["model%2Epkl", "model.pkl%00", "./model.pkl", "x/../model.pkl", "%2e/model.pkl", "x%2f..%2fmodel.pkl"],
      ...["/model.pkl", "model.pkl/", "model.pkl%3Fx", "model.pkl%23x", "%252Fmodel.pkl", "model.pkl%20", "%EF%BD%8D"],
    ].map(
      (file): Act => ({
        what: `replace a file of a registered version spelt ${file}`,
        asked: () => ({
          method: "PUT",
          path: `${files}/artifacts/${modelFile(file)}`,
          body: "weights of somebody else",
        }),
        may: [],
      }),
    ),
    { what: "approve", asked: () => tagOf("mlplatform.approval", "approved: auc 0.9"), may: ["approver"] },
    {
      what: "register a version with a tag that decides",
      asked: () => version({ tags: [{ key: "mlplatform.prod.kubernetes", value: "live" }] }),
      may: ["releases"],
    },
    { what: "register a version", asked: () => version({}), may: writers },
    {
      what: "register a version whose files are not MLflow's",
      asked: () => version({ source: "s3://somewhere/model", model_id: undefined, run_id: undefined }),
      may: [],
    },
    {
      what: "register a version by another spelling of its place",
      asked: () => version({ source: `mlflow-artifacts:/${modelFile("")}/.//model`, model_id: undefined }),
      may: [],
    },
    {
      what: "rename a model with a gate",
      asked: () => ({ path: `${api}/registered-models/rename`, body: { name: "churn", new_name: "gone" } }),
      may: [],
    },
    {
      what: "delete a model with a gate",
      asked: () => ({ method: "DELETE", path: `${api}/registered-models/delete`, body: { name: "churn" } }),
      may: [],
    },
    ...(
      [
        ["log-metric", { key: "auc", value: 1, timestamp: 1 }],
        ["log-parameter", { key: "depth", value: "9" }],
        ["set-tag", { key: "note", value: "x" }],
        ["log-batch", { metrics: [{ key: "auc", value: 1, timestamp: 1, step: 0 }] }],
        ["update", { status: "FINISHED" }],
        ["log-inputs", { datasets: [] }],
      ] as const
    ).flatMap(([act, body]): Act[] => [
      { what: `runs/${act} on the DAG's run`, asked: () => run(act, body), may: ["airflow", "releases"] },
      {
        what: `runs/${act} on another run of the DAG`,
        asked: () => ({ path: `${api}/runs/${act}`, body: { run_id: stage.loose, ...body } }),
        may: ["airflow", "releases", "admin"],
      },
    ]),
    {
      what: "log a metric to a run of a notebook",
      asked: () => ({
        path: `${api}/runs/log-metric`,
        body: { run_id: stage.own, key: "auc", value: 1, timestamp: 1 },
      }),
      may: ["notebook", "releases", "admin"],
    },
    {
      what: "write to the files of a notebook's run",
      asked: () => ({
        method: "PUT",
        path: `${files}/artifacts/${stage.experiment}/${stage.own}/artifacts/gate.json`,
        body: "{}",
      }),
      may: ["notebook", "releases", "admin"],
    },
    {
      what: "log a metric to the DAG's run by its other name",
      asked: () => ({
        path: `${api}/runs/log-metric`,
        body: { run_uuid: stage.run, key: "auc", value: 1, timestamp: 1 },
      }),
      may: ["airflow", "releases"],
    },
    {
      what: "log a metric to the DAG's run with its fields in the other case",
      asked: () => ({ path: `${api}/runs/log-metric`, body: { runId: stage.run, key: "auc", value: 1, timestamp: 1 } }),
      may: ["airflow", "releases"],
      answers: 400, // MLflow itself does not take it; should it ever, it is the same run.
    },
    {
      what: "tag a run with what only the platform writes",
      asked: () => ({
        path: `${api}/runs/set-tag`,
        body: { run_id: stage.loose, key: "mlplatform.run", value: "churn-1" },
      }),
      may: ["releases"],
    },
    {
      what: "make a run with what only the platform writes",
      asked: () => ({
        path: `${api}/runs/create`,
        body: { experiment_id: stage.experiment, tags: [{ key: "mlplatform.run", value: "churn-1" }] },
      }),
      may: ["releases"],
    },
    {
      what: "log a model to a run of somebody else",
      asked: () => ({
        path: `${api}/logged-models`,
        body: { experiment_id: stage.experiment, name: "slipped-in", source_run_id: stage.run },
      }),
      may: ["airflow", "releases"],
    },
    {
      what: "tag the DAG's logged model",
      asked: () => ({
        method: "PATCH",
        path: `${api}/logged-models/${stage.model}/tags`,
        body: { model_id: stage.model, tags: [{ key: "note", value: "x" }] },
      }),
      may: ["airflow", "releases"],
    },
    {
      what: "write to the files of the DAG's run",
      asked: () => ({
        method: "PUT",
        path: `${files}/artifacts/${stage.experiment}/${stage.run}/artifacts/gate.json`,
        body: "{}",
      }),
      may: ["airflow", "releases", "admin"],
    },
    {
      what: "write to the files of the DAG's run as the pages do",
      asked: () => ({
        path: `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${stage.run}&path=gate.json`,
        body: "{}",
      }),
      may: ["airflow", "releases", "admin"],
    },
    {
      what: "make a webhook",
      asked: () => ({
        path: `${api}/webhooks`,
        body: { name: "x", url: "https://example.com", events: [{ entity: "REGISTERED_MODEL", action: "CREATED" }] },
      }),
      may: ["admin"],
      answers: 400, // The host is made up.
    },
    {
      what: "start work on the server",
      asked: () => ({ path: "/ajax-api/3.0/jobs/", body: { job_name: "any", params: {} } }),
      may: [],
    },
    {
      what: "call a route that nobody has decided about",
      asked: () => ({ path: `${api}/made-up`, body: {} }),
      may: [],
    },
    {
      what: "read a version",
      asked: () => ({ method: "GET", path: `${api}/model-versions/get?name=churn&version=${stage.version}` }),
      may: named,
    },
    {
      what: "read a file of a version",
      asked: () => ({ method: "GET", path: `${files}/artifacts/${modelFile("model.pkl")}` }),
      may: named,
    },
  ];
  const run = (act: string, body: object): Asked => ({
    path: `${api}/runs/${act}`,
    body: { run_id: stage.run, ...body },
  });
  const alias = (name: string): Asked => ({
    path: `${api}/registered-models/alias`,
    body: { name: "churn", alias: name, version: stage.version },
  });
  const version = (over: object): Asked => ({
    path: `${api}/model-versions/create`,
    body: { name: "churn", source: `models:/${stage.model}`, model_id: stage.model, run_id: stage.run, ...over },
  });

  for (const act of acts) it(`${act.what}: ${whoMay(act)}`, () => tried(act, to));

  it("the files of the version are as they were, after all of this", async () => {
    const path = `${files}/artifacts/${modelFile("model.pkl")}`;
    expect((await send("model-server", { method: "GET", path })).text).to.equal("model.pkl as it was trained");
    const listed = await send("model-server", { method: "GET", path: `${files}/artifacts?path=${modelFile("")}` });
    expect(
      JSON.parse(listed.text)
        .files.map((each: { path: string }) => each.path)
        .sort(),
    ).to.deep.equal(["MLmodel", "model.pkl"]);
  });

  it("who asked and who approved stands on the version, with the time and the reason, and each once", async () => {
    const found = Object.entries(await tags())
      .filter(([key]) => key.startsWith("mlplatform.decision."))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, value]) => JSON.parse(value));
    const asked = found.filter(({ decision }) => decision === "asked").map(({ by }) => by);
    expect(asked).to.deep.equal([
      "nora@example.com",
      "otto@example.com",
      "airflow",
      "ed@example.com",
      "lea@example.com",
      "ada@example.com",
    ]);
    const relayed = "arn:aws:iam::1:user/lea";
    expect(found.filter(({ by }) => by === relayed).map(({ decision, at }) => [decision, at])).to.deep.equal([
      ["approved", "2026-01-01T00:00:00.000+00:00"],
    ]);
    const approved = found.filter(({ decision, by }) => decision === "approved" && by !== relayed);
    expect(approved.map(({ by, reason }) => [by, reason])).to.deep.equal([["lea@example.com", "auc 0.9"]]);
    expect(Date.parse(approved[0].at)).to.be.closeTo(Date.now(), 600_000);
  });

  it("an approver who leaves the group approves no more; what was approved before stays", async () => {
    const { as: lea } = as("approver", { path: "" });
    const left = {
      ...tagOf("mlplatform.approval", "approved"),
      method: "POST",
      as: lea!,
      headers: { "x-forwarded-groups": "ml" },
    };
    const answer = await to(left);
    expect(answer.status).to.equal(403);
    expect(JSON.parse(answer.text).message).to.equal(
      "lea@example.com may not do this: lea@example.com is no approver of churn",
    );
    const kept = Object.entries(await tags()).filter(
      ([key, value]) => key.startsWith("mlplatform.decision.") && /"approved"/.test(value) && /lea@example/.test(value),
    );
    expect(kept).to.have.length(1);
  });

  it("two approvers at once: both answers are kept", async () => {
    const answer = (name: string, value: string): Asked => ({
      ...tagOf("mlplatform.approval", value),
      method: "POST",
      as: { user: name, password: proxyKey },
      headers: { "x-forwarded-groups": "ml-leads" },
    });
    const both = [answer("lea@example.com", "approved: fine"), answer("leo@example.com", "rejected: biased")];
    const answers = await Promise.all(both.map(to));
    // MLflow may find that the tag both wrote was there already; the decision of whoever got 200 is kept.
    const done = answers.map(({ status }) => status === 200);
    const found = Object.values(await tags()).map((value) => value.match(/"reason": "(fine|biased)"/)?.[1]);
    expect(found.filter(Boolean).sort()).to.deep.equal(
      [done[0] ? "fine" : "", done[1] ? "biased" : ""].filter(Boolean).sort(),
    );
    expect(done).to.include(true);
  });

  it("an answer that is neither yes nor no is refused, with what is allowed", async () => {
    const answer = await send("approver", tagOf("mlplatform.approval", "perhaps"));
    expect(answer.status).to.equal(403);
    expect(answer.text).to.contain("allowed: approved, rejected");
  });

  it("a model without a gate goes live by two calls of a notebook, as ever", async () => {
    const notebook = async (asked: Asked) => JSON.parse((await send("notebook", asked)).text);
    const { run: made } = await notebook({ path: `${api}/runs/create`, body: { experiment_id: stage.experiment } });
    const source = `mlflow-artifacts:/${stage.experiment}/${made.info.run_id}/artifacts/model`;
    expect(
      (
        await send("notebook", {
          method: "PUT",
          path: `${files}/artifacts/${source.replace("mlflow-artifacts:/", "")}/MLmodel`,
          body: "flavors: {}",
        })
      ).status,
    ).to.equal(200);
    await notebook({ path: `${api}/registered-models/create`, body: { name: "free" } });
    const { model_version: registered } = await notebook({
      path: `${api}/model-versions/create`,
      body: {
        ...{ name: "free", source, run_id: made.info.run_id },
        tags: [{ key: "history.manifest_sha256", value: "1" }],
      },
    });
    expect(registered.tags).to.deep.include({ key: "history.manifest_sha256", value: "1" });
    const moved = await send("notebook", {
      path: `${api}/registered-models/alias`,
      body: { name: "free", alias: "champion", version: registered.version },
    });
    expect(moved.status).to.equal(200);
    // Its files are as fixed as those of any other version, also for whoever made it.
    const path = `${files}/artifacts/${source.replace("mlflow-artifacts:/", "")}/MLmodel`;
    expect((await send("notebook", { method: "PUT", path, body: "other" })).status).to.equal(403);
    const deleted = `${files}/artifacts/${stage.experiment}/${made.info.run_id}`;
    expect((await send("notebook", { method: "DELETE", path: deleted })).status).to.equal(403);
    const history = { name: "free", version: "1", key: "history.manifest_sha256" };
    const forged = { path: `${api}/model-versions/set-tag`, body: { ...history, value: "0" } };
    const forgotten = { method: "DELETE", path: `${api}/model-versions/delete-tag`, body: history };
    for (const each of [forged, forgotten]) expect((await send("notebook", each)).status).to.equal(403);
    const gone = { method: "DELETE", path: `${api}/model-versions/delete`, body: { name: "free", version: "1" } };
    expect((await send("notebook", gone)).status).to.equal(200);
    expect((await send("notebook", { method: "PUT", path, body: "other" })).status).to.equal(200);
  });

  for (const [sender, name] of [
    ["editor", "ed@example.com"],
    ["notebook", "nora@example.com"],
  ] as const) {
    it(`a run of ${sender === "editor" ? "a person" : "a notebook"} says whose it is, whatever the client says`, async () => {
      const made = await send(sender, {
        path: `${api}/runs/create`,
        body: { experiment_id: stage.experiment, user_id: "ada", tags: [{ key: "mlflow.user", value: "ada" }] },
      });
      const { run_id } = JSON.parse(made.text).run.info;
      const got = await send(sender, { method: "GET", path: `${api}/runs/get?run_id=${run_id}` });
      const kept = Object.fromEntries(
        JSON.parse(got.text).run.data.tags.map(({ key, value }: { key: string; value: string }) => [key, value]),
      );
      expect(kept).to.include({ "mlflow.user": name, "mlplatform.owner": name });
    });
  }

  it("a version that a notebook registered says whose it is, and only its owner notes anything on it", async () => {
    const made = await send("notebook", version({}));
    const registered = JSON.parse(made.text).model_version.version as string;
    const path = `${api}/model-versions/get?name=churn&version=${registered}`;
    const found = JSON.parse((await send("releases", { method: "GET", path })).text).model_version.tags;
    expect(found).to.deep.equal([{ key: "mlplatform.owner", value: "nora@example.com" }]);
    const note = { ...tagOf("note", "x"), body: { name: "churn", version: registered, key: "note", value: "x" } };
    expect((await send("another notebook", note)).status).to.equal(403);
    expect((await send("notebook", note)).status).to.equal(200);
  });
}
