import { expect } from "chai";
import { keptFiles, publishedFiles } from "../../components/contracts/trainingLoop";
import { checkCandidates } from "../../components/identity/policies/candidateCheck";
import { seeDecisions } from "../../components/identity/policies/packageDecisions";
import { runPipeline, stopPipelines } from "../../components/identity/policies/pipeline";
import {
  answerApprovals,
  deletePackages,
  judgeCandidates,
  lookAtEndpoints,
  prepareData,
  registerVersions,
  runTrainingJobs,
  startTask,
  stopRuns,
} from "../../components/identity/policies/training";
import { runTraining } from "../../components/identity/policies/trainingMachine";
import { trainInCluster } from "../../components/identity/policies/trainingPods";
import type { PolicyStatement } from "../../components/lib/statements";
import { anyResourceActions } from "../../policy/anyResourceActions";
import { account, keyArn } from "../support/foundation";
import { allowed, type Request } from "../support/policyEvaluator";

const store = { bucketArn: "arn:aws:s3:::data", keyArn };
const arn = (service: string, rest: string) => `arn:aws:${service}:eu-west-1:000000000000:${rest}`;
const repositoryUrl = "000000000000.dkr.ecr.eu-west-1.amazonaws.com/ml/dev/training";
const repository = arn("ecr", "repository/ml/dev/training");
const logs = arn("logs", "log-group:f");
const table = arn("dynamodb", "table/training");
const scope = { model: "churn", store, rawFolder: "data/churn/" };
const jobRole = "arn:aws:iam::000000000000:role/jobs";
const [cluster, definition] = [arn("ecs", "cluster/c"), arn("ecs", "task-definition/churn-prepare:1")];
const packages = {
  model: "churn",
  store,
  groupName: "dev-churn",
  packageImage: "000000000000.dkr.ecr.eu-west-1.amazonaws.com/ml/dev/model-server:1",
};
const machine = {
  ...packages,
  jobPrefix: "dev-churn-",
  searchPrefix: "1a2b3c4d-",
  jobRoleArn: jobRole,
  tableArn: table,
  functionArns: [arn("lambda", "function:gate")],
  keeps: keptFiles({ gate: { metric: "auc", beatChampion: true } }),
  publishes: publishedFiles({ model: "churn", liveBaseline: true }),
  seesDecisions: true,
  looksForTraffic: true,
  repositoryArn: repository,
  topicArn: arn("sns", "owner"),
};
const { searchPrefix: _, ...unsearched } = machine;
const pipelineArn = arn("sagemaker", "pipeline/dev-churn-training");
const pipeline = { jobRoleArn: jobRole, gateArn: arn("lambda", "function:gate"), ...packages };
const roles: Record<string, PolicyStatement[]> = {
  jobs: runTrainingJobs(account, {
    ...scope,
    jobPrefixes: ["dev-churn-", "1a2b3c4d-"],
    image: repositoryUrl,
    prepared: false,
    samples: false,
  }),
  preparedJobs: runTrainingJobs(account, {
    ...scope,
    jobPrefixes: ["dev-churn-"],
    image: repositoryUrl,
    prepared: true,
    samples: false,
  }),
  machine: runTraining(account, { ...machine, glueJobName: "prepare-churn" }),
  fixedMachine: runTraining(account, { ...unsearched, seesDecisions: false }),
  taskMachine: runTraining(account, {
    ...machine,
    keeps: keptFiles({}),
    task: { clusterArn: cluster, definitionArn: definition, roleArns: ["arn:aws:iam::000000000000:role/task"] },
  }),
  learningMachine: runTraining(account, { ...machine, looksForSearches: true }),
  pipelineMachine: runTraining(account, {
    ...machine,
    functionArns: [arn("lambda", "function:endpoint")],
    looksForTraffic: false,
    pipelineArn,
  }),
  check: checkCandidates(account, {
    ...machine,
    gateArn: arn("lambda", "function:gate"),
    rowsFolder: "extracts/churn/",
  }),
  pipeline: runPipeline(account, pipeline),
  pipelines: stopPipelines(account, logs, "Dev"),
  searching: runPipeline(account, { ...pipeline, searchStep: "Tune" }),
  converting: runPipeline(account, { jobRoleArn: jobRole, ...packages, converts: true }),
  builtIn: runTrainingJobs(account, {
    ...scope,
    jobPrefixes: ["dev-churn-"],
    image: repositoryUrl,
    algorithmImage: "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5",
    prepared: false,
    samples: false,
  }),
  pods: trainInCluster(account, { ...scope, samples: false, series: false }),
  glue: prepareData(account, { ...scope, sources: [], script: "churn/prepare.py" }),
  task: prepareData(account, { ...scope, sources: [] }),
  taskStart: startTask(account, `${repositoryUrl}:7`, logs),
  gate: judgeCandidates(logs, store),
  packages: deletePackages(account, logs, "dev"),
  runs: stopRuns(account, logs, { stack: "dev", tableArn: table, keyArn }),
  endpoints: lookAtEndpoints(account, logs, ["dev-churn"]),
  decisions: seeDecisions(account, "dev"),
  approval: answerApprovals(account, logs, { stack: "dev", tableArn: table, keyArn }),
  registrar: registerVersions(account, {
    stack: "dev",
    activityArn: arn("states", "activity:dev-registrar"),
    store,
    data: { rawRoots: ["data/"], prepared: true },
  }),
};

