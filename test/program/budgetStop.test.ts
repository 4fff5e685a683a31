import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { TestStack } from "./runs";

const { config } = parse(readFileSync(join(__dirname, "..", "..", "docs", "examples", "lean.yaml"), "utf8")) as {
  config: Record<string, Record<string, object>>;
};
const { budget, ...governance } = config["mlplatform:governance"] as { budget?: object };
/** The example, with an experiment and a budget that ends it. */
const file = {
  config: {
    ...config,
    "mlplatform:models": {
      ...config["mlplatform:models"],
      trial: {
        from: "s3://example-models/trial/1/model.tar.gz",
        owner: "ml-platform",
        serve: { sagemaker: { minInstances: 1, maxInstances: 1, ttlHours: 48 } },
      },
    },
    "mlplatform:governance": { ...governance, budget: { ...budget, stop: { atPercent: 90 } } },
  },
};

describe("a stack that its budget stops, on the simulated cloud", function () {
  this.timeout(600_000);
  const stack = new TestStack("lean", file);
  after(() => stack.remove());

  it("has a state machine that asks of its own budget, every hour, and an alarm on it", async () => {
    await stack.succeed("up");
    const [made] = stack.asked("aws:sfn/stateMachine:StateMachine").filter(({ name }) => name.endsWith("budget-stop"));
    expect(made!.inputs.name).to.equal("mlplatform-lean-budget-stop");
    const { States } = JSON.parse(String(made!.inputs.definition)) as {
      States: Record<string, { Arguments: object; Items: object; Choices: { Condition: string }[] }>;
    };
    expect(States.AskBudget!.Arguments)
      .to.have.property("BudgetName")
      .that.matches(/^mlplatform-budget-[0-9a-f]{7}$/);
    expect(States.WhatIsDue!.Choices[1]!.Condition).to.equal("{% $spentUsd >= 45 %}");
    expect(States.Stop!.Items).to.deep.equal([{ kind: "Endpoint", name: "mlplatform-lean-trial" }]);
    const alarms = stack.asked("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => String(inputs.name));
    expect(alarms.some((name) => name.startsWith("mlplatform-lean-budget-stop"))).to.equal(true);
  });

  it("changes nothing when nothing changes, and is destroyed whole", async () => {
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});
