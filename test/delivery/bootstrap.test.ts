import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { Bootstrap, type BootstrapArgs } from "../../bootstrap/bootstrap";
import { instructions } from "../../bootstrap/instructions";
import { bootstrapNames, longestEnvironment, madeRoles } from "../../bootstrap/names";
import { refuseOthers } from "../../bootstrap/refuseOthers";
import { bootstrapProblems } from "../../bootstrap/settingsProblems";
import { tokenIssuer } from "../../components/delivery/tokens";
import { delivery as schema } from "../../components/settings/delivery";
import { parseSettings } from "../../components/settings/parse";
import { deliveredProject } from "../../delivery/stacks";
import { projectDir } from "../../simulator/project";
import { building } from "../support/foundation";
import { dependencies, inputs, outline, statements } from "../support/outline";
import { type Registration, record } from "../support/record";
import { givenFor } from "../support/tokens";

const account = { accountId: "000000000000", region: "eu-west-1", partition: "aws" };
const github = { provider: "github", repository: "example/ml" };
const gitlab = { provider: "gitlab", host: "git.example.com", repository: "group/ml" };
const environments = { dev: {}, prod: { approvers: ["leads"] } };

function make(source: object = github, over: Partial<BootstrapArgs> = {}, stacks: object = environments) {
  const delivery = schema.parse({ source, environments: stacks });
  const issuer = tokenIssuer(delivery.source);
  const arn = `arn:aws:iam::000000000000:oidc-provider/${issuer.issuer}`;
  return building(() => {
    new Bootstrap("mlplatform", {
      ...{ delivery, account, environment: "prod", named: { storedSecrets: [], buckets: [], offers: [] } },
      provider: { ...issuer, arn, exists: false, adopted: false },
      ...over,
    });
  });
}

describe("what pipelines need in an account", () => {
  it("is a bucket and keys that stay, trust in the host, and a role for each job", async () => {
    const made = outline(await make()).filter((line) => !/RolePolicyAttachment|iam\.Policy /.test(line));
    expect(made).to.deep.equal([
      "Bootstrap mlplatform",
      "  Bucket mlplatform-state",
      "    s3.Bucket mlplatform-state (protected, retained)",
      ...[
        ...["BucketLifecycleConfiguration", "BucketOwnershipControls", "BucketPolicy", "BucketPublicAccessBlock"],
        ...["BucketServerSideEncryptionConfiguration", "BucketVersioning"],
      ].map((part) => `    s3.${part} mlplatform-state`),
      ...["secrets", "state"].flatMap((key) => [
        `  Key mlplatform-${key}`,
        `    kms.Alias mlplatform-${key}`,
        `    kms.Key mlplatform-${key} (protected, retained)`,
      ]),
      "  TokenProvider mlplatform-tokens",
      "    iam.OpenIdConnectProvider mlplatform-tokens (retained)",
      ...["deploy", "drift", "preview"].flatMap((role) => [
        `  TokenRole mlplatform-${role}`,
        `    iam.Role mlplatform-${role}`,
        `    iam.RolePolicy mlplatform-${role}`,
      ]),
    ]);
  });

  it("keeps the state closed, encrypted by a key of its own, and each version of it for a year", async () => {
    const made = await make();
    expect(inputs(made, "s3.Bucket mlplatform-state")).to.deep.equal({
      bucket: "pulumi-mlplatform-prod-000000000000",
      forceDestroy: false,
    });
    expect(inputs(made, "s3.BucketVersioning mlplatform-state").versioningConfiguration).to.deep.equal({
      status: "Enabled",
    });
    expect(dependencies(made, "s3.BucketServerSideEncryptionConfiguration mlplatform-state")).to.include(
      "kms.Key mlplatform-state",
    );
    const { rules } = inputs(made, "s3.BucketLifecycleConfiguration mlplatform-state") as { rules: object[] };
    expect(rules[0]).to.deep.include({ noncurrentVersionExpiration: { noncurrentDays: 365 } });
    expect(statements(made, "s3.BucketPolicy mlplatform-state").map(({ Sid }) => Sid)).to.deep.equal(["DenyPlainHttp"]);
  });

  it("adds policies to the roles that need more than their own: none to that of previews, no writing one to that of drift", async () => {
    const made = await make();
    const attached = made.flatMap(({ type, name }) => (type.endsWith(":RolePolicyAttachment") ? [name] : []));
    const groups = ["ground", "data", "models", "runs"];
    expect(attached).to.have.members([
      ...groups.flatMap((group) => [`mlplatform-deploy-${group}-reads`, `mlplatform-deploy-${group}-writes`]),
      ...groups.map((group) => `mlplatform-drift-${group}-reads`),
    ]);
  });

  it("uses the trust that the account has", async () => {
    const issuer = tokenIssuer(schema.parse({ source: github }).source);
    const arn = `arn:aws:iam::000000000000:oidc-provider/${issuer.issuer}`;
    const made = await make(github, { provider: { ...issuer, arn, exists: true, adopted: true } });
    expect(outline(made).join()).to.not.contain("OpenIdConnectProvider");
    expect(statements(made, "iam.Role mlplatform-deploy", "assumeRolePolicy")[0]!.Principal).to.deep.equal({
      Federated: [arn],
    });
  });

  it("calls its roles as the workflows that npm run delivery writes do", () => {
    const { stacks } = deliveredProject(projectDir, "prod");
    for (const { stack, roles } of stacks) {
      const { images: _, ...others } = roles;
      expect(bootstrapNames("mlplatform", stack, account.accountId).roles).to.deep.equal(others);
    }
  });
});