const object = (key: string) => `arn:aws:s3:::data/${key}`;
const on = (action: string, resource: string, context?: Request["context"]): Request => ({
  action,
  resource,
  ...(context ? { context } : {}),
});
const listing = (prefix: string) => on("s3:ListBucket", "arn:aws:s3:::data", { "s3:prefix": prefix });
const versions = (prefix: string) => on("s3:ListBucketVersions", "arn:aws:s3:::data", { "s3:prefix": prefix });
const item = (action: string, id: string) => on(`dynamodb:${action}`, table, { "dynamodb:LeadingKeys": [id] });
const passing = (role: string, service: string) => on("iam:PassRole", role, { "iam:PassedToService": service });
const sagemaker = (what: string) => arn("sagemaker", what);
const stream = (name: string) => arn("logs", `log-group:/aws/sagemaker/TrainingJobs:log-stream:${name}`);

const builtIn = (repository: string, owner = "141502667606") =>
  `arn:aws:ecr:eu-west-1:${owner}:repository/${repository}`;

const allow: [who: string, request: Request][] = [
  ["builtIn", on("ecr:BatchGetImage", builtIn("sagemaker-xgboost"))],
  ["builtIn", on("ecr:GetDownloadUrlForLayer", repository)],
  ["builtIn", on("s3:GetObject", object("outputs/churn/run/rows/train/part-00000.csv"))],
  ["builtIn", listing("outputs/churn/run/encoding/")],
  ["converting", on("sagemaker:CreateProcessingJob", sagemaker("processing-job/pipelines-abc-Convert-def"))],
  ["jobs", on("s3:GetObject", object("data/churn/train/a.csv"))],
  ["jobs", on("s3:GetObject", object("models/churn/champion/3/model.tar.gz"))],
  ["jobs", listing("data/churn/train/")],
  ["preparedJobs", on("s3:GetObject", object("extracts/churn/run/train/a.csv"))],
  ["preparedJobs", listing("extracts/churn/run/")],
  ["jobs", on("s3:PutObject", object("models/churn/run/model.tar.gz"))],
  ["jobs", on("s3:PutObject", object("outputs/churn/run/evaluation.json"))],
  ["jobs", on("kms:GenerateDataKey", keyArn)],
  ["jobs", on("ecr:BatchGetImage", repository)],
  ["jobs", on("logs:PutLogEvents", stream("1a2b3c4d-20260101-001/algo-1"))],
  ["jobs", on("cloudwatch:PutMetricData", "*", { "cloudwatch:namespace": "/aws/sagemaker/TrainingJobs" })],
  ["fixedMachine", on("sagemaker:CreateTrainingJob", sagemaker("training-job/dev-churn-20260101-0"))],
  ["machine", on("sagemaker:StopProcessingJob", sagemaker("processing-job/dev-churn-20260101-v0"))],
  ["machine", on("sagemaker:CreateHyperParameterTuningJob", sagemaker("hyper-parameter-tuning-job/1a2b3c4d-1"))],
  ["machine", on("sagemaker:DescribeTrainingJob", sagemaker("training-job/1a2b3c4d-1-001-best"))],
  ["machine", on("sagemaker:CreateModelPackage", sagemaker("model-package/dev-churn/4"))],
  ["machine", on("sagemaker:DescribeModelPackage", sagemaker("model-package/dev-churn/4"))],
  ["machine", passing(jobRole, "sagemaker.amazonaws.com")],
  ["machine", item("PutItem", "model#churn")],
  ["machine", item("UpdateItem", "slots")],
  ["machine", item("GetItem", "slots")],
  ["machine", item("PutItem", "waiting#churn")],
  ["machine", item("DeleteItem", "waiting#churn")],
  ["machine", item("PutItem", `approval#${sagemaker("model-package/dev-churn/4")}`)],
  ["machine", on("s3:PutObject", object("metadata/churn/runs/dev-churn-1.json"))],
  ["machine", on("s3:GetObject", object("outputs/churn/r/validation.json"))],
  ["machine", on("s3:PutObject", object("models/churn/dev-churn-20260101/baseline/evaluation.json"))],
  ["machine", on("s3:PutObject", object("models/churn/dev-churn-20260101/baseline/statistics.json"))],
  ["machine", on("s3:PutObject", object("models/churn/dev-churn-20260101/baseline/constraints.json"))],
  ["machine", on("s3:GetObject", object("outputs/churn/dev-churn-20260101/baseline/constraints.json"))],
  ["machine", on("s3:PutObject", object("baselines/churn/live/constraints.json"))],
  ["machine", listing("samples/churn/date=2026-01-01/")],
  ["machine", on("glue:StartJobRun", arn("glue", "job/prepare-churn"))],
  ["machine", on("sns:Publish", arn("sns", "owner"))],
  ["machine", on("ecr:DescribeImages", repository)],
  ["learningMachine", on("sagemaker:ListHyperParameterTuningJobs", "*")],
  ["taskMachine", on("ecs:RunTask", definition, { "ecs:cluster": cluster })],
  ["taskMachine", on("ecs:StopTask", arn("ecs", "task/c/1"))],
  ["taskMachine", passing("arn:aws:iam::000000000000:role/task", "ecs-tasks.amazonaws.com")],
  ["check", on("sagemaker:CreateProcessingJob", sagemaker("processing-job/dev-churn-check-lq2x1a2b-e0"))],
  ["check", passing(jobRole, "sagemaker.amazonaws.com")],
  ["check", listing("extracts/churn/run-7/test/")],
  ["check", listing("samples/churn/date=2026-01-01/")],
  ["check", on("ecr:DescribeImages", repository)],
  ["check", item("UpdateItem", "slots")],
  ["check", item("GetItem", "slots")],
  ["check", on("lambda:InvokeFunction", arn("lambda", "function:gate"))],
  ["check", on("s3:PutObject", object("metadata/churn/runs/dev-churn-check-lq2x1a2b.json"))],
  ["runs", on("states:StopExecution", arn("states", "execution:dev-gone-check:1"))],
  ["registrar", on("s3:PutObject", object("models/churn/candidate/4/model.tar.gz"))],
  ["pipelineMachine", on("sagemaker:StartPipelineExecution", pipelineArn)],
  ["pipelineMachine", on("sagemaker:DescribePipelineExecution", `${pipelineArn}/execution/abc`)],
  ["pipelineMachine", on("sagemaker:ListPipelineExecutionSteps", `${pipelineArn}/execution/abc`)],
  ["pipelineMachine", on("sagemaker:DescribeModelPackage", sagemaker("model-package/dev-churn/4"))],
  ["pipelineMachine", on("sagemaker:CreateProcessingJob", sagemaker("processing-job/dev-churn-20260101-v0"))],
  ["pipelineMachine", on("s3:GetObject", object("outputs/churn/dev-churn-20260101/evaluation.json"))],
  ["pipelineMachine", on("s3:PutObject", object("models/churn/dev-churn-20260101/baseline/evaluation.json"))],
  ["pipelineMachine", on("s3:PutObject", object("models/churn/dev-churn-20260101/baseline/statistics.json"))],
  ["taskMachine", on("s3:PutObject", object("models/churn/dev-churn-20260101/baseline/statistics.json"))],
  ["pipelineMachine", item("PutItem", `approval#${sagemaker("model-package/dev-churn/4")}`)],
  ["pipeline", on("sagemaker:CreateTrainingJob", sagemaker("training-job/pipelines-abc-Train-def"))],
  ["pipeline", on("sagemaker:StopProcessingJob", sagemaker("processing-job/pipelines-abc-Evaluate-def"))],
  ["pipeline", on("sagemaker:CreateModelPackage", sagemaker("model-package/dev-churn/4"))],
  ["pipeline", on("lambda:InvokeFunction", arn("lambda", "function:gate"))],
  ["pipeline", passing(jobRole, "sagemaker.amazonaws.com")],
  ["jobs", on("ec2:CreateNetworkInterface", "*")],
  ["searching", on("sagemaker:CreateHyperParameterTuningJob", sagemaker("hyper-parameter-tuning-job/abc-Tune-def"))],
  ["searching", on("sagemaker:CreateHyperParameterTuningJob", sagemaker("hyper-parameter-tuning-job/whatever"))],
  ["searching", on("sagemaker:StopHyperParameterTuningJob", sagemaker("hyper-parameter-tuning-job/abc-tune-def"))],
  ["pipelineMachine", on("sagemaker:StopPipelineExecution", `${pipelineArn}/execution/abc`)],
  ["pipelineMachine", on("sagemaker:ListPipelineExecutions", pipelineArn)],
  ["pipelines", on("sagemaker:StopPipelineExecution", `${pipelineArn}/execution/abc`)],
  ["pipelines", on("sagemaker:ListPipelineExecutions", pipelineArn)],
  ["searching", on("sagemaker:DescribeTrainingJob", sagemaker("training-job/abc-tune-def-001-best"))],
  ["pods", on("s3:GetObject", object("data/churn/train/a.csv"))],
  ["pods", listing("data/churn/train/")],
  ["pods", on("s3:PutObject", object("extracts/churn/run/train/a.csv"))],
  ["pods", on("s3:PutObject", object("models/churn/run/output/model.tar.gz"))],
  ["pods", on("s3:PutObject", object("models/churn/champion/3/model.tar.gz"))],
  ["pods", on("s3:GetObject", object("outputs/churn/run/champion.json"))],
  ["pods", on("s3:PutObject", object("metadata/churn/runs/run.json"))],
  ["pods", on("kms:GenerateDataKey", keyArn)],
  ["glue", on("s3:GetObject", object("source/churn/prepare.py"))],
  ["glue", on("s3:PutObject", object("extracts/churn/run/train/a.parquet"))],
  ["task", on("s3:GetObject", object("data/churn/a.csv"))],
  ["taskStart", on("ecr:BatchGetImage", repository)],
  ["taskStart", on("logs:PutLogEvents", `${logs}:log-stream:churn/prepare/1`)],
  ["gate", on("s3:GetObject", object("outputs/churn/run/evaluation.json"))],
  ["endpoints", on("sagemaker:DescribeEndpoint", sagemaker("endpoint/dev-churn"))],
  ["packages", on("sagemaker:ListModelPackages", sagemaker("model-package-group/dev-churn"))],
  ["packages", on("sagemaker:DeleteModelPackage", sagemaker("model-package/dev-gone/4"))],
  ["packages", on("states:DescribeStateMachine", arn("states", "stateMachine:dev-gone-training"))],
  ["runs", on("states:ListExecutions", arn("states", "stateMachine:dev-gone-training"))],
  ["runs", on("states:StopExecution", arn("states", "execution:dev-gone-training:1"))],
  ["runs", item("DeleteItem", "model#gone")],
  ["runs", item("DeleteItem", "waiting#gone")],
  ["runs", item("GetItem", "slots")],
  ["runs", item("UpdateItem", "slots")],
  ["runs", on("kms:Decrypt", keyArn)],
  ["decisions", on("sagemaker:DescribeModelPackage", sagemaker("model-package/dev-churn/4"))],
  ["runs", on("states:StopExecution", arn("states", "execution:dev-package-decisions:1"))],
  ["approval", item("GetItem", `approval#${sagemaker("model-package/dev-churn/4")}`)],
  ["approval", on("states:SendTaskSuccess", arn("states", "stateMachine:dev-churn-training"))],
  ["registrar", on("states:GetActivityTask", arn("states", "activity:dev-registrar"))],
  ["registrar", on("s3:GetObject", object("models/churn/run/job/output/model.tar.gz"))],
  ["registrar", on("s3:PutObject", object("models/churn/champion/3/model.tar.gz"))],
  ["registrar", versions("data/churn/")],
  ["registrar", versions("extracts/delivery/run/")],
  ["registrar", on("s3:GetObject", object("extracts/delivery/run/prepared_from.json"))],
  ["pods", versions("data/churn/")],
  ["pods", versions("extracts/churn/run/")],
];

