import { expect } from "chai";
import { planRecovery } from "../../simulator/recovery";

const urn = (name: string) => `urn:pulumi:dev::tiny::aws:sns/topic:Topic::${name}`;
const topic = (name: string, id?: string) => ({
  urn: urn(name),
  type: "aws:sns/topic:Topic",
  custom: true,
  ...(id ? { id } : {}),
});
const account = (made: Record<string, string>) => ({
  find: (asked: string) => {
    const name = asked.split("::").at(-1)!;
    return made[name] ? { id: made[name], outputs: { arn: made[name] } } : undefined;
  },
});

describe("what a killed run left open", () => {
  it("is nothing when nothing is pending", () => {
    expect(planRecovery({ resources: [topic("a", "1")] }, account({}))).to.equal(undefined);
  });

  it("is adopted when the cloud had made it, and read back", () => {
    const found = planRecovery(
      { resources: [topic("a", "1")], pending_operations: [{ resource: topic("b"), type: "creating" }] },
      account({ a: "1", b: "2" }),
    );
    expect(found?.deployment.resources).to.deep.equal([topic("a", "1"), { ...topic("b", "2"), outputs: { arn: "2" } }]);
    expect(found?.deployment.pending_operations).to.deep.equal([]);
    expect(found?.readBack).to.deep.equal([urn("b")]);
    expect(found?.notes.join()).to.contain('aws:sns/topic:Topic "b"').and.to.contain("adopted");
  });

  it("is forgotten when the cloud had not made it", () => {
    const found = planRecovery({ pending_operations: [{ resource: topic("b"), type: "creating" }] }, account({}));
    expect(found?.deployment.resources).to.deep.equal([]);
    expect(found?.readBack).to.deep.equal([]);
    expect(found?.notes.join()).to.contain("had not been made");
  });

  it("is deleted later when it was the new copy of a replacement", () => {
    const found = planRecovery(
      { resources: [topic("a", "1")], pending_operations: [{ resource: topic("a"), type: "creating" }] },
      account({ a: "2" }),
    );
    expect(found?.deployment.resources).to.deep.equal([
      topic("a", "1"),
      { ...topic("a", "2"), delete: true, outputs: { arn: "2" } },
    ]);
    expect(found?.readBack).to.deep.equal([]);
  });

  it("keeps the recorded copy when the replacement had not been made", () => {
    const found = planRecovery(
      { resources: [topic("a", "1")], pending_operations: [{ resource: topic("a"), type: "creating" }] },
      account({ a: "1" }),
    );
    expect(found?.deployment.resources).to.deep.equal([topic("a", "1")]);
  });

  for (const type of ["updating", "deleting"]) {
    it(`is read back when it was cut short while ${type}`, () => {
      const found = planRecovery(
        { resources: [topic("a", "1")], pending_operations: [{ resource: topic("a", "1"), type }] },
        account({}),
      );
      expect(found?.readBack).to.deep.equal([urn("a")]);
      expect(found?.notes).to.have.length(1);
    });
  }
});
