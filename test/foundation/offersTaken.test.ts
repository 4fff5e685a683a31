import { sign } from "node:crypto";
import { expect } from "chai";
import { lookAtOffersTaken } from "../../components/foundation/offersTaken";
import { privateKeyOf, publicKeyOf } from "../../components/lib/signingKey";
import { type Problem, SettingsProblems } from "../../components/settings/problems";
import { refused } from "../support/awsAnswers";
import { building } from "../support/foundation";

const seed = "made-up-secret-of-dev";
const key = "promotions/churn/current.json";
const offer = {
  model: "churn",
  from: "models:/churn@champion",
  stack: "dev",
  modelThere: "churn",
  producer: {
    accountId: "111111111111",
    region: "eu-west-1",
    bucket: "dev-data",
    keyArn: "arn:aws:kms:eu-west-1:111111111111:key/0a1b2c3d",
    publicKey: publicKeyOf(seed),
  },
};
const named = { version: "3", registered: 1, offer: "0".repeat(64) };
const statement = {
  kind: "mlplatform.current/1",
  ...{ stack: "mlplatform-dev", model: "churn", serial: 7, current: named, approved: [named], revoked: [] },
};

/** What `current.json` says; absent: it is not there. */
async function problemsOf(said?: object, by = seed): Promise<readonly Problem[]> {
  let problems: readonly Problem[] = [];
  const text = JSON.stringify(said);
  const signature = () => sign(null, Buffer.from(text), privateKeyOf(by)).toString("base64");
  await building(
    async () => {
      try {
        await lookAtOffersTaken([offer], {});
      } catch (error) {
        if (!(error instanceof SettingsProblems)) throw error;
        problems = error.problems;
      }
    },
    {
      calls: {
        "aws:s3/getObjects:getObjects": ({ bucket, prefix }) => {
          expect({ bucket, prefix }).to.deep.equal({ bucket: "dev-data", prefix: key });
          return { bucket, prefix, keys: said === undefined ? [] : [key] };
        },
        "aws:s3/getObject:getObject": ({ bucket, key: asked }) => ({
          ...{ bucket, key: asked },
          body: JSON.stringify({ statement: text, signature: signature() }),
        }),
      },
    },
  );
  return problems;
}

describe("what another stack says of a model that is taken from it", () => {
  it("is fine while something is approved, or an earlier version still is", async () => {
    expect(await problemsOf(statement)).to.deep.equal([]);
    expect(await problemsOf({ ...statement, current: null })).to.deep.equal([]);
  });

  it("is waited for where nothing was approved yet", async () => {
    expect(await problemsOf()).to.deep.equal([]);
  });

  it("stops an update where nothing is approved any more", async () => {
    const [problem, ...others] = await problemsOf({ ...statement, current: null, approved: [], revoked: ["3"] });
    expect(others).to.deep.equal([]);
    expect(problem).to.deep.equal({
      path: "models.churn.from",
      value: "dev",
      allowed: "a stack in which a version of churn is approved: none is any more, revoked were 3",
      remedy:
        "approve a version in dev; or, to keep one that is here already, write from: models:/churn/<its number in this stack's MLflow>",
    });
  });

  it("stops an update where the pinned key has not signed it, or it is of something else", async () => {
    const wrong = [
      [statement, "somebody else's"],
      [{ ...statement, stack: "mlplatform-test" }],
      [{ ...statement, model: "attrition" }],
      [{ ...statement, kind: "mlplatform.offer/1" }],
    ] as const;
    for (const [said, by] of wrong) {
      const [problem] = await problemsOf(said, by);
      expect(problem, JSON.stringify(said)).to.include({ path: "models.churn.from", value: "dev" });
      expect(problem!.remedy).to.match(/compare promotion\.producers\.dev with/);
    }
  });

  it("stops an update where it cannot be read", async () => {
    let problems: readonly Problem[] = [];
    await building(
      async () => {
        await lookAtOffersTaken([offer], {}).catch((error: SettingsProblems) => {
          problems = error.problems;
        });
      },
      {
        calls: {
          "aws:s3/getObjects:getObjects": () => {
            throw refused("api error AccessDenied: Access Denied");
          },
        },
      },
    );
    expect(problems).to.have.length(1);
    expect(problems[0]!.path).to.equal("models.churn.from");
    expect(problems[0]!.allowed).to.match(/names this account in promotion\.consumers, with churn$/);
    expect(problems[0]!.remedy).to.match(/AWS says: .*AccessDenied/);
  });
});
