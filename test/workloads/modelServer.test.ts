import { join } from "node:path";
import { pytestSuite } from "../support/pytest";

pytestSuite("Model server", {
  environment: "model-server",
  folder: join(__dirname, "../../workloads/model-server"),
  installSeconds: 600,
  runSeconds: 900,
});
