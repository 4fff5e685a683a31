import { expect } from "chai";
import { gatedModels } from "../../components/composition/gatedModels";
import { watchedModel } from "../../components/composition/modelWatch";
import { consumerAccounts } from "../../components/settings/consumers";
import { offersTaken, producersOf } from "../../components/settings/offersTaken";
import { parseSettings } from "../../components/settings/parse";
import { minimalAws, minimalExisting, onAws, problemsOf } from "./fixtures";

const dev = {
  accountId: "111111111111",
  region: "eu-west-1",
  bucket: "mlplatform-data-1a2b3c4",
  keyArn: "arn:aws:kms:eu-west-1:111111111111:key/0a1b2c3d",
  publicKey: "0a".repeat(32),
};
const elsewhere = { ...dev, region: "us-east-1" };
const from = { stack: "dev", approved: true };
const taking = (block: object = {}, promotion: object = { producers: { dev } }, base: object = minimalAws()) => ({
  ...{ ...base, mlflow: {}, promotion },
  models: { churn: { from, serve: { flask: {} }, ...block } },
});
const offering = (block: object, consumers: object = { prod: { accountId: "222222222222", models: ["churn"] } }) => ({
  ...{ ...onAws({ images: { repositories: ["churn-serving", "churn-training"] } }), mlflow: {} },
  promotion: { consumers },
  models: { churn: { from: "models:/churn@champion", serve: { flask: {} }, ...block } },
});
const approved = { training: { image: "churn-training", approve: "manual" } };

describe("a model that another stack approves", () => {
  it("is one of this stack's registry, under its own name, which the release path alone moves", () => {
    const settings = parseSettings(taking());
    expect(settings.models!.churn).to.deep.include({
      from: "models:/churn@champion",
      release: "continuous",
      promoted: { stack: "dev", model: "churn" },
    });
    expect(gatedModels(settings)).to.deep.equal([{ name: "churn", alias: "champion", approvers: [] }]);
  });

  it("may have another name there, and comes from where the stack says", () => {
    const settings = parseSettings(taking({ from: { ...from, model: "churn-v2" } }));
    expect(offersTaken(settings)).to.deep.equal([
      { model: "churn", from: "models:/churn@champion", stack: "dev", modelThere: "churn-v2", producer: dev },
    ]);
    const { region, bucket, keyArn } = dev;
    expect(producersOf(offersTaken(settings))).to.deep.equal([{ region, bucket, keyArn, models: ["churn-v2"] }]);
  });

  it("leaves a model with an address of its own as it was", () => {
    const { models } = parseSettings({ ...minimalAws(), mlflow: {}, models: { churn: { from: "models:/churn/3" } } });
    expect(models!.churn)
      .to.include({ from: "models:/churn/3", release: "pinned" })
      .and.not.to.have.property("promoted");
  });

  const refused: [what: string, raw: unknown, path: string, says: RegExp][] = [
    ["not approved", taking({ from: { stack: "dev", approved: false } }), "models.churn.from", /approved: true/],
    ["without saying that it is", taking({ from: { stack: "dev" } }), "models.churn.from", /approved: true/],
    ["of a stack that nobody declared", taking({}, {}), "models.churn.from.stack", /add promotion\.producers\.dev/],
    [
      "of a stack by another name",
      taking({ from: { ...from, stack: "deb" } }),
      "models.churn.from.stack",
      /write stack: dev/,
    ],
    ["and trained here too", taking(approved), "models.churn.training", /leave training out/],
    ["and pinned", taking({ release: "pinned" }), "models.churn.release", /release: continuous/],
    [
      "on a cluster that is not of AWS",
      taking({}, { producers: { dev } }, minimalExisting()),
      "models.churn.from",
      /only on foundation\.kind: aws.*write from: models:\/churn@champion/s,
    ],
    [
      "behind a gateway that does not lead there",
      taking({}, { producers: { dev } }, onAws({ network: { endpoints: ["s3"], endpointAccounts: [] } })),
      "foundation.network.endpointAccounts",
      /add "111111111111" to it/,
    ],
    [
      "of another region, with no way out",
      taking({}, { producers: { dev: elsewhere } }, onAws({ network: { nat: "none", endpoints: ["s3"] } })),
      "promotion.producers.dev.region",
      /eu-west-1, with nat: none.*own region alone; write foundation\.network\.nat: single/,
    ],
    [
      "signed by what is no key",
      taking({}, { producers: { dev: { ...dev, publicKey: "secret" } } }),
      "promotion.producers.dev.publicKey",
      /64 hexadecimal digits/,
    ],
  ];
  for (const [what, raw, path, says] of refused) {
    it(`is refused: ${what}`, () => {
      const found = problemsOf(raw).filter((each) => each.path === path);
      expect(found, JSON.stringify(problemsOf(raw))).to.have.length(1);
      expect(`${found[0]!.allowed}; ${found[0]!.remedy}`).to.match(says);
    });
  }

  it("is fine behind a gateway that leads there", () => {
    for (const network of [{ endpointAccounts: [dev.accountId] }, { endpointAccounts: [], endpoints: [] }]) {
      const raw = taking({}, { producers: { dev } }, onAws({ network }));
      expect(problemsOf(raw).map(({ path }) => path)).not.to.include("foundation.network.endpointAccounts");
    }
  });
});

