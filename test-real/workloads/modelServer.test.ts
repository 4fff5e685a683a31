import { join } from "node:path";
import { pytestSuite } from "../../test/support/pytest";

pytestSuite("Model server", {
  environment: "model-server",
  folder: join(__dirname, "../../workloads/model-server"),
  // One with MLflow's server, for the registry that models are loaded from.
  interpreters: { MLFLOW_PYTHON: "release" },
  installSeconds: 600,
  runSeconds: 2400,
});
