import { expect } from "chai";
import { onAws, problemsOf, theProblemOf } from "./fixtures";

const monitoring = { receivers: { team: { kind: "email", addresses: ["team@example.com"] } } };
const from = "s3://example-models/trial/4/model.tar.gz";
const endpoint = { maxInstances: 1, ttlHours: 72 };
const stack = (sagemaker: object, { model = {}, sections = {}, foundation = {} } = {}) =>
  onAws(
    { dataProtection: false, cluster: { kind: "none" }, network: { nat: "none" }, ...foundation },
    { monitoring, models: { trial: { from, serve: { sagemaker }, ...model } }, ...sections },
  );
const at = "models.trial.serve.sagemaker";

describe("an endpoint that ends by itself", () => {
  it("is accepted for a named version, without scaling, in a stack that is not production and tells somebody", () => {
    expect(problemsOf(stack(endpoint))).to.deep.equal([]);
    expect(problemsOf(stack({ ...endpoint, minInstances: 2, maxInstances: 2 }))).to.deep.equal([]);
  });

  const refused: [what: string, raw: object, path: string, remedy: RegExp][] = [
    [
      "a stack that keeps its data",
      stack(endpoint, { foundation: { dataProtection: true } }),
      `${at}.ttlHours`,
      /^leave ttlHours out/,
    ],
    [
      "a stack whose tag says production",
      stack(endpoint, { foundation: { tags: { environment: "Production" } } }),
      `${at}.ttlHours`,
      /from another stack$/,
    ],
    ["scaling", stack({ ttlHours: 72 }), `${at}.maxInstances`, /^write maxInstances: 1, /],
    [
      "nobody who is told",
      stack(endpoint, { sections: { monitoring: {} } }),
      `${at}.ttlHours`,
      /kind: email, addresses: \[team@example.com\]/,
    ],
    ["an hour, which is no notice", stack({ ...endpoint, ttlHours: 1 }), `${at}.ttlHours`, /./],
    [
      "an alias, which the release controller follows",
      stack(endpoint, {
        model: { from: "models:/trial@champion" },
        sections: { mlflow: {} },
        foundation: { cluster: {}, network: {} },
      }),
      "models.trial.from",
      /^name the version/,
    ],
    [
      "checks of Model Monitor",
      stack(endpoint, {
        model: { drift: { dataQuality: { baseline: "baselines/trial/" } } },
        foundation: { cluster: {}, network: {} },
      }),
      "models.trial.drift.dataQuality",
      /^leave dataQuality out/,
    ],
  ];
  for (const [what, raw, path, remedy] of refused) {
    it(`is refused with ${what}`, () => {
      const problem = theProblemOf(raw);
      expect(problem.path).to.equal(path);
      expect(problem.remedy).to.match(remedy);
    });
  }

  it("is nothing that another kind of endpoint has: they cost nothing while nobody asks", () => {
    for (const kind of ["serverless", "asynchronous"])
      expect(problemsOf(stack({ kind, ttlHours: 72 })).map(({ path }) => path)).to.include(`${at}.ttlHours`);
  });
});
