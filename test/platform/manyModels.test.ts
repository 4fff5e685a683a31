import { expect } from "chai";
import { entryBytes } from "../../components/settings/rules/sagemaker";
import { shortName } from "../support/outline";
import { type Config, runWith, stackFile } from "./program";

/**
 * What a service refuses when it gets too long, in characters: a role's policies 10,240, a pattern of EventBridge 2,048. So none of those
 * that all models share may name them one by one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
 */
const limited = ["policy", "eventPattern", "policyDocument", "assumeRolePolicy"];

const block = {
  serve: { sagemaker: { instanceType: "ml.m5.large", maxInstances: 2 }, flask: { minReplicas: 1, maxReplicas: 2 } },
  drift: {},
  training: {
    schedule: "cron(0 3 ? * SUN *)",
    onDrift: true,
    image: "training",
    gate: { metric: "roc_auc", atLeast: 0.8, beatChampion: true, maxDriftPsi: 0.2 },
    approve: "manual",
  },
};

function withModels(count: number): Config {
  const models = Array.from({ length: count }, (_, at) => {
    const name = `many-${at}-${"x".repeat(10)}`;
    return [name, { from: `models:/${name}@champion`, ...block }];
  });
  return { ...stackFile("dev"), "mlplatform:models": Object.fromEntries(models) };
}

describe("a stack with many models", function () {
  this.timeout(120_000);

  /** Longest of the limited inputs, by resource and input, of all that is not one model's own. */
  const lengths = async (count: number) => {
    const all = await runWith(withModels(count));
    return Object.fromEntries(
      all
        .filter(({ name }) => !name.includes("many-"))
        .flatMap((each) =>
          limited.flatMap((key) => {
            const text = each.inputs[key];
            return typeof text === "string" ? [[`${shortName(each)} ${key}`, text.length] as const] : [];
          }),
        ),
    );
  };

  it("has policies and patterns that are as long as with few", async () => {
    const few = await lengths(2);
    expect(Object.keys(few)).to.include.members([
      "iam.RolePolicy mlplatform-models-release-controller policy",
      "iam.RolePolicy mlplatform-training-registrar policy",
    ]);
    expect(await lengths(6)).to.deep.equal(few);
  });

  it("tells the release controller of each on SageMaker in no more than the rule for their number reckons with", async () => {
    const told = async (count: number) => {
      const { data } = (await runWith(withModels(count))).find(
        ({ type, name }) => type.endsWith(":ConfigMap") && name === "mlplatform-models-release-controller",
      )!.inputs as { data: Record<string, string> };
      return Object.values(data).join("").length;
    };
    expect(((await told(6)) - (await told(2))) / 4).to.be.within(entryBytes / 2, entryBytes);
  });
});
