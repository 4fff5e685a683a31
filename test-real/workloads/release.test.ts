import { join } from "node:path";
import { pytestSuite } from "../../test/support/pytest";

pytestSuite("Release controller", {
  environment: "release",
  folder: join(__dirname, "../../workloads/release"),
  installSeconds: 600,
  runSeconds: 2400,
});
