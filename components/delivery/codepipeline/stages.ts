/** Stages of a model's pipeline, as CodePipeline takes them. https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html */
import type { types } from "@pulumi/aws";
import type { BuildStage } from "./buildspecs";

type Stage = types.input.codepipeline.PipelineStage;
type Action = types.input.codepipeline.PipelineStageAction;

/** What one pipeline goes through, all of it known. */
export interface StageFacts {
  model: string;
  connectionArn: string;
  repository: string;
  branch: string;
  /** Whether a person is asked before anything goes live. */
  approval: boolean;
  /** Names of the projects of CodeBuild; without smoke where no endpoint can be asked. */
  projects: Record<Exclude<BuildStage, "smoke">, string> & { smoke?: string };
  /** State machine that scores; absent where nobody asked. */
  scoringMachineArn?: string;
}

const source = "source";
/**
 * The commit that was fetched, as the connection says it: no code of the repository's can say another.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodestarConnectionSource.html
 */
const commitId = "#{source.CommitId}";

/** Whether a commit changed what is trained; of one that did not, no stage but the build has anything to do. */
const whereTrained = {
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

function build(
  name: string,
  ProjectName: string,
  variables: Record<string, string>,
  more: Partial<Action> = {},
): Action {
  const list = Object.entries(variables).map(([variable, value]) => ({ name: variable, value, type: "PLAINTEXT" }));
  return {
    name,
    category: "Build",
    owner: "AWS",
    provider: "CodeBuild",
    version: "1",
    inputArtifacts: [source],
    configuration: {
      ProjectName,
      ...(list.length === 0 ? {} : { EnvironmentVariables: JSON.stringify(list) }),
    },
    ...more,
  };
}

/** Source, build and test, train, approve, deploy, smoke, score: each only where the one before succeeded. */
export function stages(facts: StageFacts): Stage[] {
  const commit = { COMMIT: commitId };
  const trained = (name: string, action: Action): Stage => ({ name, beforeEntry: whereTrained, actions: [action] });
  return [
    {
      name: "Source",
      actions: [
        {
          name: "Source",
          category: "Source",
          owner: "AWS",
          provider: "CodeStarSourceConnection",
          version: "1",
          namespace: "source",
          outputArtifacts: [source],
          configuration: {
            ConnectionArn: facts.connectionArn,
            FullRepositoryId: facts.repository,
            BranchName: facts.branch,
            // With its history: what changed is told by it.
            OutputArtifactFormat: "CODEBUILD_CLONE_REF",
            DetectChanges: "false",
          },
        },
      ],
    },
    { name: "Build", actions: [build("Build", facts.projects.build, {}, { namespace: "build" })] },
    trained("Train", build("Train", facts.projects.train, commit, { namespace: "train" })),
    ...(facts.approval
      ? [
          trained("Approve", {
            name: "Approve",
            category: "Approval",
            owner: "AWS",
            provider: "Manual",
            version: "1",
            configuration: {
              CustomData: `Version of ${facts.model} from commit ${commitId}: #{train.PACKAGE_ARN}`,
            },
          }),
        ]
      : []),
    trained(
      "Deploy",
      build("Deploy", facts.projects.deploy, {
        ...commit,
        EXECUTION_ARN: "#{train.EXECUTION_ARN}",
        PACKAGE_ARN: "#{train.PACKAGE_ARN}",
      }),
    ),
    ...(facts.projects.smoke === undefined ? [] : [trained("Smoke", build("Smoke", facts.projects.smoke, {}))]),
    ...(facts.scoringMachineArn === undefined
      ? []
      : [
          trained("Score", {
            name: "Score",
            category: "Invoke",
            owner: "AWS",
            provider: "StepFunctions",
            version: "1",
            configuration: {
              StateMachineArn: facts.scoringMachineArn,
              InputType: "Literal",
              Input: "{}", // As its schedule starts it: the whole folder.
            },
          }),
        ]),
  ];
}

/** Commits that start a pipeline: of one branch, unless all that they change is written for people. */
export const triggers = (branch: string): types.input.codepipeline.PipelineTrigger[] => [
  {
    providerType: "CodeStarSourceConnection",
    gitConfiguration: {
      sourceActionName: "Source",
      pushes: [{ branches: { includes: [branch] }, filePaths: { excludes: ["docs/**", "**/*.md", "*.md"] } }],
    },
  },
];