const deny: [who: string, request: Request][] = [
  ["decisions", on("sagemaker:UpdateModelPackage", sagemaker("model-package/dev-churn/4"))],
  ["machine", on("sagemaker:UpdateModelPackage", sagemaker("model-package/dev-churn/4"))],
  ["machine", on("sagemaker:DescribeModelPackage", sagemaker("model-package/dev-other/4"))],
  ["fixedMachine", on("sagemaker:DescribeModelPackage", sagemaker("model-package/dev-churn/4"))],
  ["jobs", on("ecr:BatchGetImage", builtIn("sagemaker-xgboost"))],
  ["jobs", on("s3:GetObject", object("outputs/churn/run/rows/train/part-00000.csv"))],
  ["builtIn", on("ecr:BatchGetImage", builtIn("sagemaker-scikit-learn"))],
  ["builtIn", on("ecr:BatchGetImage", builtIn("sagemaker-xgboost", "141502667607"))],
  ["builtIn", on("s3:GetObject", object("outputs/churn-eu/run/rows/train/part-00000.csv"))],
  ["converting", on("lambda:InvokeFunction", arn("lambda", "function:gate"))],
  ["jobs", on("s3:GetObject", object("data/other/a.csv"))],
  ["preparedJobs", on("s3:GetObject", object("data/churn/train/a.csv"))],
  ["preparedJobs", listing("data/churn/")],
  ["jobs", on("s3:GetObject", object("samples/churn/date=2026-01-01/a.jsonl.gz"))],
  ["jobs", on("s3:PutObject", object("data/churn/a.csv"))],
  ["jobs", on("s3:PutObject", object("metadata/churn/runs/dev-churn-1.json"))],
  ["jobs", on("s3:DeleteObject", object("models/churn/run/model.tar.gz"))],
  ["jobs", listing("")],
  ["jobs", on("ecr:BatchGetImage", arn("ecr", "repository/ml/dev/other"))],
  ["jobs", on("logs:PutLogEvents", stream("prod-churn-1/algo-1"))],
  ["jobs", on("sagemaker:CreateTrainingJob", sagemaker("training-job/dev-churn-1"))],
  ["packages", on("sagemaker:DeleteModelPackage", sagemaker("model-package/prod-churn/4"))],
  ["packages", on("states:DescribeStateMachine", arn("states", "stateMachine:prod-churn-training"))],
  ["packages", on("sagemaker:DeleteModelPackageGroup", sagemaker("model-package-group/dev-churn"))],
  ["packages", on("sagemaker:UpdateModelPackage", sagemaker("model-package/dev-churn/4"))],
  ["runs", on("states:ListExecutions", arn("states", "stateMachine:prod-churn-training"))],
  ["runs", on("states:StopExecution", arn("states", "execution:prod-churn-training:1"))],
  ["runs", on("states:StopExecution", arn("states", "execution:dev-other:1"))],
  ["runs", on("states:StartExecution", arn("states", "stateMachine:dev-churn-training"))],
  ["runs", on("states:DeleteStateMachine", arn("states", "stateMachine:dev-churn-training"))],
  ["runs", item("DeleteItem", "slots")],
  ["runs", item("UpdateItem", "model#churn")],
  ["runs", item("GetItem", "approval#1")],
  ["machine", on("sagemaker:CreateTrainingJob", sagemaker("training-job/dev-other-1"))],
  ["machine", item("PutItem", "waiting#other")],
  ["machine", on("sagemaker:CreateModelPackage", sagemaker("model-package/dev-other/1"))],
  ["machine", on("sagemaker:UpdateModelPackage", sagemaker("model-package/dev-churn/4"))],
  ["machine", on("sagemaker:UpdateEndpoint", sagemaker("endpoint/dev-churn"))],
  ["machine", passing(jobRole, "ec2.amazonaws.com")],
  ["machine", passing("arn:aws:iam::000000000000:role/admin", "sagemaker.amazonaws.com")],
  ["machine", item("PutItem", "model#other")],
  ["machine", item("DeleteItem", `approval#${sagemaker("model-package/dev-other/1")}`)],
  ["machine", item("GetItem", "model#churn")],
  ["machine", on("s3:GetObject", object("data/churn/a.csv"))],
  ["machine", on("s3:PutObject", object("models/churn/run/model.tar.gz"))],
  ["machine", on("s3:PutObject", object("metadata/other/runs/r.json"))],
  ["machine", on("glue:StartJobRun", arn("glue", "job/other"))],
  ["machine", on("lambda:InvokeFunction", arn("lambda", "function:other"))],
  ["machine", on("sagemaker:ListHyperParameterTuningJobs", "*")],
  [
    "learningMachine",
    on("sagemaker:DescribeHyperParameterTuningJob", sagemaker("hyper-parameter-tuning-job/5e6f7a8b-1")),
  ],
  ["taskMachine", on("ecs:RunTask", definition, { "ecs:cluster": arn("ecs", "cluster/other") })],
  ["taskMachine", on("ecs:StopTask", arn("ecs", "task/other/1"))],
  ["taskMachine", on("s3:PutObject", object("models/churn/dev-churn-20260101/baseline/evaluation.json"))],
  ["machine", on("s3:PutObject", object("models/churn/champion/baseline/evaluation.json"))],
  ["machine", on("s3:PutObject", object("models/churn/champion/baseline/constraints.json"))],
  ["machine", on("s3:PutObject", object("baselines/other/live/constraints.json"))],
  ["machine", on("s3:PutObject", object("baselines/churn/mine/constraints.json"))],
  ["machine", on("s3:PutObject", object("models/other/dev-churn-20260101/baseline/constraints.json"))],
  ["machine", on("s3:PutObject", object("outputs/churn/dev-churn-20260101/baseline/constraints.json"))],
  ["machine", on("s3:PutObject", object("models/churn/dev-churn-20260101/output/model.tar.gz"))],
  ["machine", on("s3:PutObject", object("metadata/churn/runs/of-somebody-else.json"))],
  ["machine", listing("samples/churn/")],
  ["decisions", on("sagemaker:DescribeModelPackage", sagemaker("model-package/prod-churn/4"))],
  ["decisions", on("sagemaker:UpdateModelPackage", sagemaker("model-package/dev-churn/4"))],
  ["decisions", on("states:StartExecution", arn("states", "stateMachine:dev-churn-training"))],
  ["check", on("sagemaker:CreateTrainingJob", sagemaker("training-job/dev-churn-1"))],
  ["check", on("sagemaker:CreateModelPackage", sagemaker("model-package/dev-churn/1"))],
  ["check", on("sagemaker:CreateProcessingJob", sagemaker("processing-job/dev-other-check-1-e0"))],
  ["check", listing("extracts/other/run-7/test/")],
  ["check", item("PutItem", "model#churn")],
  ["check", item("PutItem", `approval#${sagemaker("model-package/dev-churn/4")}`)],
  ["check", on("s3:GetObject", object("outputs/churn/r/evaluation.json"))],
  ["check", on("s3:PutObject", object("models/churn/candidate/4/model.tar.gz"))],
  ["check", on("s3:PutObject", object("outputs/churn/dev-churn-check-1/evaluation.json"))],
  ["registrar", on("s3:PutObject", object("models/churn/dev-churn-1/model.tar.gz"))],
  ["pipelineMachine", on("s3:PutObject", object("models/churn/champion/baseline/evaluation.json"))],
  ["pipelineMachine", on("s3:PutObject", object("models/churn/dev-churn-20260101/output/model.tar.gz"))],
  ["pipelineMachine", on("s3:PutObject", object("models/other/dev-other-20260101/baseline/evaluation.json"))],
  ["pipelineMachine", listing("samples/churn/date=2026-01-01/")],
  ["pipelineMachine", on("sagemaker:CreateTrainingJob", sagemaker("training-job/dev-churn-1"))],
  ["pipelineMachine", on("sagemaker:CreateModelPackage", sagemaker("model-package/dev-churn/1"))],
  ["pipelineMachine", on("sagemaker:StartPipelineExecution", sagemaker("pipeline/dev-other-training"))],
  ["pipelineMachine", on("sagemaker:UpdatePipeline", pipelineArn)],
  ["pipelineMachine", on("lambda:InvokeFunction", arn("lambda", "function:gate"))],
  ["pipeline", on("sagemaker:CreateTrainingJob", sagemaker("training-job/dev-churn-1"))],
  ["searching", on("sagemaker:StopHyperParameterTuningJob", sagemaker("hyper-parameter-tuning-job/dev-other"))],
  ["pipelineMachine", on("sagemaker:StopPipelineExecution", sagemaker("pipeline/dev-other-training/execution/abc"))],
  ["pipelines", on("sagemaker:StopPipelineExecution", sagemaker("pipeline/prod-churn-training/execution/abc"))],
  ["pipelines", on("sagemaker:DeletePipeline", pipelineArn)],
  ["pipelines", on("sagemaker:StartPipelineExecution", pipelineArn)],
  ["searching", passing(jobRole, "ec2.amazonaws.com")],
  ["fixedMachine", on("sagemaker:CreateHyperParameterTuningJob", sagemaker("hyper-parameter-tuning-job/1a2b3c4d-1"))],
  ["machine", on("sagemaker:CreateTrainingJob", sagemaker("training-job/dev-churn-20260101-0"))],
  ["registrar", versions("")],
  ["registrar", versions("samples/churn/")],
  ["registrar", on("s3:GetObject", object("data/churn/train/a.csv"))],
  ["registrar", on("s3:GetObject", object("extracts/delivery/run/train/part-00000.csv"))],
  ["registrar", on("s3:GetObject", object("extracts/prepared_from.json"))],
  ["pods", versions("data/other/")],
  ["pods", versions("samples/churn/")],
  ["registrar", on("s3:DeleteObject", object("models/churn/champion/3/model.tar.gz"))],
  ["pipeline", on("sagemaker:CreateHyperParameterTuningJob", sagemaker("hyper-parameter-tuning-job/abc-Tune-def"))],
  ["pipeline", on("sagemaker:CreateModelPackage", sagemaker("model-package/dev-other/1"))],
  ["pipeline", on("sagemaker:UpdateModelPackage", sagemaker("model-package/dev-churn/4"))],
  ["pipeline", on("lambda:InvokeFunction", arn("lambda", "function:other"))],
  ["pipeline", on("s3:GetObject", object("data/churn/train/a.csv"))],
  ["pipeline", passing("arn:aws:iam::000000000000:role/admin", "sagemaker.amazonaws.com")],
  ["searching", on("sagemaker:CreateTrainingJob", sagemaker("training-job/pipelines-abc-Train-def"))],
  ["pods", on("s3:GetObject", object("data/other/a.csv"))],
  ["pods", on("s3:PutObject", object("data/churn/a.csv"))],
  ["pods", on("s3:GetObject", object("samples/churn/date=2026-01-01/a.jsonl.gz"))],
  ["pods", on("s3:GetObject", object("metadata/churn/runs/run.json"))],
  ["pods", on("s3:PutObject", object("metadata/other/runs/run.json"))],
  ["pods", on("s3:DeleteObject", object("models/churn/run/output/model.tar.gz"))],
  ["pods", on("s3:PutObject", object("models/other/run/output/model.tar.gz"))],
  ["pods", listing("")],
  ["glue", on("s3:GetObject", object("source/other/prepare.py"))],
  ["glue", on("s3:PutObject", object("data/churn/a.csv"))],
  ["task", on("s3:PutObject", object("models/churn/run/model.tar.gz"))],
  ["gate", on("s3:PutObject", object("outputs/churn/run/evaluation.json"))],
  ["gate", on("s3:GetObject", object("data/churn/a.csv"))],
  ["endpoints", on("sagemaker:UpdateEndpoint", sagemaker("endpoint/dev-churn"))],
  ["endpoints", on("sagemaker:DescribeEndpoint", sagemaker("endpoint/dev-other"))],
  ["approval", item("UpdateItem", "model#churn")],
  ["approval", on("states:StartExecution", arn("states", "stateMachine:dev-churn-training"))],
  ["approval", on("states:SendTaskSuccess", arn("states", "stateMachine:prod-churn-training"))],
  ["registrar", on("s3:PutObject", object("models/churn/run/job/output/model.tar.gz"))],
  ["registrar", on("s3:GetObject", object("outputs/churn/run/evaluation.json"))],
  ["registrar", on("states:StartExecution", arn("states", "stateMachine:dev-churn-training"))],
];

