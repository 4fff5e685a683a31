import { expect } from "chai";
import {
  type DeliveryRole,
  deliveryRoleName,
  modelRoleName,
  trusted,
  trustedOfModel,
} from "../../components/delivery/roles";
import { tokenIssuer } from "../../components/delivery/tokens";
import { trustTokens } from "../../components/lib/statements";
import { type DeliverySettings, delivery as schema } from "../../components/settings/delivery";
import { givenFor } from "../support/tokens";

const roles: DeliveryRole[] = ["preview", "deploy", "drift", "images"];
const prod = { dev: {}, prod: { approvers: ["leads"] } };

function trustOf(settings: DeliverySettings, role: DeliveryRole | "churn", stack: string): string {
  const issuer = tokenIssuer(settings.source);
  const arn = `arn:aws:iam::000000000000:oidc-provider/${issuer.issuer}`;
  return trustTokens(
    { arn, ...issuer },
    role === "churn" ? trustedOfModel(settings, "churn") : trusted(settings, stack, role),
  );
}

/** Roles that a token gets of one stack, in the order of their names above. */
function got(settings: DeliverySettings, stack: string, subject: string, over: object = {}): string[] {
  const token = { ...tokenIssuer(settings.source), subject, ...over };
  const all = [...roles, ...(settings.models.churn ? ["churn" as const] : [])];
  return all.filter((role) => givenFor(trustOf(settings, role, stack), token));
}

describe("roles for tokens of GitHub", () => {
  const settings = schema.parse({
    source: { provider: "github", repository: "example/ml" },
    models: { churn: { repository: "example/churn", branch: "trunk" } },
    environments: prod,
  });
  const table: [who: string, subject: string, dev: string[], prod: string[]][] = [
    ["a commit on main", "repo:example/ml:ref:refs/heads/main", ["deploy", "drift", "images"], ["drift", "images"]],
    ["an approved job for prod", "repo:example/ml:environment:prod", [], ["deploy"]],
    ["a job for dev, which is trusted by its branch", "repo:example/ml:environment:dev", [], []],
    ["a pull request", "repo:example/ml:pull_request", ["preview"], ["preview"]],
    ["another branch", "repo:example/ml:ref:refs/heads/feature", [], []],
    ["a branch that begins alike", "repo:example/ml:ref:refs/heads/main-2", [], []],
    ["a tag called main", "repo:example/ml:ref:refs/tags/main", [], []],
    ["another environment", "repo:example/ml:environment:staging", [], []],
    ["a fork's branch", "repo:somebody/ml:ref:refs/heads/main", [], []],
    ["a fork's pull request", "repo:somebody/ml:pull_request", [], []],
    ["a fork's environment", "repo:somebody/ml:environment:prod", [], []],
    ["another repository", "repo:example/other:ref:refs/heads/main", [], []],
    ["a repository that begins alike", "repo:example/ml-2:ref:refs/heads/main", [], []],
    ["a repository with numbers, of which the settings know none", "repo:example@1/ml@2:ref:refs/heads/main", [], []],
    ["the model's repository", "repo:example/churn:ref:refs/heads/trunk", ["churn"], ["churn"]],
    ["another branch of it", "repo:example/churn:ref:refs/heads/main", [], []],
    ["its pull request", "repo:example/churn:pull_request", [], []],
    ["a job of it that claims prod", "repo:example/churn:environment:prod", [], []],
  ];
  for (const [who, subject, ofDev, ofProd] of table) {
    it(`${who} gets of dev ${ofDev.join(", ") || "nothing"}, of prod ${ofProd.join(", ") || "nothing"}`, () => {
      expect([got(settings, "dev", subject), got(settings, "prod", subject)]).to.deep.equal([ofDev, ofProd]);
    });
  }

  it("a token for another audience gets nothing, and so does one that somebody else signed", () => {
    const subject = "repo:example/ml:ref:refs/heads/main";
    expect(got(settings, "dev", subject, { audience: "https://github.com/example" })).to.deep.equal([]);
    expect(got(settings, "dev", subject, { issuer: "token.example.com" })).to.deep.equal([]);
  });

  it("with numbers, exactly the repository that has them is trusted", () => {
    const numbered = schema.parse({
      source: { provider: "github", repository: "example/ml", ids: { owner: "11", repository: "22" } },
    });
    const of = (repository: string) => got(numbered, "dev", `repo:${repository}:ref:refs/heads/main`);
    expect(of("example@11/ml@22")).to.deep.equal(["deploy", "drift", "images"]);
    for (const other of ["example/ml", "example@11/ml@23", "example@12/ml@22", "example@1/ml@22", "example/ml@22"]) {
      expect(of(other), other).to.deep.equal([]);
    }
  });

  it("of an enterprise server its own issuer is trusted, and not github.com", () => {
    const own = schema.parse({ source: { provider: "github", host: "git.example.com", repository: "example/ml" } });
    const subject = "repo:example/ml:pull_request";
    expect(tokenIssuer(own.source).issuer).to.equal("git.example.com/_services/token");
    expect(got(own, "dev", subject)).to.deep.equal(["preview"]);
    expect(got(own, "dev", subject, { issuer: "token.actions.githubusercontent.com" })).to.deep.equal([]);
  });
});

