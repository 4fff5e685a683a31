/** Permissions around a model's pipeline of SageMaker: of the pipeline itself, and of the state machine that starts it. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";
import { createPackages, findPackages, type PackageScope } from "./packages";
import { allow, arn } from "./terms";
import { trainingMachineName } from "./training";

/** What one model's pipeline touches. */
export interface PipelineScope extends PackageScope {
  /** Name of the step that searches for hyperparameters; absent where nothing is searched for. */
  searchStep?: string;
  jobRoleArn: string;
  /** Function that judges; absent where there is no gate. */
  gateArn?: string;
  /** Whether a job makes a model of what a built-in algorithm leaves. */
  converts?: boolean;
}

/**
 * Beginning of the names that Pipelines give their jobs: it, the execution, the step (cut to 20 characters), and ten signs.
 * @see https://github.com/aws/sagemaker-python-sdk/issues/6299
 */
export const pipelineJobPrefix = "pipelines-";

/**
 * Names of searches have 32 characters at most, too few for that beginning. How they are made is written nowhere; seen are the execution and
 * then the step. In ARNs letters may be small.
 */
export const pipelineSearches = (step: string) => [...new Set([step, step.toLowerCase()])].map((name) => `*-${name}-*`);

/**
 * The role of a pipeline. Jobs of all pipelines of an account are called alike, so what keeps them apart is the role they may be given; a search
 * may have any name, as long as nothing says which it gets, and only one that is called as expected may be stopped.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html
 */
export function runPipeline(account: AwsAccount, scope: PipelineScope): PolicyStatement[] {
  const { searchStep, jobRoleArn, gateArn, groupName, converts = false } = scope;
  const calls = (kind: string) => [
    ...["Create", "Describe", "Stop"].map((verb) => `sagemaker:${verb}${kind}`),
    "sagemaker:AddTags",
  ];
  const named = (kind: string) => arn(account, "sagemaker", `${kind}/${pipelineJobPrefix}*`);
  const searches = searchStep === undefined ? [] : pipelineSearches(searchStep);
  return [
    ...(searchStep === undefined
      ? [allow("Train", calls("TrainingJob"), [named("training-job")])]
      : [
          allow(
            "Search",
            calls("HyperParameterTuningJob").filter((action) => !action.includes(":Stop")),
            [arn(account, "sagemaker", "hyper-parameter-tuning-job/*")],
          ),
          allow(
            "StopSearch",
            ["sagemaker:StopHyperParameterTuningJob"],
            searches.map((name) => arn(account, "sagemaker", `hyper-parameter-tuning-job/${name}`)),
          ),
          allow(
            "FindBest",
            ["sagemaker:DescribeTrainingJob"],
            searches.map((name) => arn(account, "sagemaker", `training-job/${name}`)),
          ),
        ]),
    ...(gateArn === undefined && !converts
      ? []
      : [allow("Process", calls("ProcessingJob"), [named("processing-job")])]),
    ...(gateArn === undefined ? [] : [allow("Ask", ["lambda:InvokeFunction"], [gateArn])]),
    allow("PassJobRole", ["iam:PassRole"], [jobRoleArn], {
      StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" },
    }),
    // The step that registers makes sure of its group first, and looks at what it has made.
    allow(
      "FindGroup",
      ["sagemaker:CreateModelPackageGroup", "sagemaker:DescribeModelPackageGroup"],
      [arn(account, "sagemaker", `model-package-group/${groupName}`)],
    ),
    ...createPackages(account, scope),
    allow(
      "SeePackages",
      ["sagemaker:DescribeModelPackage"],
      [arn(account, "sagemaker", `model-package/${groupName}/*`)],
    ),
    ...(scope.store.keyArn === undefined ? [] : [allow("OpenPackage", ["kms:Decrypt"], [scope.store.keyArn])]),
  ];
}

/** Stop the runs of pipelines that go, whichever of the stack's they are. */
export function stopPipelines(account: AwsAccount, logGroupArn: string, stack: string): PolicyStatement[] {
  const pipelines = arn(account, "sagemaker", `pipeline/${trainingMachineName(stack, "*").toLowerCase()}`);
  return [
    allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [`${logGroupArn}:*`]),
    allow("FindRuns", ["sagemaker:ListPipelineExecutions"], [pipelines]),
    allow("StopRuns", ["sagemaker:StopPipelineExecution"], [`${pipelines}/execution/*`]),
  ];
}

/**
 * Start one pipeline, see how it goes, and what it has registered. Starting is asked of the pipeline, all else of the execution.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
 */
export function startPipeline(account: AwsAccount, pipelineArn: string, groupName: string): PolicyStatement[] {
  return [
    allow("StartPipeline", ["sagemaker:StartPipelineExecution"], [pipelineArn]),
    allow(
      "FollowPipeline",
      [
        "sagemaker:DescribePipelineExecution",
        "sagemaker:ListPipelineExecutionSteps",
        "sagemaker:StopPipelineExecution", // What a run has started that was stopped.
      ],
      [`${pipelineArn}/execution/*`],
    ),
    allow("FindLeftover", ["sagemaker:ListPipelineExecutions"], [pipelineArn]),
    findPackages(account, groupName),
  ];
}
