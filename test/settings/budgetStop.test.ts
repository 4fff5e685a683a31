import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";
import { onAws, onExisting, problemsOf, systemGroup, theProblemOf } from "./fixtures";

const receivers = { team: { kind: "email", addresses: ["team@example.com"] } };
const budget = (stop: object, more: object = {}) => ({
  budget: { monthlyUsd: 500, notifyEmails: ["team@example.com"], stop, ...more },
});
const group = (purpose: string) => ({ purpose, instanceTypes: ["m7i.large"] });
const cluster = (scaling: object = {}) => ({
  cluster: { nodeGroups: { system: systemGroup, apps: group("apps"), people: group("notebooks") }, ...scaling },
});
const stack = (stop: object, { foundation = cluster() as object, sections = {}, more = {} } = {}) =>
  onAws(
    { dataProtection: false, ...foundation },
    {
      monitoring: { receivers },
      jupyterhub: {},
      governance: budget(stop, more),
      ...sections,
    },
  );

describe("a budget that stops", () => {
  it("stops all that it can at the whole of the budget, unless it is told otherwise", () => {
    expect(problemsOf(stack({}))).to.deep.equal([]);
    const { governance } = parseSettings(stack({}));
    expect(governance!.budget!.stop).to.deep.equal({ atPercent: 100, what: ["experiments", "notebooks", "training"] });
  });

  it("stops nothing without being asked", () => {
    const { governance } = parseSettings(
      onAws({}, { governance: { budget: { monthlyUsd: 5, notifyEmails: ["a@b.ie"] } } }),
    );
    expect(governance!.budget!.stop).to.equal(undefined);
  });

  it("takes JupyterHub on shared nodes where notebooks are not to stop", () => {
    const trial = { from: "models:/trial/1", serve: { sagemaker: { maxInstances: 1, ttlHours: 48 } } };
    const asked = { what: ["experiments"] };
    const sections = { mlflow: {}, models: { trial } };
    expect(problemsOf(stack(asked, { foundation: {}, sections }))).to.deep.equal([]);
  });

  const refused: [what: string, raw: object, path: string, remedy: RegExp][] = [
    [
      "to stop before anybody is told",
      stack({ atPercent: 80 }),
      "governance.budget.stop.atPercent",
      /^write atPercent: 81 or more/,
    ],
    [
      "to stop without a word",
      stack({}, { sections: { monitoring: undefined } }),
      "governance.budget.stop",
      /monitoring: \{ receivers:/,
    ],
    [
      "notebooks on nodes that others use",
      stack({}, { foundation: {} }),
      "governance.budget.stop.what",
      /purpose: notebooks.*, or write what: \[experiments, training\]$/,
    ],
    [
      "notebooks on nodes that Karpenter starts",
      stack({ what: ["notebooks"] }, { foundation: cluster({ scaling: { kind: "karpenter" } }) }),
      "governance.budget.stop.what",
      /scaling: \{ kind: nodeGroups \}, or leave stop out$/,
    ],
    [
      "experiments where there are none",
      stack({ what: ["experiments"] }),
      "governance.budget.stop.what",
      /^leave stop out/,
    ],
    [
      "notebooks where there are none",
      stack({ what: ["notebooks"] }, { foundation: {}, sections: { jupyterhub: undefined } }),
      "governance.budget.stop.what",
      /^leave stop out/,
    ],
    ["training that is Airflow's", stack({ what: ["training"] }), "governance.budget.stop.what", /^leave stop out/],
  ];
  for (const [what, raw, path, remedy] of refused) {
    it(`refuses ${what}`, () => {
      const problem = theProblemOf(JSON.parse(JSON.stringify(raw)));
      expect(problem.path).to.equal(path);
      expect(problem.remedy).to.match(remedy);
    });
  }

  it("is refused with its budget where AWS bills nothing", () => {
    const raw = onExisting({}, { governance: budget({}), monitoring: { receivers: {} } });
    expect(problemsOf(raw).map(({ path }) => path)).to.deep.equal(["governance.budget"]);
  });
});
