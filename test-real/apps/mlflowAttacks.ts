import { request } from "node:http";
import { expect } from "chai";
import type { Answer, Asked } from "../../test/support/mlflowServer";
import { type Act, api, as, files, type Sender, tried, whoMay } from "./mlflowSenders";

/** Where the attacks begin: a model with a gate that the DAG has registered, and things of a notebook beside it. */
interface Stage {
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

/** Ways around what `mlflowActs` asserts: other routes, other names of one thing, and what comes later. The model `churn` has a gate. */
export function attacks(to: (asked: Asked) => Promise<Answer>, port: () => number): void {
  let stage: Stage;
  const send = (sender: Sender, asked: Asked) => to(as(sender, asked));
  const done = async (sender: Sender, asked: Asked) => {
    const answer = await send(sender, asked);
    expect(answer.status, `${sender} ${asked.path}: ${answer.text}`).to.equal(200);
    return answer.text === "" ? undefined : JSON.parse(answer.text);
  };
  const versionOf = (name: string, over: object): Asked => ({
    path: `${api}/model-versions/create`,
    body: { name, ...over },
  });
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

  before(async () => {
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
    stage = { theirs, mine, version, folder, outside, crowded };
  });

  const prompt = { key: "mlflow.prompt.is_prompt", value: "true" };
  const place = { key: "mlflow.artifactLocation", value: "/etc/mlflow" };
  let renamed = 0;
  const acts: Act[] = [
    {
      what: "register a model with a run of the loop's, whose metrics and commit are then shown as the version's",
      asked: () =>
        versionOf("churn", {
          source: `models:/${stage.mine.model}`,
          model_id: stage.mine.model,
          run_id: stage.theirs.run,
        }),
      may: ["releases"],
    },
    {
      what: "register one's own model with the model of the loop's beside it, whose run MLflow would take",
      asked: () => versionOf("churn", { source: `models:/${stage.mine.model}`, model_id: stage.theirs.model }),
      may: ["releases"],
      answers: 400, // MLflow itself refuses it.
    },
    ...["mlflow-artifacts:/EXPERIMENT/RUN/artifacts/model", "runs:/RUN/model"].flatMap((place): Act[] => {
      const source = () => place.replace("EXPERIMENT", stage.mine.experiment).replace("RUN", stage.mine.run);
      return [
        {
          what: `register files of one's own run at ${place} as of the loop's run`,
          asked: () => versionOf("loose", { source: source(), run_id: stage.theirs.run }),
          may: ["releases"],
          answers: 400,
        },
        {
          what: `register files of one's own run at ${place} with the model of the loop's beside it`,
          asked: () => versionOf("loose", { source: source(), model_id: stage.theirs.model }),
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
            source: `mlflow-artifacts:/${stage.mine.experiment}${place.replace("RUN", stage.mine.run)}`,
            run_id: stage.mine.run,
          }),
        may: ["releases"],
        answers: 400,
      }),
    ),
    {
      what: "fix the files of a run that goes on, by registering all of them",
      asked: () =>
        versionOf("loose", {
          source: `mlflow-artifacts:/${stage.theirs.experiment}/${stage.theirs.run}/artifacts`,
          run_id: stage.theirs.run,
        }),
      may: ["airflow", "releases"],
    },
    {
      what: "register a copy of a version whose files are not MLflow's",
      asked: () => versionOf("churn", { source: `models:/loose/${stage.outside}` }),
      may: [],
    },
    {
      what: "register files by a scheme in capitals, so that they may be replaced later",
      asked: () =>
        versionOf("loose", {
          source: `MLFLOW-ARTIFACTS:/${stage.mine.experiment}/${stage.mine.run}/artifacts/model`,
          run_id: stage.mine.run,
        }),
      may: [],
    },
    {
      what: "mark the DAG's logged model as failed, by the address of another",
      asked: () => ({
        method: "PATCH",
        path: `${api}/logged-models/${stage.mine.model}`,
        body: { model_id: stage.theirs.model, status: "LOGGED_MODEL_UPLOAD_FAILED" },
      }),
      may: [],
    },
    {
      what: "delete a logged model of which a folder is registered: the collector would take its files",
      asked: () => ({ method: "DELETE", path: `${api}/logged-models/${stage.folder}` }),
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
        body: { name: "churn", version: stage.version, ...prompt },
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
        body: { name: "churn", version: stage.version, description: "auc 0.99" },
      }),
      may: ["airflow", "releases", "admin"],
    },
    {
      what: "move the DAG's version by MLflow's stages",
      asked: () => ({
        path: `${api}/model-versions/transition-stage`,
        body: { name: "churn", version: stage.version, stage: "Production" },
      }),
      may: ["releases"],
    },
    {
      what: "rename another model to the one with a gate",
      asked: () => ({ path: `${api}/registered-models/rename`, body: { name: "loose", new_name: "churn" } }),
      may: [],
    },
    {
      what: "make a run by the prompt laboratory, with tags that no rule reads",
      asked: () => ({
        path: "/ajax-api/2.0/mlflow/runs/create-promptlab-run",
        body: { experiment_id: stage.mine.experiment, tags: [{ key: "mlplatform.run", value: "churn-1" }] },
      }),
      may: [],
    },
    {
      what: "say where the files of a trace are, for the server to read them to one",
      asked: () => ({ method: "PATCH", path: `${api}/traces/tr-1/tags`, body: place }),
      may: [],
    },
    {
      what: "begin a trace whose files are elsewhere",
      asked: () => ({
        path: "/api/3.0/mlflow/traces",
        body: { trace: { trace_info: { trace_id: "tr-1", tags: { [place.key]: place.value } } } },
      }),
      may: [],
    },
    ...(
      [
        ["mlflow.trace.archiveLocation", "/etc/mlflow"],
        ["mlflow.trace.spansLocation", "ARCHIVE_REPO"],
      ] as const
    ).map(
      ([key, value]): Act => ({
        what: `begin a trace that says ${key}, as if the server had put it away`,
        asked: () => ({
          path: "/api/3.0/mlflow/traces",
          body: { trace: { trace_info: { trace_id: "tr-1", tags: { [key]: value } } } },
        }),
        may: [],
      }),
    ),
    {
      what: "begin a trace of the old kind whose files are elsewhere",
      asked: () => ({ path: `${api}/traces`, body: { experiment_id: stage.mine.experiment, tags: [place] } }),
      may: [],
    },
    {
      what: "rename the experiment of a model with a gate",
      asked: () => ({
        path: `${api}/experiments/update`,
        body: { experiment_id: stage.theirs.experiment, new_name: `renamed-${renamed++}` },
      }),
      may: ["releases", "admin"],
    },
    {
      what: "rename an experiment whose sixth version is one of a model with a gate",
      asked: () => ({
        path: `${api}/experiments/update`,
        body: { experiment_id: stage.crowded.experiment, new_name: `renamed-${renamed++}` },
      }),
      may: ["releases", "admin"],
    },
    {
      what: "log a metric to a run whose sixth version is one of a model with a gate",
      asked: () => ({
        path: `${api}/runs/log-metric`,
        body: { run_id: stage.crowded.run, key: "auc", value: 1, timestamp: 1 },
      }),
      may: ["airflow", "releases"],
    },
    {
      what: "tag a logged model whose sixth version is one of a model with a gate",
      asked: () => ({
        method: "PATCH",
        path: `${api}/logged-models/${stage.crowded.model}/tags`,
        body: { model_id: stage.crowded.model, tags: [{ key: "note", value: "x" }] },
      }),
      may: ["airflow", "releases"],
    },
    {
      what: "tag an experiment with what only the platform writes",
      asked: () => ({
        path: `${api}/experiments/set-experiment-tag`,
        body: { experiment_id: stage.mine.experiment, key: "mlplatform.run", value: "x" },
      }),
      may: ["releases"],
    },
    {
      what: "take a tag of the platform off a run",
      asked: () => ({ path: `${api}/runs/delete-tag`, body: { run_id: stage.mine.run, key: "mlplatform.owner" } }),
      may: ["releases"],
      answers: 200,
    },
    {
      what: "name the DAG's model as what one's own run has made",
      asked: () => ({
        path: `${api}/runs/outputs`,
        body: { run_id: stage.mine.run, models: [{ model_id: stage.theirs.model, step: 0 }] },
      }),
      may: ["releases"],
    },
    {
      what: "give the DAG's model a parameter",
      asked: () => ({
        path: `${api}/logged-models/${stage.theirs.model}/params`,
        body: { model_id: stage.theirs.model, params: [{ key: `p${renamed++}`, value: "1" }] },
      }),
      may: ["airflow", "releases"],
    },
  ];

  for (const act of acts) it(`${act.what}: ${whoMay(act)}`, () => tried(act, to));

  it("another case of alias or model is another one: what goes live stays where it is", async () => {
    const champion = `${api}/registered-models/alias?name=churn&alias=champion`;
    const alias = (name: string, alias: string, version: string): Asked => ({
      path: `${api}/registered-models/alias`,
      body: { name, alias, version },
    });
    await done("releases", alias("churn", "champion", stage.version));
    const another = await registered("notebook", "churn", {
      source: `models:/${stage.mine.model}`,
      model_id: stage.mine.model,
    });
    await done("notebook", alias("churn", "Champion", another));
    await done("notebook", { path: `${api}/registered-models/create`, body: { name: "Churn" } });
    const found = await done("model-server", { method: "GET", path: champion });
    expect(found.model_version.version).to.equal(stage.version);
    await done("releases", { ...alias("churn", "champion", stage.version), method: "DELETE" });
  });

  it("a trace that comes by OpenTelemetry says nothing of where its files are, and keeps its other tags", async () => {
    const places = {
      "mlflow.artifactLocation": "/etc/mlflow",
      "mlflow.trace.archiveLocation": "/etc/mlflow",
      "mlflow.trace.spansLocation": "ARCHIVE_REPO",
    };
    const id = "0af7651916cd43dd8448eb211c80319c";
    const span = {
      ...{ traceId: id, spanId: "b7ad6b7169203331", name: "ask", kind: 1 },
      ...{ startTimeUnixNano: "1700000000000000000", endTimeUnixNano: "1700000001000000000" },
      attributes: Object.entries({ ...places, team: "risk" }).map(([key, value]) => ({
        key: `mlflow.traceTag.${key}`,
        value: { stringValue: value },
      })),
    };
    const sent = as("notebook", { path: "/v1/traces", body: { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] } });
    const headers = { ...sent.headers, "x-mlflow-experiment-id": stage.mine.experiment };
    const answer = await to({ ...sent, headers });
    expect(answer.status, answer.text).to.equal(200);
    const found = await done("notebook", { method: "GET", path: `/api/3.0/mlflow/traces/tr-${id}` });
    const { tags } = found.trace.trace_info;
    expect(tags).to.include({ team: "risk", "mlflow.trace.spansLocation": "TRACKING_STORE" });
    expect(tags).to.not.have.property("mlflow.trace.archiveLocation");
    expect(tags["mlflow.artifactLocation"]).to.match(/^mlflow-artifacts:\/\d+\/traces\//);
  });

  it("GraphQL changes nothing: a new mutation fails here", async () => {
    const asked = { path: "/graphql", body: { query: "{__schema{mutationType{fields{name}}}}" } };
    const { data } = await done("viewer", asked);
    const names = data.__schema.mutationType.fields.map(({ name }: { name: string }) => name).sort();
    expect(names).to.deep.equal(["mlflowSearchDatasets", "mlflowSearchRuns", "testMutation"]);
  });

  it("a run, a logged model and a version are their owner's from their first moment", async () => {
    const made = await done("notebook", { path: `${api}/runs/create`, body: { experiment_id: stage.mine.experiment } });
    const owner = { key: "mlplatform.owner", value: "nora@example.com" };
    expect(made.run.data.tags).to.deep.include(owner);
    const model = await done("notebook", {
      path: `${api}/logged-models`,
      body: { experiment_id: stage.mine.experiment, name: "model" },
    });
    expect(model.model.info.tags).to.deep.include(owner);
    const version = await done(
      "notebook",
      versionOf("loose", { source: `models:/${stage.mine.model}`, model_id: stage.mine.model }),
    );
    expect(version.model_version.tags).to.deep.equal([owner]);
  });

  it("a version of a model with a gate is deleted by its owner, unless it has been live", async () => {
    const source = { source: `models:/${stage.theirs.model}`, model_id: stage.theirs.model };
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
    const made = await done("notebook", { path: `${api}/runs/create`, body: { experiment_id: stage.mine.experiment } });
    const run: string = made.run.info.run_id;
    const folder = `${stage.mine.experiment}/${run}/artifacts/model`;
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
