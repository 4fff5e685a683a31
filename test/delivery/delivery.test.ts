import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { Delivery, type DeliveryArgs } from "../../components/delivery/delivery";
import { type FoundTokenProvider, lookAtTokenProvider } from "../../components/delivery/tokenProvider";
import { pushImages, startRuns } from "../../components/identity/policies/delivery";
import type { PolicyStatement } from "../../components/lib/statements";
import { delivery as schema } from "../../components/settings/delivery";
import { SettingsProblems } from "../../components/settings/problems";
import { refused } from "../support/awsAnswers";
import { building, value } from "../support/foundation";
import { dependencies, inputs, outline, statements } from "../support/outline";
import { allowed } from "../support/policyEvaluator";
import { record } from "../support/record";

const account = { accountId: "000000000000", region: "eu-west-1", partition: "aws" };
const issuer = "token.actions.githubusercontent.com";
const found: FoundTokenProvider = {
  arn: `arn:aws:iam::000000000000:oidc-provider/${issuer}`,
  issuer,
  audience: "sts.amazonaws.com",
  exists: false,
  adopted: false,
};
const settings = schema.parse({
  source: { provider: "github", repository: "example/ml" },
  models: Object.fromEntries(
    ["churn", "plain", "images", "tokens"].map((model) => [model, { repository: `example/${model}` }]),
  ),
});
const built: DeliveryArgs["models"] = {
  churn: { images: ["churn-training"], starts: true },
  plain: { images: ["plain-training"], starts: false },
};
const make = (over: Partial<FoundTokenProvider> = {}, models = built) =>
  new Delivery("d", {
    settings,
    account,
    stack: "mlplatform-test",
    environment: "test",
    provider: { ...found, ...over },
    platformImages: ["training", "release"],
    baseImages: ["training"],
    models,
  });

describe("what a git host may do with a stack", () => {
  it("is a trust in the host, and a role for each repository", async () => {
    expect(outline(await building(() => make()))).to.deep.equal([
      "Delivery d",
      "  TokenProvider d-tokens",
      "    iam.OpenIdConnectProvider d-tokens (retained)",
      "  TokenRole d-churn",
      "    iam.Role d-churn",
      "    iam.RolePolicy d-churn",
      "  TokenRole d-plain",
      "    iam.Role d-plain",
      "    iam.RolePolicy d-plain",
      "  TokenRole d.images",
      "    iam.Role d.images",
      "    iam.RolePolicy d.images",
    ]);
  });

  it("keeps the platform's role apart from that of a model, whatever the model is called", async () => {
    const models = Object.fromEntries(["images", "tokens"].map((model) => [model, { images: [], starts: false }]));
    const made = await building(() => make({}, models));
    const called = outline(made).map((line) => line.trim());
    expect(called.filter((each, at) => called.indexOf(each) !== at)).to.deep.equal([]);
    const names = made.flatMap(({ type, inputs: given }) => (type === "aws:iam/role:Role" ? [given.name] : []));
    expect(names).to.have.members(["images", "images-code", "tokens-code"].map((name) => `mlplatform-test-${name}`));
  });

  it("takes the trust that the account has, of which there is one for each host", async () => {
    const made = await building(() => make({ adopted: true }));
    expect(outline(made).join()).to.not.contain("OpenIdConnectProvider");
    expect(statements(made, "iam.Role d.images", "assumeRolePolicy")).to.deep.equal([
      {
        Effect: "Allow",
        Principal: { Federated: [found.arn] },
        Action: ["sts:AssumeRoleWithWebIdentity"],
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: "sts.amazonaws.com",
            [`${issuer}:sub`]: ["repo:example/ml:ref:refs/heads/main"],
          },
        },
      },
    ]);
  });

  it("has no thumbprints and no other audience than AWS, and comes before the roles that name it", async () => {
    const made = await building(() => make());
    expect(inputs(made, "iam.OpenIdConnectProvider d-tokens")).to.deep.equal({
      url: `https://${issuer}`,
      clientIdLists: ["sts.amazonaws.com"],
    });
    expect(dependencies(made, "iam.Role d-churn")).to.include("iam.OpenIdConnectProvider d-tokens");
  });

  it("names its roles beforehand, and lets them last as long as a build", async () => {
    const made = await building(() => make());
    const { assumeRolePolicy: _, ...role } = inputs(made, "iam.Role d-churn");
    expect(role).to.deep.equal({
      name: "mlplatform-test-churn-code",
      description: "Pushes the images of churn and starts its training for mlplatform-test",
      maxSessionDuration: 7200,
    });
    const outputs = await building(async () => {
      const delivery = make();
      expect(Object.keys(delivery.outputs)).to.deep.equal(["imagesRole", "modelRoles"]);
      expect(await value(delivery.outputs.imagesRole as aws.iam.Role["arn"])).to.match(/d\.images$/);
    });
    expect(outputs.length).to.be.above(5);
  });
});

