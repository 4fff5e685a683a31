import { expect } from "chai";
import { pullSecretAdmission } from "../../components/foundation/pullSecrets";
import { celPython, refusals } from "../../test/support/cel";
import { pod, ways } from "../../test/support/podsWithSecrets";

const namespaces = ["airflow", "airflow-tasks", "airflow-pods"];
const rule = pullSecretAdmission("registry-login", namespaces);
const scheduler = "system:serviceaccount:airflow:airflow-scheduler";
const task = "system:serviceaccount:airflow-tasks:airflow-worker";

describe("The login by which images are pulled", function () {
  this.timeout(150_000);
  let python: string;
  before(async function () {
    python = await celPython(this);
  });

  it("is guarded wherever there is a copy of it, as pods are made", () => {
    expect(rule).to.deep.include({
      namespaces,
      resource: { group: "", version: "v1", plural: "pods" },
      operations: ["CREATE"],
    });
  });

  it("reaches no pod of a person, by any way and whoever asks; other Secrets do", async () => {
    const refused = ["No pod reads the Secret registry-login: images are pulled by it without a volume or a variable."];
    for (const [way, reading] of Object.entries(ways)) {
      const told = await refusals(python, rule, [
        { user: scheduler, object: reading("registry-login") },
        { user: task, object: reading("registry-login") },
        { user: task, object: reading("airflow-tasks") },
        { user: task, object: reading("of-my-own") },
      ]);
      expect(told, way).to.deep.equal([refused, refused, [], []]);
    }
  });

  it("goes on pulling images", async () => {
    const object = pod({ imagePullSecrets: [{ name: "registry-login" }] });
    expect(await refusals(python, rule, [{ user: task, object }])).to.deep.equal([[]]);
  });
});
