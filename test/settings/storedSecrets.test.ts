import { expect } from "chai";
import { needs } from "../../components/settings/needs";
import { parseSettings } from "../../components/settings/parse";
import { onAws, onExisting, problemsOf, theProblemOf } from "./fixtures";

const dags = (secretName: string) => ({
  airflow: { dags: { kind: "git", repository: "git@git.example.com:ml/dags", branch: "main", secretName } },
});

describe("a secret that is stored beside the stack", () => {
  it("has a name that Kubernetes takes where there is no Secrets Manager", () => {
    const { path, remedy } = theProblemOf({ ...onExisting({}), ...dags("mlplatform/Prod_dags") });
    expect({ path, remedy }).to.deep.equal({
      path: "airflow.dags.secretName",
      remedy: "store it there, for example as mlplatform-prod-dags",
    });
    expect(problemsOf({ ...onExisting({}), ...dags("mlplatform-prod.dags") })).to.deep.equal([]);
  });

  it("may be the address of a receiver of alerts", () => {
    const monitoring = (secretName: string) => ({
      monitoring: { receivers: { night: { kind: "webhook", secretName } } },
    });
    expect(theProblemOf({ ...onExisting({}), ...monitoring("mlplatform/pager") }).path).to.equal(
      "monitoring.receivers.night.secretName",
    );
    const settings = parseSettings({ ...onAws({}), ...monitoring("mlplatform/pager") });
    expect(needs(settings).storedSecrets).to.deep.equal([
      { path: "monitoring.receivers.night.secretName", name: "mlplatform/pager" },
    ]);
  });

  it("has one with folders on AWS", () => {
    expect(problemsOf({ ...onAws({}), ...dags("mlplatform/Prod_dags") })).to.deep.equal([]);
  });
});
