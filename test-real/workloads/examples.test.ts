import { join } from "node:path";
import { pytestSuite } from "../../test/support/pytest";

for (const [title, folder] of [
  ["Helpers of training code", "mlplatform"],
  ["Churn and attrition", "examples"],
] as const) {
  pytestSuite(title, {
    environment: "examples",
    folder: join(__dirname, "../../workloads", folder),
    installSeconds: 600,
    runSeconds: 2400,
  });
}
