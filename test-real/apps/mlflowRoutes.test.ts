import { join } from "node:path";
import { expect } from "chai";
import { mlflowChartFolder } from "../../test/support/mlflowChart";
import { pythonOrSkip } from "../../test/support/pythonOrSkip";

describe("routes of the pinned MLflow that change something", function () {
  this.timeout(600_000);
  let routes: Record<string, string> = {};
  let twice: string[] = [];

  before(async function () {
    const python = await pythonOrSkip(this, "mlflow", 420);
    const env = { ...process.env, PYTHONPATH: join(mlflowChartFolder, "files"), PYTHONDONTWRITEBYTECODE: "1" };
    const { stdout } = await python.run("python", [join(__dirname, "mlflowRoutes.py")], { env, timeoutSeconds: 180 });
    ({ routes, twice } = JSON.parse(stdout.trim().split("\n").at(-1)!));
  });

  it("each has one kind that somebody decided about: a new MLflow with a new route fails here", () => {
    expect(Object.keys(routes).filter((route) => routes[route] === "none")).to.deep.equal([]);
    expect(twice).to.deep.equal([]);
    expect(Object.keys(routes).length).to.be.greaterThan(250);
  });

  it("those that decide what goes live have the kind that guards them, under both addresses", () => {
    for (const [route, kind] of [
      ["POST /api/2.0/mlflow/registered-models/alias", "ALIAS"],
      ["DELETE /api/2.0/mlflow/registered-models/alias", "ALIAS"],
      ["POST /api/2.0/mlflow/registered-models/rename", "REGISTERED_MODEL"],
      ["POST /api/2.0/mlflow/model-versions/create", "VERSION"],
      ["POST /api/2.0/mlflow/model-versions/set-tag", "VERSION"],
      ["DELETE /api/2.0/mlflow/model-versions/delete-tag", "VERSION"],
      ["POST /api/2.0/mlflow/runs/log-batch", "RUN"],
      ["POST /api/2.0/mlflow/runs/outputs", "RUN"],
      ["PATCH /api/2.0/mlflow/logged-models/<model_id>", "LOGGED_MODEL"],
      ["POST /api/2.0/mlflow-artifacts/mpu/complete/<path:artifact_path>", "ARTIFACT"],
      ["PUT /api/2.0/mlflow-artifacts/artifacts/{artifact_path:path}", "ARTIFACT"],
      ["DELETE /api/2.0/mlflow-artifacts/artifacts/<path:artifact_path>", "ARTIFACT"],
    ] as const) {
      expect(routes[route], route).to.equal(kind);
      const twin = route.replace("/api/", "/ajax-api/");
      expect(routes[twin], twin).to.equal(kind);
    }
    expect(routes["POST /ajax-api/2.0/mlflow/upload-artifact"]).to.equal("ARTIFACT");
  });
});