describe("roles of the platform's repository, made", () => {
  /** Roles that a token gets. */
  const got = (made: Registration[], source: object, subject: string, over: object = {}) =>
    madeRoles.filter((role) =>
      givenFor(String(inputs(made, `iam.Role mlplatform-${role}`).assumeRolePolicy), {
        ...tokenIssuer(schema.parse({ source }).source),
        ...{ subject, ...over },
      }),
    );

  it("of GitHub are for the repository, its branch and its environment", async () => {
    const made = await make();
    const table: [subject: string, roles: string[]][] = [
      ["repo:example/ml:pull_request", ["preview"]],
      ["repo:example/ml:environment:prod", ["deploy"]],
      ["repo:example/ml:ref:refs/heads/main", ["drift"]],
      ["repo:example/ml:ref:refs/heads/feature", []],
      ["repo:example/ml:ref:refs/tags/main", []],
      ["repo:example/ml:environment:staging", []],
      ["repo:example/other:environment:prod", []],
      ["repo:somebody/ml:pull_request", []],
      ["repo:somebody/ml:environment:prod", []],
    ];
    for (const [subject, roles] of table) expect(got(made, github, subject), subject).to.deep.equal(roles);
    const audience = { audience: "https://github.com/example" };
    expect(got(made, github, "repo:example/ml:environment:prod", audience)).to.deep.equal([]);
    const issuer = { issuer: "token.example.com" };
    expect(got(made, github, "repo:example/ml:environment:prod", issuer)).to.deep.equal([]);
  });

  it("of a GitLab of one's own are for the project and its branches", async () => {
    const stacks = { dev: {}, prod: { branch: "production", approvers: ["leads"] } };
    const made = await make(gitlab, {}, stacks);
    expect(inputs(made, "iam.OpenIdConnectProvider mlplatform-tokens")).to.deep.equal({
      url: "https://git.example.com",
      clientIdLists: ["https://git.example.com"],
    });
    const table: [subject: string, roles: string[]][] = [
      ["project_path:group/ml:ref_type:branch:ref:production", ["preview", "deploy"]],
      ["project_path:group/ml:ref_type:branch:ref:main", ["preview", "drift"]],
      ["project_path:group/ml:ref_type:branch:ref:feature", ["preview"]],
      ["project_path:group/ml:ref_type:tag:ref:production", []],
      ["project_path:somebody/ml:ref_type:branch:ref:production", []],
      ["project_path:group/ml/below:ref_type:branch:ref:production", []],
    ];
    for (const [subject, roles] of table) expect(got(made, gitlab, subject), subject).to.deep.equal(roles);
    const elsewhere = { issuer: "gitlab.com", audience: "https://gitlab.com" };
    expect(got(made, gitlab, table[0]![0], elsewhere)).to.deep.equal([]);
  });
});

