import { expect } from "chai";
import { imagesOfModel } from "../../components/settings/modelImages";
import { ownImages } from "../../components/settings/needs";
import { parseSettings } from "../../components/settings/parse";
import { minimalExisting, onAws, problemsOf, theProblemOf } from "./fixtures";

const source = { provider: "github", repository: "example-company/ml" };
const gitlab = { provider: "gitlab", repository: "group/sub/ml" };
const churn = { repository: "example-company/churn" };
const connectionArn = "arn:aws:codeconnections:eu-west-1:000000000000:connection/00000000-0000-0000-0000-000000000000";
const training = { image: "churn-training" };

/** A stack that delivers, with a model that has an image of its own. */
const delivering = (delivery: object, model: object = { training }) =>
  onAws(
    { images: { repositories: ["churn-training"] } },
    { mlflow: {}, models: { churn: { from: "models:/churn@champion", ...model } }, delivery: { source, ...delivery } },
  );

/** A stack whose models are all trained by one image, with the repositories of some. */
const sharing = (repositories: object, models = ["churn", "upsell"], more: object = {}) =>
  onAws(
    { images: { repositories: ["shared-training"] } },
    {
      mlflow: {},
      models: Object.fromEntries(
        models.map((model) => [
          model,
          { from: `models:/${model}@champion`, training: { image: "shared-training", ...more } },
        ]),
      ),
      delivery: { source, models: repositories },
    },
  );

/** What is refused: where, and what is said of it. */
const refused: [what: string, raw: object, path: string, says: RegExp][] = [
  [
    "a repository of GitHub with groups",
    delivering({ source: { ...source, repository: "a/b/c" } }),
    "delivery.source.repository",
    /write repository: b\/c/,
  ],
  [
    "numbers on an enterprise server",
    delivering({ source: { ...source, host: "git.example.com", ids: { owner: "1", repository: "2" } } }),
    "delivery.source.ids",
    /leave ids out/,
  ],
  [
    "numbers of a model's repository on GitLab",
    delivering({ source: gitlab, models: { churn: { ...churn, ids: { owner: "1", repository: "2" } } } }),
    "delivery.models.churn.ids",
    /only on github\.com/,
  ],
  [
    "a branch with a wildcard",
    delivering({ source: { ...source, branch: "release/*" } }),
    "delivery.source.branch",
    /wildcards/,
  ],
  [
    "a host with its scheme",
    delivering({ source: { ...source, host: "https://git.example.com" } }),
    "delivery.source.host",
    /without scheme/,
  ],
  [
    "approvers on a branch of GitLab that anybody merges to",
    delivering({ source: gitlab, environments: { dev: {}, prod: { approvers: ["leads"] } } }),
    "delivery.environments.prod.branch",
    /write branch: prod/,
  ],
  ["a model that is not there", delivering({ models: { chrun: churn } }), "delivery.models.chrun", /write churn/],
  [
    "the platform's repository as that of a model",
    delivering({ models: { churn: { repository: "Example-Company/ml" } } }),
    "delivery.models.churn.repository",
    /another repository/,
  ],
  [
    "a model that is trained by an image of the platform",
    delivering({ models: { churn } }, { training: { image: "training" } }),
    "delivery.models.churn",
    /add churn-training to foundation\.images\.repositories/,
  ],
  ["a model that is not trained", delivering({ models: { churn } }, {}), "delivery.models.churn", /training\.image/],
  [
    "two repositories that push one image, of which each would run code as the other's model",
    sharing({ churn: { repository: "x/churn" }, upsell: { repository: "x/upsell" } }),
    "delivery.models.upsell.repository",
    /shared-training runs code as churn too add an image of its own, such as upsell-training/,
  ],
  [
    "two branches that push one image",
    sharing({ churn, upsell: { ...churn, branch: "trunk" } }),
    "delivery.models.upsell.repository",
    /as churn too/,
  ],
  [
    "a repository that pushes the image of a model that nobody gave it",
    sharing({ churn }),
    "delivery.models.churn.repository",
    /as upsell too .* for upsell: \{ repository: example-company\/churn, branch: main \}/,
  ],
  [
    "CodePipeline for a model that is not trained",
    onAws(
      { images: { repositories: ["churn-serving"] } },
      {
        mlflow: {},
        models: { churn: { from: "models:/churn@champion" } },
        delivery: { source, models: { churn }, codePipeline: { enabled: true } },
      },
    ),
    "models.churn.training",
    /give the model a training block/,
  ],
  [
    "CodePipeline without a repository to build",
    delivering({ codePipeline: { enabled: true } }),
    "delivery.codePipeline.enabled",
    /add the model's repository/,
  ],
  [
    "CodePipeline of a server of one's own without a connection",
    delivering({
      source: { ...source, host: "git.example.com" },
      models: { churn },
      codePipeline: { enabled: true },
    }),
    "delivery.codePipeline.connectionArn",
    /in the console/,
  ],
  [
    "CodePipeline for a version that goes live by itself",
    delivering(
      { models: { churn }, codePipeline: { enabled: true } },
      { training: { ...training, approve: "automatic" } },
    ),
    "models.churn.training.approve",
    /write approve: manual/,
  ],
  [
    "scoring by CodePipeline where nothing scores",
    delivering({ models: { churn: { ...churn, score: true } }, codePipeline: { enabled: true } }),
    "delivery.models.churn.score",
    /write score: false/,
  ],
  [
    "CodePipeline on a cluster that is not AWS",
    { ...minimalExisting(), delivery: { source, codePipeline: { enabled: true }, models: {} } },
    "delivery.codePipeline.enabled",
    /only on foundation\.kind: aws/,
  ],
];

