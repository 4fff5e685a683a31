import { expect } from "chai";
import { dagsCredentials } from "../../charts/values/airflowDags";
import { dagsSecret } from "../../components/apps/dagsSecret";
import { dagsAccess } from "../../components/composition/dagsAccess";
import { needs } from "../../components/settings/needs";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext, told } from "../support/appContext";
import { building } from "../support/foundation";
import { inputs, secretInputs } from "../support/outline";

const repository = "git@git.fake.invalid:dags.git";
const stack = (config: typeof onAws | typeof onExisting, dags: object) =>
  appContext(config({}, { airflow: { dags: { kind: "git", repository, ...dags } } }));

describe("what opens a private repository of DAGs", () => {
  for (const [place, config] of [["AWS", onAws] as const, ["an existing cluster", onExisting] as const]) {
    it(`is what somebody stored beside the stack on ${place}, which must be there before`, () => {
      const context = stack(config, { secretName: "dags" });
      expect(dagsAccess(context)).to.deep.equal({ repository, credential: told("gitCredential of dags") });
      const stored = [{ path: "airflow.dags.secretName", name: "dags" }];
      expect(needs(context.settings).storedSecrets).to.deep.equal(stored);
      const open = stack(config, { repository: "https://git.fake.invalid/dags.git" });
      expect(dagsAccess(open)).to.equal(undefined);
      expect(needs(open.settings).storedSecrets).to.deep.equal([]);
    });
  }

  it("is a key for ssh, and a name and a token for https, as git-sync and notebooks both read them", () => {
    const { known_hosts, ...key } = dagsCredentials("git@github.com:ml/dags", "made-up key");
    expect(key).to.deep.equal({ gitSshKey: "made-up key\n" });
    expect(known_hosts, "as git-sync is told by a value").to.match(/^github\.com ssh-ed25519 \S+\n$/);
    expect(dagsCredentials("git@git.fake.invalid:ml/dags", "made-up key")).to.have.all.keys("gitSshKey");
    const https = (credential: string) => dagsCredentials("https://git.fake.invalid/dags", credential);
    expect(https("made-up\n")).to.deep.equal({ GITSYNC_USERNAME: "git", GITSYNC_PASSWORD: "made-up" });
    expect(https("robot:made:up")).to.deep.equal({ GITSYNC_USERNAME: "robot", GITSYNC_PASSWORD: "made:up" });
  });

  it("is secret wherever it stands", async () => {
    const made = await building(() => {
      dagsSecret("test-git", "airflow", { repository, credential: "made-up" }, {});
    });
    const secret = "kubernetes:core/v1:Secret test-git";
    expect(inputs(made, secret).metadata).to.deep.equal({ name: "dags-git", namespace: "airflow" });
    expect(inputs(made, secret).stringData).to.deep.equal({ gitSshKey: "made-up\n" });
    expect(secretInputs(made)).to.deep.equal([`${secret}: stringData`]);
  });
});
