import { expect } from "chai";
import type { Existing } from "../../../simulator/cloud/account";
import { disagreements } from "../../../simulator/faults/records";

const urn = (name: string) => `urn:pulumi:dev::tiny::aws:sns/topic:Topic::${name}`;
const type = "aws:sns/topic:Topic";
const recorded = (name: string, id: string, more: object = {}) => ({ urn: urn(name), type, id, custom: true, ...more });
const made = (name: string, id: string, more: Partial<Existing> = {}): Existing => ({
  ...{ type, name, urn: urn(name), id, scope: "eu-west-1", handles: [], claims: [], uses: [] },
  ...{ inputs: {}, outputs: {}, generation: 1 },
  ...more,
});

describe("an account and the record of a stack", () => {
  it("agree where each thing is in both", () => {
    expect(disagreements([recorded("a", "1")], [made("a", "1")])).to.deep.equal([]);
  });

  it("differ by what was made and not recorded, and by what is recorded and gone", () => {
    expect(disagreements([], [made("a", "1")])).to.deep.equal([`${type} "a" (1) is in no record`]);
    expect(disagreements([recorded("a", "1")], [])).to.deep.equal([`${type} "a" (1) is recorded and gone`]);
  });

  it("differ by what is there twice, though both are recorded", () => {
    const both = [recorded("a", "1", { delete: true }), recorded("a", "2")];
    expect(disagreements(both, [made("a", "1"), made("a", "2")])).to.deep.equal([`${type} "a" is there 2 times`]);
  });

  it("leave out what a controller or somebody else made, components, what is only read, and computed values", () => {
    const password = "random:index/randomPassword:RandomPassword";
    expect(
      disagreements(
        [
          recorded("a", "", { custom: false }),
          recorded("b", "2", { external: true }),
          { urn: `urn:pulumi:dev::tiny::${password}::c`, type: password, id: "3", custom: true },
        ],
        [made("d", "4", { madeBy: "a controller" })],
      ),
    ).to.deep.equal([]);
  });
});
