import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { parse } from "yaml";
import { buildspec } from "../../components/delivery/codepipeline/buildspecs";
import { CodePipelines, type PipelineOfModel } from "../../components/delivery/codepipeline/codePipelines";
import { stages } from "../../components/delivery/codepipeline/stages";
import {
  askEndpoint,
  deployByPipeline,
  runPipelineOfModel,
  runProject,
  trainByPipeline,
} from "../../components/identity/policies/delivery";
import { delivery as schema } from "../../components/settings/delivery";
import { building, dropped, keyArn } from "../support/foundation";
import { inputs, outline, statements } from "../support/outline";
import { allowed } from "../support/policyEvaluator";

const account = { accountId: "000000000000", region: "eu-west-1", partition: "aws" };
const stack = "mlplatform-test";
const connectionArn = "arn:aws:codeconnections:eu-west-1:000000000000:connection/00000000-0000-0000-0000-000000000000";
const own: PipelineOfModel = {
  images: { training: "churn-training" },
  imageArns: ["arn:aws:ecr:eu-west-1:000000000000:repository/mlplatform/test/churn-training"],
  endpointName: "mlplatform-test-churn",
  trainingMinutes: 480,
};
const bases = {
  variables: { BASE_TRAINING: "registry/training:1.0.0" },
  arns: ["arn:aws:ecr:eu-west-1:000000000000:repository/mlplatform/test/training"],
};
const make = (codePipeline: object = {}, model: Partial<PipelineOfModel> = {}, repository: object = {}) =>
  building(() => {
    const { endpointName: _, ...plain } = own;
    new CodePipelines("p", {
      settings: schema.parse({
        source: { provider: "github", repository: "example/ml" },
        models: { churn: { repository: "example/churn", ...repository } },
        codePipeline: { enabled: true, ...codePipeline },
      }),
      account,
      stack,
      registry: "000000000000.dkr.ecr.eu-west-1.amazonaws.com/mlplatform/test",
      bases,
      keyArn: output(keyArn),
      protection: dropped,
      logRetentionDays: 90,
      models: { churn: { ...plain, ...model } },
    });
  });
const pipelineOf = async (...given: Parameters<typeof make>) =>
  inputs(await make(...given), "codepipeline.Pipeline p-churn") as {
    stages: { name: string; beforeEntry?: object; actions: { configuration: Record<string, string> }[] }[];
  } & Record<string, unknown>;
const names = async (...given: Parameters<typeof make>) => (await pipelineOf(...given)).stages.map(({ name }) => name);