describe("a stack in another region", () => {
  const path = "promotion.producers.dev.region";
  const paths = (...given: Parameters<typeof taking>) => problemsOf(taking(...given)).map((each) => each.path);

  it("is fine with a way out, and one of the own region without", () => {
    const producers = { dev: elsewhere };
    for (const network of [{}, { nat: "perZone", endpointAccounts: [] }])
      expect(paths({}, { producers }, onAws({ network }))).not.to.include(path);
    expect(paths({}, { producers: { dev } }, onAws({ network: { nat: "none" } }))).not.to.include(path);
    const own = { from: "models:/churn@champion" };
    expect(paths(own, { producers }, onAws({ network: { nat: "none" } })), "no model is taken").not.to.include(path);
  });
});

describe("models that are offered to other stacks", () => {
  it("let their account in, and to the image that answers with them alone", () => {
    expect(consumerAccounts(parseSettings(offering(approved)))).to.deep.equal({
      models: [{ accountId: "222222222222", models: ["churn"] }],
      images: { "churn-serving": ["222222222222"] },
    });
    expect(consumerAccounts(parseSettings(minimalAws()))).to.deep.equal({ models: [], images: {} });
  });

  it("are watched in the name of the stacks that may take them", () => {
    const watched = (raw: unknown) => {
      const settings = parseSettings(raw);
      return watchedModel("churn", settings.models!.churn!, undefined, settings);
    };
    expect(watched(offering(approved)).offeredTo).to.deep.equal(["prod"]);
    expect(watched(offering(approved, {}))).to.not.have.property("offeredTo");
    expect(watched(taking()).takenFrom).to.equal("dev");
  });

  const path = "promotion.consumers.prod.models[0]";
  const prod = (model: string) => ({ prod: { accountId: "222222222222", models: [model] } });
  const refused: [what: string, raw: unknown, says: RegExp][] = [
    ["that nobody has", offering(approved, prod("chum")), /write churn/],
    ["that nobody approves", offering({}), /approve: manual in models\.churn\.training/],
    ["that go live by themselves", offering({ training: { image: "x:1", approve: "automatic" } }), /approve: manual/],
    [
      "that come from another stack",
      { ...taking(), promotion: { producers: { dev }, consumers: prod("churn") } },
      /promotion\.consumers of dev/,
    ],
  ];
  for (const [what, raw, says] of refused) {
    it(`are refused: ${what}`, () => {
      const found = problemsOf(raw).filter((each) => each.path === path);
      expect(found, JSON.stringify(problemsOf(raw))).to.have.length(1);
      expect(found[0]!.remedy).to.match(says);
    });
  }

  it("may be those that a gate lets through", () => {
    const training = { image: "churn-training", approve: "automatic", gate: { metric: "roc_auc", atLeast: 0.7 } };
    expect(problemsOf(offering({ training }))).to.deep.equal([]);
  });
});
