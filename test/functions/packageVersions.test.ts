import { expect } from "chai";
import type { PackageVersionsResult } from "../../functions/packageVersions";
import { Refusal } from "../support/jsonService";
import { FunctionBeforeService } from "./functionBeforeService";

const groupName = "mlplatform-test-churn";
const arn = (version: number) => `arn:aws:sagemaker:eu-west-1:000000000000:model-package/${groupName}/${version}`;
const pageSize = 2;
const machineArn = "arn:aws:states:eu-west-1:000000000000:stateMachine:mlplatform-test-churn-training";

/** What it asks of SageMaker, two versions a page, and of Step Functions; moto has no deletion of versions. */
class Registry {
  readonly asked: string[] = [];

  constructor(
    public versions: number[],
    private readonly machine: "ACTIVE" | "DELETING" | undefined,
    private readonly refusal?: { action: string; type: string; message: string },
  ) {}

  answer(action: string, asked: Record<string, string>): object {
    this.asked.push(action);
    if (this.refusal?.action === action) throw new Refusal(this.refusal.type, this.refusal.message);
    if (action === "DescribeStateMachine") {
      if (this.machine === undefined) throw new Refusal("StateMachineDoesNotExist", "none");
      return { stateMachineArn: machineArn, status: this.machine };
    }
    if (action === "DeleteModelPackage") {
      this.versions = this.versions.filter((version) => arn(version) !== asked.ModelPackageName);
      return {};
    }
    expect(asked.ModelPackageGroupName).to.equal(groupName);
    const from = Number(asked.NextToken ?? 0);
    const page = this.versions.slice(from, from + pageSize).map((version) => ({ ModelPackageArn: arn(version) }));
    const more = from + pageSize < this.versions.length ? { NextToken: String(from + pageSize) } : {};
    return { ModelPackageSummaryList: page, ...more };
  }
}

describe("packageVersions, as packaged, before a simulated SageMaker", function () {
  this.timeout(60_000);
  let registry: Registry;
  const packaged = new FunctionBeforeService<PackageVersionsResult>("packageVersions", (...asked) =>
    registry.answer(...asked),
  );
  const gone = { groupName, machineArn, keep: false, tf: { action: "delete" } };

  it("deletes every version, over all pages, once the group is about to go", async () => {
    registry = new Registry([1, 2, 3, 4, 5], "DELETING");
    expect(await packaged.invoke(gone)).to.deep.equal({ groupName, outcome: "deleted" });
    expect(registry.versions).to.deep.equal([]);
    expect(packaged.printed.at(-1)).to.include({ level: "info", groupName, versions: 5 });
  });

  it("touches nothing while the group stands, or where the group stays with its versions", async () => {
    registry = new Registry([1, 2], undefined);
    for (const [action, keep] of [
      ["create", false],
      ["update", false],
      ["delete", true],
    ] as const) {
      expect(await packaged.invoke({ groupName, machineArn, keep, tf: { action } })).to.deep.equal({
        groupName,
        outcome: "nothing to do",
      });
    }
    expect(registry.asked).to.deep.equal([]);
  });

  it("deletes none as long as the model is trained: an invocation is also deleted where another takes its place", async () => {
    registry = new Registry([1, 2], "ACTIVE");
    expect(await packaged.invoke(gone)).to.deep.equal({ groupName, outcome: "still trained" });
    expect(registry.asked).to.deep.equal(["DescribeStateMachine"]);
    expect(packaged.printed.at(-1)).to.include({ level: "warn", groupName, machineArn });
    const refusal = { action: "DescribeStateMachine", type: "AccessDeniedException", message: "not you" };
    registry = new Registry([1, 2], undefined, refusal);
    expect(await packaged.reasonOf(gone), "nor where it may not look").to.equal("AccessDeniedException: not you");
    expect(registry.versions).to.have.length(2);
  });

  const missing = { type: "ValidationException", message: "Could not find the thing." };
  for (const action of ["ListModelPackages", "DeleteModelPackage"]) {
    it(`is content where ${action} finds that somebody was quicker`, async () => {
      registry = new Registry([1], undefined, { action, ...missing });
      expect(await packaged.invoke(gone)).to.deep.equal({ groupName, outcome: "deleted" });
    });
  }

  it("fails where it may not delete, with SageMaker's words", async () => {
    registry = new Registry([1], undefined, {
      action: "DeleteModelPackage",
      type: "AccessDeniedException",
      message: "not you",
    });
    expect(await packaged.reasonOf(gone)).to.equal("AccessDeniedException: not you");
    expect(packaged.printed.at(-1)).to.include({ level: "error", groupName });
  });

  it("says what is left where time does not suffice, so that it is run again", async () => {
    registry = new Registry([1, 2, 3], undefined);
    expect(await packaged.reasonOf(gone, 0)).to.match(
      /^3 of 3 versions of the package group mlplatform-test-churn are left/,
    );
  });

  it("deletes them also for a stack of an earlier version, which named no machine", async () => {
    registry = new Registry([1, 2], "ACTIVE");
    expect(await packaged.invoke({ groupName, keep: false, tf: { action: "delete" } })).to.deep.equal({
      groupName,
      outcome: "deleted",
    });
  });

  it("refuses a group that cannot be one, and a life it does not know", async () => {
    registry = new Registry([], undefined);
    expect(await packaged.reasonOf({ groupName: "a/b", machineArn: "x" })).to.match(
      /groupName: "a\/b".*\n- machineArn: "x".*\n- keep: missing.*\n- tf.action: missing/,
    );
  });
});
