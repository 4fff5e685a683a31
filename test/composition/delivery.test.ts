import { expect } from "chai";
import { installDelivery } from "../../components/composition/delivery";
import type { ObjectStore } from "../../components/contracts/foundation";
import { parseSettings } from "../../components/settings/parse";
import { onAws } from "../settings/fixtures";
import { building } from "../support/foundation";
import { statements } from "../support/outline";

const account = { accountId: "000000000000", region: "eu-west-1", partition: "aws" };
const issuer = "token.actions.githubusercontent.com";
const tokens = {
  arn: `arn:aws:iam::000000000000:oidc-provider/${issuer}`,
  issuer,
  audience: "sts.amazonaws.com",
  exists: false,
  adopted: false,
};

/** What the repository of a model may do; it builds only what serves. */
const rights = async (model: object, sections: object = {}) => {
  const settings = parseSettings(
    onAws(
      { images: { repositories: ["churn-serving"] } },
      {
        mlflow: {},
        models: { churn: { from: "models:/churn@champion", ...model } },
        delivery: {
          source: { provider: "github", repository: "example/ml" },
          models: { churn: { repository: "example/churn" } },
        },
        ...sections,
      },
    ),
  );
  const foundation = { stores: { data: {} as ObjectStore } as never, aws: { account } };
  const made = await building(() => {
    installDelivery("p", { settings, foundation, tokens }, {});
  });
  const { name } = made.find(({ type, name: each }) => type === "aws:iam/rolePolicy:RolePolicy" && /churn/.test(each))!;
  return statements(made, `iam.RolePolicy ${name}`).map(({ Sid }) => Sid);
};

describe("the role of a model's repository, for a stack's settings", () => {
  const push = ["PushImages", "SignInToRegistry", "PullBases"];

  it("starts the training of a model that has one, also by an image of the platform", async () => {
    expect(await rights({ training: { image: "training" } })).to.deep.equal([...push, "StartRuns", "FollowRuns"]);
  });

  it("starts nothing where nothing is trained, or where Airflow trains", async () => {
    expect(await rights({})).to.deep.equal(push);
    const training = {
      engine: "airflow",
      image: "training",
      schedule: "cron(30 3 ? * SUN *)",
      gate: { metric: "auc" },
    };
    expect(await rights({ training, serve: { flask: {} } }, { airflow: {} })).to.deep.equal(push);
  });
});