describe("stacks for which nothing can be made", () => {
  const foundation = { kind: "aws", region: "eu-west-1", accountId: "000000000000" };
  const problems = (sections: Record<string, unknown>, stack = "prod") =>
    bootstrapProblems(parseSettings(sections, { stackName: stack }), "mlplatform", stack).map(({ path }) => path);

  it("are told of all that is missing at once", () => {
    const { accountId: _, ...without } = foundation;
    const assumeRoleArn = "arn:aws:iam::000000000000:role/deployer";
    expect(problems({ foundation: { ...without, assumeRoleArn } })).to.deep.equal([
      "delivery",
      "foundation.accountId",
      "foundation.assumeRoleArn",
    ]);
    expect(
      problems({ foundation: { kind: "existing", context: "kind-ml" }, delivery: { source: github } }),
    ).to.deep.equal(["foundation.kind"]);
    expect(problems({ foundation, delivery: { source: github } })).to.deep.equal([]);
  });

  it("are those whose bucket would have too long a name", () => {
    const longest = longestEnvironment("mlplatform");
    const delivery = { source: github };
    expect(problems({ foundation, delivery }, "s".repeat(longest))).to.deep.equal([]);
    expect(problems({ foundation, delivery }, "s".repeat(longest + 1))).to.deep.equal(["(stack name)"]);
    expect(bootstrapNames("mlplatform", "s".repeat(longest), "0".repeat(12)).stateBucket).to.have.length(63);
  });
});

describe("roles that are there already", () => {
  const roles = {
    "mlplatform-prod-deploy": { "mlplatform/stack": "mlplatform-prod/bootstrap" },
    "mlplatform-prod-drift": {},
  };
  const look = (tags: Record<string, object>, names: string[]) =>
    record(
      async () => {
        const provider = new aws.Provider("aws", { region: "eu-west-1" });
        await refuseOthers(names, "mlplatform-prod/bootstrap", { provider });
      },
      {
        calls: {
          "aws:iam/getRoles:getRoles": () => ({ names: Object.keys(tags) }),
          "aws:iam/getRole:getRole": ({ name }) => ({ name, tags: tags[String(name)] }),
        },
      },
    ).then(
      () => "taken",
      (error: Error) => error.message,
    );

  it("are taken where an earlier run made them, and refused by name where somebody else did", async () => {
    expect(await look(roles, ["mlplatform-prod-deploy", "mlplatform-prod-preview"])).to.equal("taken");
    expect(await look(roles, ["mlplatform-prod-deploy", "mlplatform-prod-drift"]))
      .to.match(/aws iam delete-role --role-name mlplatform-prod-drift/)
      .and.to.not.match(/mlplatform-prod-deploy/);
  });
});

describe("what a person has to set in the git host", () => {
  const told = (delivery: object) =>
    instructions(
      parseSettings(
        { foundation: { kind: "aws", region: "eu-west-1", accountId: "000000000000" }, delivery },
        { stackName: "prod" },
      ),
      "prod",
    );

  it("is an environment with its reviewers on GitHub, and the state's place", () => {
    expect(told({ source: github, environments })).to.include(
      [
        "In github.com/example/ml, Settings, Environments: an environment prod with",
        "  required reviewers   leads",
        "  deployment branches  main, and no other",
      ].join("\n"),
    );
    expect(told({ source: github, environments }))
      .to.include("export PULUMI_BACKEND_URL='s3://pulumi-mlplatform-prod-000000000000?region=eu-west-1'")
      .and.to.include(
        "npx pulumi stack init prod --secrets-provider='awskms://alias/mlplatform-secrets-prod?region=eu-west-1'",
      );
  });

  it("is who sees the cluster, and a first update by hand, which makes what pipelines push to", () => {
    const role = (name: string) => `"arn:aws:iam::000000000000:role/mlplatform-prod-${name}"`;
    expect(told({ source: github })).to.include(
      [
        `  admins: [${role("deploy")}]`,
        `  viewers: [${role("preview")}, ${role("drift")}]`,
        "",
        "The first update is yours: it makes the registry, and the roles that push images to it.",
        "  npx pulumi up --stack prod",
      ].join("\n"),
    );
  });

  it("is the branch where nobody approves", () => {
    expect(told({ source: github }))
      .to.include("a rule for the branch main")
      .and.to.not.include("Environments");
  });

  it("is a protected branch and a schedule on GitLab", () => {
    const stacks = { prod: { branch: "production", approvers: ["leads"] } };
    expect(told({ source: gitlab, environments: stacks }))
      .to.include("In git.example.com/group/ml, Settings, Repository: the protected branch production")
      .and.to.include("only leads may merge")
      .and.to.include("Pipeline schedules: one a night on main");
  });
});
