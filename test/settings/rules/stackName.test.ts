import { expect } from "chai";
import { parseSettings } from "../../../components/settings/parse";
import { SettingsProblems } from "../../../components/settings/problems";
import { minimalAws, minimalExisting, onAws } from "../fixtures";

describe("the stack's name", () => {
  const named = (stackName: string | undefined, raw: unknown = minimalAws()) => {
    try {
      parseSettings(raw, stackName === undefined ? {} : { stackName });
      return [];
    } catch (error) {
      if (error instanceof SettingsProblems) return error.problems;
      throw error;
    }
  };

  for (const [name, instead] of [
    ["Dev", "dev"],
    ["my_stack", "my-stack"],
    ["1st", "st"],
    ["a--b", "a-b"],
    ["dev-", "dev"],
    ["-", "dev"],
    ["a".repeat(53), "a".repeat(52)],
  ]) {
    it(`refuse: ${name}`, () => {
      const problems = named(name);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.include({
        path: "(stack name)",
        value: `"${name}"`,
        remedy: `make the stack under another name: pulumi stack init ${instead}`,
      });
      expect(problems[0]?.allowed).to.match(/lower-case letters.*at most 52 characters.*mlplatform-<stack>/);
    });
  }

  for (const name of ["dev", "team-a-prod2", "a".repeat(52), undefined]) {
    it(`accept: ${name}`, () => {
      expect(named(name)).to.deep.equal([]);
    });
  }

  it("is left alone on an existing cluster, which names nothing in an account after it", () => {
    expect(named("My_Stack", minimalExisting())).to.deep.equal([]);
  });

  it("is named beside what else is wrong", () => {
    expect(named("Dev", onAws({ network: { cidr: "10.0.5.0/16" } })).map(({ path }) => path)).to.deep.equal([
      "(stack name)",
      "foundation.network.cidr",
    ]);
  });
});
