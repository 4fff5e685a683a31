import { expect } from "chai";
import type { Answer, Asked } from "../../test/support/mlflowServer";
import { type Act, api, as, files, tried, whoMay, writers } from "./mlflowSenders";
import { type Scene, versionOf } from "./mlflowStage";

const prompt = { key: "mlflow.prompt.is_prompt", value: "true" };

/** What is refused under its own name, under others: spellings of fields, headers, paths and places. */
export function disguises(scene: Scene, to: (asked: Asked) => Promise<Answer>): void {
  const { send, done } = scene;
  const champion: Asked = { method: "GET", path: `${api}/registered-models/alias?name=churn&alias=champion` };
  const moving = (query = ""): Asked => ({
    path: `${api}/registered-models/alias${query}`,
    body: { name: "churn", alias: "champion", version: scene.stage.version },
  });
  const file = () => `${scene.stage.theirs.experiment}/models/${scene.stage.theirs.model}/artifacts/MLmodel`;

  before(() => done("notebook", { path: `${api}/registered-models/create`, body: { name: "words", tags: [prompt] } }));

  const acts: Act[] = [
    {
      what: "move the alias of a gated model in a request whose address names another model",
      asked: () => moving("?name=loose&alias=candidate&version=1"),
      may: ["releases"],
    },
    {
      what: "register a model with a run of the loop's by the other spelling of a field",
      asked: () => {
        const { mine, theirs } = scene.stage;
        return versionOf("churn", { source: `models:/${mine.model}`, modelId: mine.model, runId: theirs.run });
      },
      may: ["releases"],
    },
    ...["mlplatform.approval ", " MLPLATFORM.Approval", "mlplatform.Decision.x"].map(
      (key): Act => ({
        what: `approve by the tag '${key}'`,
        asked: () => ({
          path: `${api}/model-versions/set-tag`,
          body: { name: "churn", version: scene.stage.version, key, value: "approved" },
        }),
        may: ["releases"],
      }),
    ),
    ...["%2F", "%252F"].map(
      (slash): Act => ({
        what: `replace a version's file with ${slash} for slashes`,
        asked: () => ({ method: "PUT", path: `${files}/artifacts/${file().replaceAll("/", slash)}`, body: "another" }),
        may: [],
      }),
    ),
    {
      what: "upload to the DAG's run, with one's own named after it",
      asked: () => {
        const { mine, crowded } = scene.stage;
        const query = `run_uuid=${crowded.run}&run_uuid=${mine.run}&path=notes.txt`;
        return { path: `/ajax-api/2.0/mlflow/upload-artifact?${query}`, body: "another" };
      },
      may: ["airflow", "releases", "admin"],
    },
    // The server would read them, with its own keys and from its own place in the network. MLflow itself refuses these.
    ...["../../etc/mlflow", "etc/mlflow", "http://169.254.169.254/latest", "mlflow-artifacts:/0"].map(
      (source): Act => ({
        what: `have the server read ${source} as the text of a prompt`,
        asked: () => versionOf("words", { source, tags: [prompt, { key: "mlflow.prompt.text", value: "x" }] }),
        may: writers,
        answers: 400,
      }),
    ),
    ...["ftp://127.0.0.1:6379/x", "sftp://127.0.0.1/x", "b2://key@127.0.0.1:8333/x", "hdfs://127.0.0.1/x"].map(
      (source): Act => ({
        what: `have the server connect to ${source} for the files of a version`,
        asked: () => versionOf("loose", { source }),
        may: writers,
        answers: 400,
      }),
    ),
  ];

  for (const act of acts) it(`${act.what}: ${whoMay(act)}`, () => tried(act, to));

  it("no header moves the alias of a gated model, nor another form of its address", async () => {
    const before = (await send("model-server", champion)).text;
    const path = moving().path;
    const ways: Asked[] = [
      { ...moving(), headers: { "x-mlflow-workspace": "another" } },
      { ...moving(), headers: { "x-http-method-override": "GET" } },
      { ...moving(), method: "GET", headers: { "x-http-method-override": "POST" } },
      { ...moving(), headers: { "x-forwarded-groups": "ml-admins", "x-forwarded-user": "ada@example.com" } },
      ...[`${path}/`, path.toUpperCase(), path.replace("/api/", "//api//"), path.replace("/api/", "/x/../api/")].map(
        (other) => ({ ...moving(), path: other }),
      ),
    ];
    for (const sender of ["notebook", "airflow", "editor"] as const) {
      for (const way of ways) {
        const asked = as(sender, way);
        const { status } = await to({ ...asked, headers: { ...way.headers, ...asked.headers } });
        const what = `${sender} ${way.method ?? "POST"} ${way.path} ${JSON.stringify(way.headers ?? {})}`;
        if (way.method !== "GET") expect(status, what).to.be.at.least(300);
        expect((await send("model-server", champion)).text, what).to.equal(before);
      }
    }
  });

  it("groups beside a machine's password approve nothing", async () => {
    const answer = as("airflow", {
      path: `${api}/model-versions/set-tag`,
      body: { name: "churn", version: scene.stage.version, key: "mlplatform.approval", value: "approved" },
    });
    const { status, text } = await to({ ...answer, headers: { "x-forwarded-groups": "ml-leads" } });
    expect([status, text]).to.satisfy(([code, said]: [number, string]) => code === 403 && said.includes("no approver"));
  });

  it("another form of a path replaces no file of a version", async () => {
    const asIs = (await send("model-server", { method: "GET", path: `${files}/artifacts/${file()}` })).text;
    for (const other of [
      file().replace("/models/", "//models/"),
      file().replace("/models/", "/./models/"),
      file().replace("/models/", "/x/../models/"),
      `${file()}/`,
      `${file()}%00`,
    ]) {
      await send("notebook", { method: "PUT", path: `${files}/artifacts/${other}`, body: "another" });
      const now = await send("model-server", { method: "GET", path: `${files}/artifacts/${file()}` });
      expect([now.status, now.text], other).to.deep.equal([200, asIs]);
    }
  });

  it("another form of its number deletes no version", async () => {
    const { version } = scene.stage;
    for (const other of [`0${version}`, ` ${version}`, `+${version}`, `${version}.0`]) {
      const body = { name: "churn", version: other };
      await send("notebook", { method: "DELETE", path: `${api}/model-versions/delete`, body });
      const look = { method: "GET", path: `${api}/model-versions/get?name=churn&version=${version}` };
      expect((await done("model-server", look)).model_version, other).to.include({ version });
    }
  });
}
