import { expect } from "chai";
import { decisionsDefinition } from "../../components/training/decisions/definition";
import { askProgram } from "../../test/support/python";
import { pythonOrSkip } from "../../test/support/pythonOrSkip";
import { languageFaults } from "../../test/support/statesLanguage";
import type { TrainingAnswer } from "../../test/support/trainingMachine";

const definition = decisionsDefinition("arn:aws:states:eu-west-1:123456789012:activity:registrar", ["dev-churn"]);
const eventOf = (group: string) => ({
  detail: {
    ModelPackageGroupName: group,
    ModelPackageArn: `arn:aws:sagemaker:eu-west-1:123456789012:model-package/${group}/7`,
  },
});
const decided = {
  ModelApprovalStatus: "Rejected",
  ApprovalDescription: "biased",
  LastModifiedTime: "2026-12-01T03:04:05.678Z",
  LastModifiedBy: { IamIdentity: { Arn: "arn:aws:sts::123456789012:assumed-role/Approvers/ada" } },
};
const runs: Record<string, { decided: object; faults?: Record<string, string[]>; group?: string }> = {
  rejected: { decided },
  approvedInStudio: {
    decided: {
      ModelApprovalStatus: "Approved",
      LastModifiedTime: decided.LastModifiedTime,
      LastModifiedBy: { UserProfileName: "ada" },
    },
  },
  undecided: { decided: { ModelApprovalStatus: "PendingManualApproval", CreationTime: "2026-12-01T03:00:00Z" } },
  madeAsApproved: {
    decided: {
      ModelApprovalStatus: "Approved",
      CreationTime: "2026-12-01T03:00:00Z",
      CreatedBy: { IamIdentity: { Arn: "arn:aws:sts::123456789012:assumed-role/churn-training/run" } },
    },
  },
  byNobody: { decided: { ModelApprovalStatus: "Approved", LastModifiedTime: decided.LastModifiedTime } },
  bySomebody: { decided: { ...decided, LastModifiedBy: { DomainId: "d-1" } } },
  ofAnotherStack: { decided, group: "dev-2-churn" },
  notYet: { decided, faults: { TellRegistrar: ["Unavailable", "Unavailable", "States.Timeout"] } },
  refused: { decided, faults: { TellRegistrar: ["Refused*"] } },
};

describe("what passes on decisions on model packages, in moto's interpreter", function () {
  this.timeout(600_000);
  let answers: Record<string, TrainingAnswer>;

  before(async function () {
    const python = await pythonOrSkip(this, "moto", 180);
    const asked = Object.values(runs).map(({ group = "dev-churn", ...each }) => ({
      ...each,
      inputs: [eventOf(group)],
      definition,
    }));
    const told = await askProgram<TrainingAnswer[]>(python.python, "trainingMachine.py", { runs: asked });
    answers = Object.fromEntries(Object.keys(runs).map((name, at) => [name, told[at]!]));
  });

  const relayed = (name: string) =>
    answers[name]!.calls.filter(({ action }) => action === "registrar.decided").map(
      ({ parameters: { action: _, ...rest } }) => rest,
    );

  it("is Amazon States Language, and AWS takes what it asks", () => {
    expect(languageFaults(definition)).to.deep.equal([]);
    for (const [name, { refused }] of Object.entries(answers)) expect(refused, name).to.deep.equal([]);
  });

  it("says who decided what, when and why, of which package", () => {
    const packageUri = "s3://data/models/churn/r/t/output/model.tar.gz";
    const said = { packageUri, at: decided.LastModifiedTime };
    expect(relayed("rejected")).to.deep.equal([
      { ...said, status: "Rejected", by: decided.LastModifiedBy.IamIdentity.Arn, reason: "biased" },
    ]);
    expect(relayed("approvedInStudio")).to.deep.equal([{ ...said, status: "Approved", by: "ada", reason: "" }]);
    expect(answers.rejected!.executions[0]).to.include({ status: "SUCCEEDED" });
  });

  it("says nothing of a package that waits, or waits again", () => {
    expect(relayed("undecided")).to.deep.equal([]);
    expect(answers.undecided!.executions[0]).to.include({ status: "SUCCEEDED" });
  });

  it("says nothing of a package that was made as approved, since nobody has decided", () => {
    for (const name of ["madeAsApproved", "byNobody"]) {
      expect(relayed(name), name).to.deep.equal([]);
      expect(answers[name]!.executions[0], name).to.include({ status: "SUCCEEDED" });
    }
    expect(relayed("bySomebody")).to.have.nested.property("[0].by", "somebody in SageMaker");
  });

  it("asks nothing of a group that is not this stack's, though its name begins as this stack's do", () => {
    expect(answers.ofAnotherStack!.calls).to.deep.equal([]);
    expect(answers.ofAnotherStack!.executions[0]).to.include({ status: "SUCCEEDED" });
  });

  it("asks again while the version is not registered yet, and not where the registrar has said its last word", () => {
    expect(answers.notYet!.executions[0]).to.include({ status: "SUCCEEDED" });
    expect(relayed("notYet")).to.have.length(1);
    expect(answers.refused!.executions[0]).to.include({ status: "FAILED", error: "Refused" });
  });
});
