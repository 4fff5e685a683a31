import { expect } from "chai";
import { buildspec } from "../../components/delivery/codepipeline/buildspecs";
import { stages, triggers } from "../../components/delivery/codepipeline/stages";
import { askProgram } from "../../test/support/python";
import { pythonEnvironment } from "../../test/support/pythonEnvironment";

type Plain = Record<string, unknown>;
interface Action extends Plain {
  inputArtifacts?: string[];
  outputArtifacts?: string[];
}
interface Stage {
  name: string;
  beforeEntry?: { condition: Plain };
  actions: Action[];
}

/** As the provider writes it to the service: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineDeclaration.html */
const asked = ({ name, beforeEntry, actions }: Stage) => ({
  name,
  ...(beforeEntry ? { beforeEntry: { conditions: [beforeEntry.condition] } } : {}),
  actions: actions.map(({ category, owner, provider, version, inputArtifacts, outputArtifacts, ...rest }) => ({
    ...rest,
    actionTypeId: { category, owner, provider, version },
    ...(inputArtifacts ? { inputArtifacts: inputArtifacts.map((each) => ({ name: each })) } : {}),
    ...(outputArtifacts ? { outputArtifacts: outputArtifacts.map((each) => ({ name: each })) } : {}),
  })),
});
const pushed = triggers("main").map(({ providerType, gitConfiguration }) => {
  const { sourceActionName, pushes } = gitConfiguration as unknown as { sourceActionName: string; pushes: object[] };
  return { providerType, gitConfiguration: { sourceActionName, push: pushes } };
});

describe("definitions of pipelines and projects, by the models of Amazon's SDK", function () {
  this.timeout(240_000);
  let python: string;
  before(async () => {
    ({ python } = await pythonEnvironment("release", 200));
  });
  const faults = (requests: [service: string, operation: string, request: object][]) =>
    askProgram<string[]>(python, "awsShapes.py", requests);
  const pipeline = (list: object[]) => ({
    pipeline: {
      name: "churn.mlplatform-test",
      roleArn: "arn:aws:iam::000000000000:role/pipeline",
      pipelineType: "V2",
      executionMode: "QUEUED",
      artifactStore: { type: "S3", location: "bucket", encryptionKey: { type: "KMS", id: "key" } },
      stages: list,
      triggers: pushed,
    },
  });
  const all = stages({
    ...{ model: "churn", connectionArn: "arn:connection", repository: "a/b", branch: "main", approval: true },
    projects: { build: "b1", train: "t1", deploy: "d1", smoke: "s1" },
    scoringMachineArn: "arn:machine",
  }) as unknown as Stage[];

  it("are what the service takes, every stage of them", async () => {
    expect(all).to.have.length(7);
    const project = {
      name: "mlplatform-test-churn-build",
      serviceRole: "arn:aws:iam::000000000000:role/build",
      artifacts: { type: "CODEPIPELINE" },
      source: { type: "CODEPIPELINE", buildspec: buildspec("build") },
      environment: { type: "LINUX_CONTAINER", computeType: "BUILD_GENERAL1_MEDIUM", image: "aws/codebuild/x:5.0" },
    };
    expect(
      await faults([
        ["codepipeline", "CreatePipeline", pipeline(all.map(asked))],
        ["codebuild", "CreateProject", project],
      ]),
    ).to.deep.equal([]);
  });

  it("would be refused with a field that it does not know", async () => {
    const [first, ...rest] = all.map(asked);
    const [found] = await faults([["codepipeline", "CreatePipeline", pipeline([{ ...first, entry: {} }, ...rest])]]);
    expect(found).to.contain('Unknown parameter in pipeline.stages[0]: "entry"');
  });
});
