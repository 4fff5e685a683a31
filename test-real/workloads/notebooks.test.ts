import { join } from "node:path";
import { pytestSuite } from "../../test/support/pytest";

pytestSuite("The starter notebooks", {
  environment: "notebooks",
  folder: join(__dirname, "../../workloads/notebooks"),
  installSeconds: 600,
  runSeconds: 2400,
});
