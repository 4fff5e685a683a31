import { expect } from "chai";
import { checkMinutes, layout, trainingSeconds } from "../../components/contracts/trainingLoop";
import { expiringFolders, leastDays } from "../../components/settings/expiry";
import { parseSettings } from "../../components/settings/parse";
import { minimalAws } from "../settings/fixtures";

const settings = (training: object, section: object = {}) =>
  parseSettings({
    ...minimalAws(),
    mlflow: {},
    training: section,
    models: { churn: { from: "models:/churn@champion", ...training } },
  });
const trained = { training: { image: "training" } };

describe("what runs leave in the data bucket", () => {
  it("passes with their logs; models, records of runs and raw data stay", () => {
    const folders = expiringFolders(settings(trained, { logRetentionDays: 120 }));
    expect(folders).to.deep.equal({ "extracts/": 120, "checkpoints/": 120, "outputs/": 120 });
    const passing = (key: string) => Object.keys(folders).some((folder) => key.startsWith(folder));
    for (const folder of [layout.extracts, layout.checkpoints, layout.outputs]) expect(passing(folder("churn"))).true;
    for (const folder of [layout.models, layout.records, layout.raw]) expect(passing(folder("churn"))).to.equal(false);
    expect(passing(layout.source)).to.equal(false);
  });

  it("stays as long as a run may need it, however short logs are kept", () => {
    expect(expiringFolders(settings(trained, { logRetentionDays: 1 }))["extracts/"]).to.equal(leastDays);
    const mostMinutes = 2 * 2880 + 2 * (trainingSeconds({ timeoutMinutes: 7200, spot: true }).waiting / 60);
    expect(leastDays * 24 * 60).to.be.greaterThan(mostMinutes + 4 * checkMinutes);
  });

  it("is nobody's business where nothing is trained: another's folder of that name is not emptied", () => {
    expect(expiringFolders(settings({}))).to.deep.equal({});
  });
});
