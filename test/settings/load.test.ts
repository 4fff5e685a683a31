import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { loadSettings } from "../../components/settings/load";
import { SettingsProblems } from "../../components/settings/problems";
import { minimalAws } from "./fixtures";

/** What `loadSettings` refuses of a stack whose config is this. */
function refusals(config: Record<string, unknown>, secretKeys: string[] = []) {
  const texts = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const before = pulumi.runtime.allConfig();
  pulumi.runtime.setAllConfig(Object.fromEntries(texts), secretKeys);
  try {
    loadSettings();
    return [];
  } catch (error) {
    if (!(error instanceof SettingsProblems)) throw error;
    return error.problems;
  } finally {
    pulumi.runtime.setAllConfig(before);
  }
}

const foundation = minimalAws().foundation;

describe("loadSettings", () => {
  it("reads the sections that the engine hands over, and leaves other namespaces alone", () => {
    expect(
      refusals({
        "mlplatform:foundation": foundation,
        "mlplatform:mlflow": {},
        "aws:region": "eu-west-1",
        "other:x": "y",
      }),
    ).to.deep.equal([]);
  });

  for (const [key, remedy] of [
    ["aws:region", "write foundation.region, and remove it: pulumi config rm aws:region"],
    ["aws:profile", "set AWS_PROFILE in the environment, and remove it: pulumi config rm aws:profile"],
    ["kubernetes:context", "write foundation.context, and remove it: pulumi config rm kubernetes:context"],
    ["eks:x", "remove it: pulumi config rm eks:x"],
  ]) {
    it(`refuses a provider's own ${key}, which nothing would hear`, () => {
      const problems = refusals({ "mlplatform:foundation": foundation, [key!]: "us-east-1" });
      expect(problems.map(({ path }) => path)).to.deep.equal([`["${key}"]`]);
      expect(problems[0]!.remedy).to.equal(remedy);
    });
  }

  it("refuses a provider's own credentials without showing them", () => {
    const given = {
      "aws:secretKey": "hidden-value",
      "kubernetes:kubeconfig": "hidden-value",
      "aws:region": "hidden-value",
    };
    const problems = refusals({ "mlplatform:foundation": foundation, ...given }, ["aws:secretKey", "aws:region"]);
    expect(problems.map(({ path }) => path).sort()).to.deep.equal(
      Object.keys(given)
        .map((key) => `["${key}"]`)
        .sort(),
    );
    expect(JSON.stringify(problems)).not.to.include("hidden-value");
  });

  it("refuses an unknown section with the nearest known one", () => {
    const [problem] = refusals({ "mlplatform:foundation": foundation, "mlplatform:jupiterhub": {} });
    expect(problem?.path).to.equal("jupiterhub");
    expect(problem?.remedy).to.match(/nearest known key is jupyterhub/);
  });

  it("refuses a section that is a bare word, and one that is no JSON", () => {
    expect(refusals({ "mlplatform:foundation": foundation, "mlplatform:airflow": "true" })[0]?.path).to.equal(
      "airflow",
    );
    expect(refusals({ "mlplatform:foundation": "{ kind: aws" })[0]?.path).to.equal("foundation");
  });

  it("refuses an encrypted section without showing what was in it, and does not call it missing", () => {
    const problems = refusals({ "mlplatform:foundation": { ...foundation, region: "hidden-value" } }, [
      "mlplatform:foundation",
    ]);
    expect(problems.map(({ path }) => path)).to.deep.equal(["foundation"]);
    expect(JSON.stringify(problems)).not.to.include("hidden-value");
    expect(problems[0]?.remedy).to.match(/without --secret/);
  });

  it("refuses an empty stack", () => {
    expect(refusals({}).map(({ path }) => path)).to.deep.equal(["foundation"]);
  });
});