describe("the settings of delivery", () => {
  for (const [what, raw, path, says] of refused) {
    it(`refuse ${what}`, () => {
      const problem = problemsOf(raw).find((each) => each.path === path);
      expect(problem, JSON.stringify(problemsOf(raw))).not.to.equal(undefined);
      expect(`${problem!.allowed} ${problem!.remedy}`).to.match(says);
    });
  }

  it("refuse two repositories that share an image once, and take one repository for both models", () => {
    expect(theProblemOf(sharing({ churn: { repository: "x/churn" }, upsell: { repository: "x/upsell" } }))).to.include({
      path: "delivery.models.upsell.repository",
      value: '"x/upsell"',
    });
    const one = { churn: { repository: "x/ml-models" }, upsell: { repository: "X/ml-models" } };
    expect(problemsOf(sharing(one))).to.deep.equal([]);
  });

  it("refuse an image that is shared as that which prepares the data", () => {
    const prepare = { with: "container", image: "shared-training:1" };
    const raw = sharing({ churn: { repository: "x/churn" }, upsell: { repository: "x/upsell" } }, undefined, {
      image: "training",
      prepare,
    });
    expect(theProblemOf(raw).path).to.equal("delivery.models.upsell.repository");
  });

  it("take a repository that builds only what serves, or what prepares the data, beside an image of the platform", () => {
    const only = (repository: string, model: object) =>
      onAws(
        { images: { repositories: [repository] } },
        {
          mlflow: {},
          models: { churn: { from: "models:/churn@champion", ...model } },
          delivery: { source, models: { churn } },
        },
      );
    const byPlatform = { image: "training" };
    const own = { with: "container", image: "churn-prepare:1" };
    const taken: [raw: object, images: object][] = [
      [only("churn-serving", { training: byPlatform }), { serving: "churn-serving" }],
      [only("churn-serving", {}), { serving: "churn-serving" }],
      [only("churn-prepare", { training: { ...byPlatform, prepare: own } }), { prepare: "churn-prepare" }],
    ];
    for (const [raw, images] of taken) {
      expect(problemsOf(raw)).to.deep.equal([]);
      expect(imagesOfModel(parseSettings(raw), "churn")).to.deep.equal(images);
    }
  });

  it("give no repository an image that the platform builds, wherever it is named", () => {
    const settings = parseSettings(delivering({ models: { churn } }));
    const foundation = settings.foundation as Extract<typeof settings.foundation, { kind: "aws" }>;
    const given = { ...foundation, images: { ...foundation.images, repositories: ["churn-training", ...ownImages] } };
    expect(imagesOfModel({ ...settings, foundation: given }, "churn")).to.deep.equal({ training: "churn-training" });
    const training = { ...settings.models!.churn!.training!, image: "training" };
    const models = { churn: { ...settings.models!.churn!, training } };
    expect(imagesOfModel({ models, foundation: given }, "churn")).to.deep.equal({});
  });

  it("refuse CodePipeline for a DAG, which it cannot start, by this one reason", () => {
    const raw = {
      ...delivering(
        { models: { churn }, codePipeline: { enabled: true } },
        { training: { engine: "airflow", image: "churn-training:1" } },
      ),
      airflow: {},
    };
    expect(theProblemOf(raw)).to.include({ path: "models.churn.training.engine", value: '"airflow"' });
  });

  it("are, where only the source is said, of its main branch, of this stack, and without CodePipeline", () => {
    expect(parseSettings(delivering({})).delivery).to.deep.equal({
      source: { ...source, host: "github.com", branch: "main" },
      models: {},
      environments: {},
      codePipeline: { enabled: false, approval: true },
    });
  });

  it("take repositories of models, environments in their order, and a branch of GitLab for what is approved", () => {
    const { delivery } = parseSettings(
      delivering({
        source: { ...gitlab, host: "git.example.com" },
        models: { churn: { repository: "group/churn", branch: "trunk" } },
        environments: { dev: {}, prod: { branch: "production", approvers: ["leads"] } },
        codePipeline: { enabled: true, approval: false, connectionArn },
      }),
    );
    expect(delivery).to.deep.equal({
      source: { ...gitlab, host: "git.example.com", branch: "main" },
      models: { churn: { repository: "group/churn", branch: "trunk", score: false } },
      environments: { dev: { approvers: [] }, prod: { branch: "production", approvers: ["leads"] } },
      codePipeline: { enabled: true, approval: false, connectionArn },
    });
  });

  it("take what a cluster that is not AWS needs: workflows, and no CodePipeline", () => {
    expect(problemsOf({ ...minimalExisting(), delivery: { source: gitlab } })).to.deep.equal([]);
  });
});
