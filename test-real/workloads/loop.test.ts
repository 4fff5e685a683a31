import { join } from "node:path";
import { pytestSuite } from "../../test/support/pytest";

pytestSuite("Training, releases and drift together: real processes, only Kubernetes simulated", {
  environment: "release",
  folder: join(__dirname, "../../workloads/demo"),
  interpreters: { MODEL_SERVER_PYTHON: "model-server", EXAMPLES_PYTHON: "examples" },
  installSeconds: 600,
  runSeconds: 2400,
});
