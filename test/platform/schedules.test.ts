import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectDir } from "../../simulator/project";
import { runWith, stackFile } from "./program";

const training = { image: "training", gate: { metric: "roc_auc", atLeast: 0.7 } };
/** A model for each place in the program that starts something by the clock. */
const models: Record<string, Record<string, object>> = {
  "components/training/triggers.ts": { trained: { training: { ...training, schedule: "cron(0 3 ? * SUN *)" } } },
  "components/training/candidateCheck/candidateCheck.ts": { checked: { training } },
  "components/serving/sagemaker/ends.ts": {
    trial: { from: "models:/trial/1", owner: "team", serve: { sagemaker: { maxInstances: 1, ttlHours: 48 } } },
  },
  "components/serving/batch/sagemakerBatch.ts": {
    scored: { from: "models:/scored/1", batch: { with: "sagemaker", schedule: "rate(1 day)" } },
  },
  "components/serving/liveQuality.ts": {
    watched: { serve: { flask: {} }, drift: {}, training, monitor: { modelQuality: {} } },
  },
};

describe("schedules of EventBridge Scheduler", function () {
  this.timeout(60_000);

  const schedules = async (blocks: Record<string, object>) => {
    const given = Object.entries(blocks).map(([name, block]) => [name, { from: `models:/${name}@champion`, ...block }]);
    const file = stackFile("dev");
    const told = {
      ...file["mlplatform:monitoring"],
      receivers: { team: { kind: "email", addresses: ["ml@example.com"] } },
    };
    const all = await runWith({
      ...file,
      "mlplatform:monitoring": told,
      "mlplatform:models": Object.fromEntries(given),
    });
    return all.filter(({ type }) => type === "aws:scheduler/schedule:Schedule");
  };

  it("are made in no other places than those tried here, and for off hours and budgets, which their own tests try", () => {
    const own = [
      "components/foundation/starters.ts",
      ...["budgetStop", "offHours"].map((file) => `components/governance/${file}.ts`),
    ];
    const makers = readdirSync(join(projectDir, "components"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => `components/${file}`)
      .filter((file) =>
        /\bnew aws\.scheduler\.Schedule\(|\bstartedByClock\(/.test(readFileSync(join(projectDir, file), "utf8")),
      );
    expect(makers).to.have.members([...own, ...Object.keys(models)]);
  });

  for (const [file, blocks] of Object.entries(models)) {
    it(`of ${file} leave what they could not start in the stack's queue, also where there are no others`, async () => {
      const made = await schedules(blocks);
      expect(made).to.not.be.empty;
      for (const { name, inputs } of made) {
        const target = inputs.target as { deadLetterConfig?: { arn?: string } };
        expect(target.deadLetterConfig?.arn, name).to.be.a("string").and.contain("mlplatform-missed");
      }
    });
  }
});
