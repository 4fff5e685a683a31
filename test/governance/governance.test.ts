import { expect } from "chai";
import { Bucket } from "../../components/foundation/data/bucket";
import { Budget } from "../../components/governance/budget";
import { DestroyGuard } from "../../components/governance/destroyGuard";
import { building, kept, keyArn, Marker } from "../support/foundation";
import { dependencies, inputs, outline } from "../support/outline";

describe("the guard against destroy", () => {
  const guard = "random:index/randomId:RandomId guard";
  const make = (refuse = true) => {
    const bucket = new Bucket("b", { keyArn, noncurrentVersionDays: 1, abortUploadDays: 1, protection: kept });
    return new DestroyGuard("guard", { guarded: [bucket, new Marker("nodes")], refuse });
  };

  it("is protected, so that the engine refuses, and not retained, so that the engine does not pass it by", async () => {
    expect(outline(await building(() => make())).slice(-2)).to.deep.equal([
      "DestroyGuard guard",
      `  ${guard} (protected)`,
    ]);
  });

  it("stays in a stack that may be destroyed, without protection: what is protected cannot leave a program", async () => {
    expect(outline(await building(() => make(false))).slice(-2)).to.deep.equal(["DestroyGuard guard", `  ${guard}`]);
  });

  it("has its turn before everything it guards, each part of it", async () => {
    expect(dependencies(await building(() => make()), guard)).to.include.members([
      "s3.Bucket b",
      "s3.BucketPolicy b",
      "s3.BucketVersioning b",
      "test:index:Marker nodes",
    ]);
  });
});

describe("a budget", () => {
  it("counts what carries the stack's tag, and writes to everybody at each share", async () => {
    const notifyEmails = ["ml-platform@example.com"];
    const tag = { key: "mlplatform/stack", value: "mlplatform-test" };
    const made = await building(
      () =>
        new Budget("budget", {
          monthlyUsd: 12000,
          alertAtPercent: [80, 100],
          notifyEmails,
          topicArns: ["arn:topic"],
          tag,
        }),
    );
    expect(outline(made)).to.deep.equal(["Budget budget", "  budgets.Budget budget"]);
    expect(inputs(made, "budgets.Budget budget")).to.deep.equal({
      budgetType: "COST",
      timeUnit: "MONTHLY",
      limitAmount: "12000",
      limitUnit: "USD",
      costFilters: [{ name: "TagKeyValue", values: ["user:mlplatform/stack$mlplatform-test"] }],
      notifications: [80, 100].map((threshold) => ({
        notificationType: "ACTUAL",
        comparisonOperator: "GREATER_THAN",
        threshold,
        thresholdType: "PERCENTAGE",
        subscriberEmailAddresses: notifyEmails,
        subscriberSnsTopicArns: ["arn:topic"],
      })),
    });
  });
});