describe("permissions of a repository", () => {
  const own = "arn:aws:ecr:eu-west-1:000000000000:repository/mlplatform/test/churn-training";
  const others = [
    "arn:aws:ecr:eu-west-1:000000000000:repository/mlplatform/test/training",
    "arn:aws:ecr:eu-west-1:000000000000:repository/mlplatform/prod/churn-training",
    "arn:aws:ecr:eu-west-1:000000000000:repository/mlplatform/test/churn-training-2",
  ];
  const machine = "mlplatform-test-churn-training";
  const granted: PolicyStatement[] = [...pushImages([own]), ...startRuns(account, [machine])];
  const may = (action: string, resource: string) => allowed(granted, { action, resource });
  const states = (resource: string) => `arn:aws:states:eu-west-1:000000000000:${resource}`;

  it("push to its own images and to no others", () => {
    for (const action of [
      "InitiateLayerUpload",
      "UploadLayerPart",
      "CompleteLayerUpload",
      "PutImage",
      "DescribeImages",
    ]) {
      expect(may(`ecr:${action}`, own), action).to.equal(true);
      for (const other of others) expect(may(`ecr:${action}`, other), `${action} ${other}`).to.equal(false);
    }
  });

  it("delete no image, and change no repository", () => {
    for (const action of ["BatchDeleteImage", "DeleteRepository", "SetRepositoryPolicy", "PutImageTagMutability"]) {
      expect(may(`ecr:${action}`, own), action).to.equal(false);
    }
  });

  it("start its own training, and neither stop it nor change its machine", () => {
    expect(may("states:StartExecution", states(`stateMachine:${machine}`))).to.equal(true);
    expect(may("states:DescribeExecution", states(`execution:${machine}:run-1`))).to.equal(true);
    for (const other of ["mlplatform-test-fraud-training", "mlplatform-prod-churn-training", `${machine}-2`]) {
      expect(may("states:StartExecution", states(`stateMachine:${other}`)), other).to.equal(false);
    }
    expect(may("states:StopExecution", states(`execution:${machine}:run-1`))).to.equal(false);
    expect(may("states:UpdateStateMachine", states(`stateMachine:${machine}`))).to.equal(false);
  });
});

describe("the account's trust in a host, looked at", () => {
  const look = async (answer: () => Record<string, unknown>) => {
    let result: FoundTokenProvider | undefined;
    await record(
      async () => {
        const provider = new aws.Provider("aws", { region: "eu-west-1" });
        result = await lookAtTokenProvider(settings.source, account, "mlplatform-test", { provider });
      },
      { calls: { "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": answer } },
    );
    return result;
  };
  const has = (over: object) => () => ({ clientIdLists: ["sts.amazonaws.com"], tags: {}, ...over });
  const fails = async (answer: () => Record<string, unknown>) => {
    try {
      await look(answer);
    } catch (error) {
      expect(error).to.be.instanceOf(SettingsProblems);
      return (error as SettingsProblems).message;
    }
    throw new Error("it was taken");
  };

  it("is made where there is none, and goes on being the stack's that has made it", async () => {
    const absent = () => {
      throw refused("NoSuchEntity: OpenIDConnect Provider not found for arn x");
    };
    expect(await look(absent)).to.deep.equal(found);
    const own = has({ tags: { "mlplatform/stack": "mlplatform-test" } });
    expect(await look(own)).to.deep.equal({ ...found, exists: true });
  });

  it("is adopted where another stack or somebody else made it", async () => {
    expect(await look(has({ tags: { "mlplatform/stack": "mlplatform-prod" } }))).to.include({
      exists: true,
      adopted: true,
    });
    expect(await look(has({}))).to.include({ exists: true, adopted: true });
  });

  it("is refused where it takes no tokens for AWS, with the command that mends it", async () => {
    for (const tags of [{}, { "mlplatform/stack": "mlplatform-test" }]) {
      expect(await fails(has({ clientIdLists: ["other"], tags }))).to.match(
        /add-client-id-to-open-id-connect-provider .* --client-id sts\.amazonaws\.com/,
      );
    }
  });

  it("is not taken for absent where it may not be looked at", async () => {
    const denied = () => {
      throw refused("AccessDenied: not authorized to perform iam:GetOpenIDConnectProvider");
    };
    expect(await fails(denied)).to.match(/Allow iam:GetOpenIDConnectProvider/);
  });
});