describe("permissions of training", () => {
  for (const [who, request] of allow) {
    it(`${who} may ${request.action} ${request.resource} ${Object.values(request.context ?? {}).join()}`, () => {
      expect(allowed(roles[who]!, request)).to.equal(true);
    });
  }
  for (const [who, request] of deny) {
    it(`${who} may not ${request.action} ${request.resource} ${Object.values(request.context ?? {}).join()}`, () => {
      expect(allowed(roles[who]!, request)).to.equal(false);
    });
  }

  it("each role is in both lists", () => {
    const missing = (list: typeof allow) => Object.keys(roles).filter((who) => !list.some(([other]) => other === who));
    expect(missing(allow)).to.deep.equal([]);
    expect(missing(deny)).to.deep.equal(["taskStart"]); // It has one repository and one log, both above.
    expect(allowed(roles.taskStart!, on("s3:GetObject", object("data/churn/a.csv")))).to.equal(false);
  });

  it("names no resource only for actions that have none, and each statement once", () => {
    for (const [who, statements] of Object.entries(roles)) {
      const any = statements.filter(({ Resource }) => Resource.includes("*")).flatMap(({ Action }) => Action);
      expect(
        any.filter((action) => !anyResourceActions.has(action)),
        who,
      ).to.deep.equal([]);
      expect(
        statements.every(({ Resource }) => Resource.length > 0),
        who,
      ).to.equal(true);
      const sids = statements.map(({ Sid }) => Sid);
      expect(new Set(sids).size, who).to.equal(sids.length);
    }
  });

  it("reads live traffic only where the gate asks for drift, and pulls nothing of somebody else's registry", () => {
    const [other] = [
      runTrainingJobs(account, {
        ...scope,
        jobPrefixes: ["dev-churn-"],
        image: "registry.example.com/ml/train:7",
        prepared: false,
        samples: true,
      }),
    ];
    expect(allowed(other, on("s3:GetObject", object("samples/churn/date=2026-01-01/a.jsonl.gz")))).to.equal(true);
    expect(other.map(({ Sid }) => Sid)).to.not.include("PullImage");
  });
});