describe("a model's pipeline of Amazon's", () => {
  it("is a connection, a bucket, and for each stage a project with a role of its own", async () => {
    const made = outline(await make({}, { endpointName: own.endpointName! })).filter((line) => !/s3\./.test(line));
    const project = (stage: string) => [`iam.Role p-churn.${stage}`, `iam.RolePolicy p-churn.${stage}`];
    expect(made.map((line) => line.trim())).to.have.members([
      ...["CodePipelines p", "codeconnections.Connection p", "Bucket p-artifacts", "ModelPipeline p-churn"],
      ...["cloudwatch.LogGroup p-churn", "codepipeline.Pipeline p-churn"],
      ...["iam.Role p-churn", "iam.RolePolicy p-churn"],
      ...["build", "train", "deploy", "smoke"].flatMap((stage) => [
        `codebuild.Project p-churn.${stage}`,
        ...project(stage),
      ]),
    ]);
  });

  it("goes from the source to the smoke test, and scores where that is asked for", async () => {
    expect(await names()).to.deep.equal(["Source", "Build", "Train", "Approve", "Deploy"]);
    expect(await names({}, { endpointName: "e" }, { score: true })).to.deep.equal([
      "Source",
      "Build",
      "Train",
      "Approve",
      "Deploy",
      "Smoke",
      "Score",
    ]);
    expect(await names({ approval: false })).to.deep.equal(["Source", "Build", "Train", "Deploy"]);
  });

  it("is queued, encrypted, and started by commits of the branch that are not for people alone", async () => {
    const { stages: _, ...rest } = await pipelineOf({}, {}, { branch: "trunk" });
    expect(rest).to.deep.equal({
      name: "churn.mlplatform-test",
      roleArn: "arn:aws:fake:eu-west-1:000000000000:aws:iam/role:Role/p-churn",
      pipelineType: "V2",
      executionMode: "QUEUED",
      // The bucket's name is the cloud's.
      artifactStores: [{ type: "S3", encryptionKey: { type: "KMS", id: keyArn } }],
      triggers: [
        {
          providerType: "CodeStarSourceConnection",
          gitConfiguration: {
            sourceActionName: "Source",
            pushes: [{ branches: { includes: ["trunk"] }, filePaths: { excludes: ["docs/**", "**/*.md", "*.md"] } }],
          },
        },
      ],
    });
  });

  it("has exactly these stages", () => {
    const skip = {
      condition: {
        result: "SKIP",
        rules: [
          {
            name: "training-changed",
            ruleTypeId: { category: "Rule", owner: "AWS", provider: "VariableCheck", version: "1" },
            configuration: { Variable: "#{build.TRAIN}", Operator: "EQ", Value: "true" },
          },
        ],
      },
    };
    const build = (name: string, ProjectName: string, variables: Record<string, string>, namespace?: string) => ({
      ...{ name, category: "Build", owner: "AWS", provider: "CodeBuild", version: "1", inputArtifacts: ["source"] },
      configuration: {
        ProjectName,
        ...(Object.keys(variables).length === 0
          ? {}
          : {
              EnvironmentVariables: JSON.stringify(
                Object.entries(variables).map(([key, value]) => ({ name: key, value, type: "PLAINTEXT" })),
              ),
            }),
      },
      ...(namespace === undefined ? {} : { namespace }),
    });
    expect(
      stages({
        ...{ model: "churn", connectionArn, repository: "example/churn", branch: "main", approval: true },
        projects: { build: "b", train: "t", deploy: "d" },
      }),
    ).to.deep.equal([
      {
        name: "Source",
        actions: [
          {
            ...{ name: "Source", category: "Source", owner: "AWS", provider: "CodeStarSourceConnection", version: "1" },
            namespace: "source",
            outputArtifacts: ["source"],
            configuration: {
              ConnectionArn: connectionArn,
              FullRepositoryId: "example/churn",
              BranchName: "main",
              OutputArtifactFormat: "CODEBUILD_CLONE_REF",
              DetectChanges: "false",
            },
          },
        ],
      },
      { name: "Build", actions: [build("Build", "b", {}, "build")] },
      { name: "Train", beforeEntry: skip, actions: [build("Train", "t", { COMMIT: "#{source.CommitId}" }, "train")] },
      {
        name: "Approve",
        beforeEntry: skip,
        actions: [
          {
            ...{ name: "Approve", category: "Approval", owner: "AWS", provider: "Manual", version: "1" },
            configuration: { CustomData: "Version of churn from commit #{source.CommitId}: #{train.PACKAGE_ARN}" },
          },
        ],
      },
      {
        name: "Deploy",
        beforeEntry: skip,
        actions: [
          build("Deploy", "d", {
            COMMIT: "#{source.CommitId}",
            EXECUTION_ARN: "#{train.EXECUTION_ARN}",
            PACKAGE_ARN: "#{train.PACKAGE_ARN}",
          }),
        ],
      },
    ]);
  });

  it("believes of what the repository's code says only whether to go on: the commit is what the source fetched", () => {
    const all = JSON.stringify(
      stages({
        ...{ model: "churn", connectionArn, repository: "example/churn", branch: "main", approval: true },
        projects: { build: "b", train: "t", deploy: "d", smoke: "s" },
        scoringMachineArn: "arn:machine",
      }),
    );
    expect(new Set(all.match(/#\{build\.\w+\}/g))).to.deep.equal(new Set(["#{build.TRAIN}"]));
    expect(all.match(/#\{source\.\w+\}/g)).to.deep.equal(Array(3).fill("#{source.CommitId}"));
  });

  it("builds on the platform's images, which the build may read and not write", async () => {
    const made = await make();
    const { environment } = inputs(made, "codebuild.Project p-churn.build") as {
      environment: { environmentVariables: object[] };
    };
    expect(environment.environmentVariables).to.deep.include({
      name: "BASE_TRAINING",
      value: "registry/training:1.0.0",
    });
    const rights = statements(made, "iam.RolePolicy p-churn.build") as never;
    const may = (action: string) => allowed(rights, { action, resource: bases.arns[0]! });
    expect(may("ecr:BatchGetImage") && may("ecr:GetDownloadUrlForLayer")).to.equal(true);
    expect(may("ecr:PutImage") || may("ecr:InitiateLayerUpload")).to.equal(false);
  });

  it("calls nothing of one model as something of another, whatever models are called", async () => {
    const { endpointName: _, ...plain } = own;
    const all = ["churn", "churn-build", "artifacts"];
    const made = await building(() => {
      new CodePipelines("p", {
        settings: schema.parse({
          source: { provider: "github", repository: "example/ml" },
          models: Object.fromEntries(all.map((model) => [model, { repository: `example/${model}` }])),
          codePipeline: { enabled: true },
        }),
        ...{
          account,
          stack,
          registry: "registry",
          bases,
          keyArn: output(keyArn),
          protection: dropped,
          logRetentionDays: 90,
        },
        models: Object.fromEntries(all.map((model) => [model, plain])),
      });
    });
    const called = outline(made).map((line) => line.trim());
    expect(called.filter((each, at) => called.indexOf(each) !== at)).to.deep.equal([]);
  });

  it("takes the connection that the settings name", async () => {
    const arn = connectionArn.replace("codeconnections", "codestar-connections");
    const made = await make({ connectionArn: arn });
    expect(outline(made).join()).to.not.contain("Connection p");
    expect(statements(made, "iam.RolePolicy p-churn")[0]).to.deep.include({
      Action: ["codestar-connections:UseConnection"],
      Resource: [arn],
    });
  });

  it("keeps the objects of two models apart, also where names begin alike", async () => {
    const made = await make();
    const exchange = statements(made, "iam.RolePolicy p-churn.build").find(({ Sid }) => Sid === "ExchangeArtifacts");
    expect(exchange!.Resource).to.satisfy(([object]: string[]) => object!.endsWith("/churn.mlplatform-tes*"));
  });
});

describe("what CodeBuild does", () => {
  it("in the first stage is the repository's own, tests before images", () => {
    const { phases, env } = parse(buildspec("build"));
    expect(Object.keys(phases)).to.deep.equal(["install", "pre_build", "build"]);
    expect(phases.pre_build.commands).to.deep.equal(["delivery/test.sh"]);
    expect(phases.build.commands).to.deep.equal([
      "RESULTS=delivery-results.env delivery/images.sh",
      ". ./delivery-results.env",
    ]);
    expect(env["exported-variables"], "what later stages may believe of it").to.deep.equal(["TRAIN"]);
  });

  it("in later stages is the platform's own, whatever the repository holds", () => {
    for (const stage of ["train", "deploy", "smoke"] as const) {
      const { phases } = parse(buildspec(stage));
      expect(Object.keys(phases)).to.deep.equal(["build"]);
      expect(phases.build.commands[0]).to.match(/^cat >delivery-step\.sh <<'END_OF_STEP'\n#!\/usr\/bin\/env bash\n/);
      expect(phases.build.commands[1]).to.equal("RESULTS=delivery-results.env bash delivery-step.sh");
    }
  });
});

describe("permissions of a pipeline's stages", () => {
  const store = { bucketArn: "arn:aws:s3:::artifacts", keyArn };
  const scope = { connectionArn, repository: "example/churn", store, prefix: "churn.mlplatform-tes" };
  const group = "mlplatform-test-churn";
  const machine = "mlplatform-test-churn-training";
  const version = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/mlplatform-test-churn/7";
  const decision = (status: string) => ({ "sagemaker:ModelApprovalStatus": status });
  const decide = (list: Parameters<typeof allowed>[0], status: string, resource = version) =>
    allowed(list, { action: "sagemaker:UpdateModelPackage", resource, context: decision(status) });

  it("let training put a version aside, and never approve one", () => {
    const may = trainByPipeline(account, machine, group);
    expect([decide(may, "Rejected"), decide(may, "Approved")]).to.deep.equal([true, false]);
  });

  it("let deployment approve a version of its model, and of no other", () => {
    const may = deployByPipeline(account, machine, group);
    expect([decide(may, "Approved"), decide(may, "Rejected")]).to.deep.equal([true, false]);
    expect(decide(may, "Approved", version.replace("-churn/", "-churn-eu/"))).to.equal(false);
    const start = `arn:aws:states:eu-west-1:000000000000:stateMachine:${machine}`;
    expect(allowed(may, { action: "states:StartExecution", resource: start })).to.equal(false);
  });

  it("let no project read another repository, another pipeline's artifacts, or anything of the connection's account", () => {
    const may = runProject({ ...scope, logGroupArn: "arn:aws:logs:eu-west-1:000000000000:log-group:x" });
    const clone = (repository: string) =>
      allowed(may, {
        action: "codeconnections:UseConnection",
        resource: connectionArn,
        context: { "codeconnections:FullRepositoryId": repository },
      });
    expect([clone("example/churn"), clone("example/other")]).to.deep.equal([true, false]);
    expect(may.filter(({ Effect }) => Effect === "Deny")).to.deep.equal([
      {
        Sid: "NeverPush",
        Effect: "Deny",
        Action: ["codeconnections:UseConnection"],
        Resource: [connectionArn],
        Condition: { StringEquals: { "codeconnections:ProviderAction": ["GitPush"] } },
      },
    ]);
    const read = (key: string) => allowed(may, { action: "s3:GetObject", resource: `${store.bucketArn}/${key}` });
    expect([read("churn.mlplatform-tes/source/a"), read("churn-eu.mlplatform-/source/a")]).to.deep.equal([true, false]);
    expect(allowed(may, { action: "s3:DeleteObject", resource: `${store.bucketArn}/churn.mlplatform-tes/x` })).to.equal(
      false,
    );
  });

  it("let nobody push to the repository by the connection, whatever name its service had", () => {
    for (const service of ["codeconnections", "codestar-connections"]) {
      const arn = connectionArn.replace("codeconnections", service);
      const project = runProject({ ...scope, connectionArn: arn, logGroupArn: "arn:aws:logs:eu-west-1:0:log-group:x" });
      const pipeline = runPipelineOfModel(account, { ...scope, connectionArn: arn, projectArns: [] });
      for (const may of [project, pipeline]) {
        const use = (providerAction: string) =>
          allowed(may, {
            action: `${service}:UseConnection`,
            resource: arn,
            context: {
              [`${service}:FullRepositoryId`]: "example/churn",
              [`${service}:ProviderAction`]: providerAction,
            },
          });
        expect([use("GitPull"), use("GetBranch"), use("GitPush")], service).to.deep.equal([true, true, false]);
      }
    }
  });

  it("let the pipeline start its projects and what scores, and nothing that trains", () => {
    const projectArns = ["arn:aws:codebuild:eu-west-1:000000000000:project/mlplatform-test-churn-build"];
    const may = runPipelineOfModel(account, { ...scope, projectArns, scoringMachine: "mlplatform-test-churn-batch" });
    const start = (name: string) =>
      allowed(may, {
        action: "states:StartExecution",
        resource: `arn:aws:states:eu-west-1:000000000000:stateMachine:${name}`,
      });
    expect([start("mlplatform-test-churn-batch"), start(machine)]).to.deep.equal([true, false]);
    expect(allowed(may, { action: "codebuild:StartBuild", resource: projectArns[0]! })).to.equal(true);
    expect(allowed(may, { action: "codebuild:UpdateProject", resource: projectArns[0]! })).to.equal(false);
  });

  it("let the smoke test ask one endpoint and change none", () => {
    const may = askEndpoint(account, "mlplatform-test-churn");
    const endpoint = "arn:aws:sagemaker:eu-west-1:000000000000:endpoint/mlplatform-test-churn";
    const ask = (action: string, resource: string) => allowed(may, { action: `sagemaker:${action}`, resource });
    expect(ask("InvokeEndpoint", endpoint)).to.equal(true);
    expect(ask("InvokeEndpoint", `${endpoint}-eu`)).to.equal(false);
    expect(ask("UpdateEndpoint", endpoint)).to.equal(false);
  });
});