describe("roles for tokens of GitLab", () => {
  const settings = schema.parse({
    source: { provider: "gitlab", host: "git.example.com", repository: "group/sub/ml" },
    models: { churn: { repository: "group/churn" } },
    environments: { dev: {}, prod: { branch: "production", approvers: ["leads"] } },
  });
  const branch = (project: string, ref: string, type = "branch") =>
    `project_path:${project}:ref_type:${type}:ref:${ref}`;
  const table: [who: string, subject: string, dev: string[], prod: string[]][] = [
    [
      "a commit on main",
      branch("group/sub/ml", "main"),
      ["preview", "deploy", "drift", "images"],
      ["preview", "drift"],
    ],
    [
      "a commit on the branch of prod",
      branch("group/sub/ml", "production"),
      ["preview"],
      ["preview", "deploy", "images"],
    ],
    ["a merge request, by its branch", branch("group/sub/ml", "feature"), ["preview"], ["preview"]],
    ["a tag", branch("group/sub/ml", "main", "tag"), [], []],
    ["a fork's merge request", branch("somebody/ml", "main"), [], []],
    ["a project of a group below", branch("group/sub/ml/more", "main"), [], []],
    ["the model's repository", branch("group/churn", "main"), ["churn"], ["churn"]],
    ["another branch of it", branch("group/churn", "feature"), [], []],
  ];
  for (const [who, subject, ofDev, ofProd] of table) {
    it(`${who} gets of dev ${ofDev.join(", ") || "nothing"}, of prod ${ofProd.join(", ") || "nothing"}`, () => {
      expect([got(settings, "dev", subject), got(settings, "prod", subject)]).to.deep.equal([ofDev, ofProd]);
    });
  }
});

describe("names of roles", () => {
  it("are known beforehand, and stay apart where they have to be cut", () => {
    expect(roles.map((role) => deliveryRoleName("mlplatform-dev", role))).to.deep.equal([
      "mlplatform-dev-preview",
      "mlplatform-dev-deploy",
      "mlplatform-dev-drift",
      "mlplatform-dev-images",
    ]);
    expect(modelRoleName("mlplatform-dev", "churn")).to.equal("mlplatform-dev-churn-code");
    const long = `mlplatform-${"s".repeat(52)}`;
    const names = [
      ...roles.map((role) => deliveryRoleName(long, role)),
      modelRoleName(long, "a"),
      modelRoleName(long, "b"),
    ];
    expect(new Set(names).size).to.equal(names.length);
    for (const name of names) expect(name.length).to.be.at.most(64);
  });
});
