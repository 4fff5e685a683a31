import { expect } from "chai";
import type { Answer, Asked } from "../../test/support/mlflowServer";
import { type Act, api, as, tried, whoMay } from "./mlflowSenders";
import type { Scene } from "./mlflowStage";

/** Traces, whose files the server reads, and the ways of MLflow beside its API. */
export function traceAttacks(scene: Scene, to: (asked: Asked) => Promise<Answer>): void {
  const { done } = scene;
  const place = { key: "mlflow.artifactLocation", value: "/etc/mlflow" };
  const acts: Act[] = [
    {
      what: "make a run by the prompt laboratory, with tags that no rule reads",
      asked: () => ({
        path: "/ajax-api/2.0/mlflow/runs/create-promptlab-run",
        body: { experiment_id: scene.stage.mine.experiment, tags: [{ key: "mlplatform.run", value: "churn-1" }] },
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
      asked: () => ({ path: `${api}/traces`, body: { experiment_id: scene.stage.mine.experiment, tags: [place] } }),
      may: [],
    },
  ];

  for (const act of acts) it(`${act.what}: ${whoMay(act)}`, () => tried(act, to));

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
    const headers = { ...sent.headers, "x-mlflow-experiment-id": scene.stage.mine.experiment };
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
}
