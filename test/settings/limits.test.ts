import { expect } from "chai";
import { askForMore, limits, mostOf, releasesConfigMap } from "../../components/settings/limits";
import { parseSettings } from "../../components/settings/parse";
import { countsOf, limitRules, releaseListRules, rolesOfRepository } from "../../components/settings/rules/limits";
import type { Settings } from "../../components/settings/settings";
import { runWith } from "../platform/program";
import { everythingOn } from "../support/everythingOn";

const types: Record<string, string> = {
  eventRules: "aws:cloudwatch/eventRule:EventRule",
  roles: "aws:iam/role:Role",
  podIdentities: "aws:eks/podIdentityAssociation:PodIdentityAssociation",
  featureGroups: "aws:sagemaker/featureGroup:FeatureGroup",
};
const settingsOf = (config: Record<string, unknown>): Settings =>
  parseSettings(
    Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace("mlplatform:", ""), value])),
    {
      stackName: "dev",
      found: [],
    },
  );

describe("limits of an AWS account", function () {
  this.timeout(600_000);

  for (const [stack, config] of Object.entries(everythingOn)) {
    it(`are counted as the program makes things, in a stack with ${stack}`, async () => {
      const { models = {}, delivery } = settingsOf(config);
      const all = await runWith(config);
      for (const [limit, type] of Object.entries(types)) {
        const made = all.filter((each) => each.type === type).map(({ name }) => name);
        let ofModels = 0;
        for (const [model, settings] of Object.entries(models)) {
          const own = made.filter(
            (name) => new RegExp(`-${model}([-.]|$)`).test(name) || (model === "dags" && name.endsWith("loops-dags")),
          );
          const delivered = limit === "roles" && delivery?.models[model] ? rolesOfRepository(delivery) : 0;
          const counted = countsOf(settings)[limit as "roles"] + delivered;
          expect(new Set(own).size, `${limit} of ${model}: ${own.join(", ")}`).to.equal(counted);
          ofModels += counted;
        }
        const rest = made.length - ofModels;
        expect(rest, `${limit} beside models`).to.be.at.most(
          { eventRules: 7, roles: 50, podIdentities: 18, featureGroups: 0 }[limit]!,
        );
      }
    });
  }

  const aws = settingsOf(everythingOn["Karpenter and MWAA"]!);
  const foundation = aws.foundation as Extract<Settings["foundation"], { kind: "aws" }>;
  const many = (name: string, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}${at}`, aws.models![name]!]));
  const found = (settings: Partial<Settings>) => limitRules({ foundation, ...settings }).map(({ allowed }) => allowed);

  it("are said at load, with the number and the way out", () => {
    expect(found({ models: many("plain", 287) })).to.deep.equal([
      `at most 1000 IAM roles: this stack comes to about ${50 + 287 * 5}`,
    ]);
    const [problem] = limitRules({ foundation, models: many("plain", 289) });
    expect(problem!.allowed).to.contain("at most 300 rules of EventBridge");
    expect(problem!.remedy).to.contain(
      "aws service-quotas request-service-quota-increase --service-code events --region eu-west-1 --quota-code L-244521F2",
    );
    expect(problem!.remedy).to.contain("foundation.quotas.eventRules");
  });

  it("hold for less where a region has less, and for more where AWS gave more", () => {
    expect(mostOf("eventRules", "eu-south-1")).to.equal(100);
    expect(mostOf("eventRules", "eu-south-1", { eventRules: 500 })).to.equal(500);
    const quotas = { ...foundation.quotas, roles: 5000, eventRules: 2000 };
    expect(found({ foundation: { ...foundation, quotas }, models: many("plain", 400) })).to.deep.equal([]);
  });

  it("that no command raises name another way out", () => {
    const models = Object.fromEntries(Object.entries(many("steps", 1001)));
    const problem = limitRules({ foundation, models }).find(({ allowed }) => allowed.includes("Pod Identity"));
    expect(problem!.allowed).to.contain("at most 1000 Pod Identity associations of a cluster");
    expect(problem!.remedy).to.equal("put some into a stack of another account");
    expect(askForMore("podIdentities", 2000, "eu-west-1")).to.equal(undefined);
  });

  it("of the list that the release controller reads are said before a ConfigMap is too large", async () => {
    const { bytes, ofFlask, ofSagemaker } = releasesConfigMap;
    const long = (text: string, length: number) => text.padEnd(length, "x");
    const on = { instanceType: "ml.m5.24xlarge", minInstances: 2, maxInstances: 500 };
    const from = `models:/${long("model", 63)}@champion`;
    const base = everythingOn["node groups and Airflow in the cluster"]!;
    const all = await runWith({
      "mlplatform:foundation": base["mlplatform:foundation"]!,
      "mlplatform:access": base["mlplatform:access"]!,
      "mlplatform:mlflow": {},
      "mlplatform:models": {
        [long("flask", 38)]: { from, serve: { flask: {} } },
        [long("sagemaker", 27)]: { from, serve: { sagemaker: on } },
      },
    });
    const list = all.find(({ type, name }) => type.endsWith(":ConfigMap") && name.endsWith("release-controller"))!;
    const { models } = JSON.parse((list.inputs.data as Record<string, string>)["models.json"]!);
    const [flask, sagemaker] = models.map((model: unknown) => JSON.stringify(model).length);
    // ARNs and ids of a real account are longer than those of the mocks, by less than 300 characters in all.
    expect(flask).to.be.at.most(ofFlask);
    expect(sagemaker + 300).to.be.at.most(ofSagemaker);

    const listed = (count: number) => releaseListRules({ models: many("real", count) });
    expect(listed(Math.floor(bytes / ofSagemaker))).to.deep.equal([]);
    expect(listed(Math.floor(bytes / ofSagemaker) + 1)[0]!.allowed).to.contain("403 on SageMaker");
  });

  it("each have a source", () => {
    for (const { source } of Object.values(limits)) expect(source).to.match(/^https:\/\/docs\.aws\.amazon\.com\//);
  });
});
