import { expect } from "chai";
import {
  notebookRoles,
  type StudioScope,
  studioRoles,
  workInNotebook,
  workInStudio,
} from "../../components/identity/policies/studio";
import { type PolicyStatement, policyDocument } from "../../components/lib/statements";
import { anyResourceActions } from "../../policy/anyResourceActions";
import { account, keyArn } from "../support/foundation";
import { allowed, type Request } from "../support/policyEvaluator";

const scope: StudioScope = {
  stackName: "dev",
  store: { bucketArn: "arn:aws:s3:::data", keyArn },
  catalog: { databaseName: "dev", workgroupName: "dev" },
  pipelines: true,
  featureGroups: ["dev-churn"],
  trained: ["churn"],
  endpointNames: ["dev-churn"],
  sources: [],
  podLogs: ["dev/pods/jupyterhub", "dev/pods/airflow-tasks"],
};
const of = (service: string, what: string) => `arn:aws:${service}:eu-west-1:000000000000:${what}`;
const pipeline = (what: string) => of("sagemaker", `pipeline/${what}`);
const object = (key: string) => `arn:aws:s3:::data/${key}`;
const session = { "sagemaker:DomainId": "d-1", "sagemaker:UserProfileName": "ann" };
const space = (owner: string, sharing = "Private") => ({
  ...session,
  "sagemaker:OwnerUserProfileArn": of("sagemaker", `user-profile/d-1/${owner}`),
  "sagemaker:SpaceSharingType": sharing,
});
const on = (action: string, resource: string, context: Request["context"] = session): Request => ({
  action,
  resource,
  context,
});

/** Who may: d for dataScientist, m for mlEngineer, a for approver, v for viewer. */
const matrix: [who: string, request: Request][] = [
  ["dmav", on("sagemaker:ListEndpoints", "*")],
  ["dmav", on("sagemaker:DescribeEndpoint", of("sagemaker", "endpoint/dev-churn"))],
  ["", on("sagemaker:DescribeEndpoint", of("sagemaker", "endpoint/prod-churn"))],
  ["dmav", on("sagemaker:DescribeModelPackage", of("sagemaker", "model-package/dev-churn/3"))],
  ["dmav", on("states:DescribeExecution", of("states", "execution:dev-churn-training:run-1"))],
  ["", on("states:DescribeExecution", of("states", "execution:prod-churn-training:run-1"))],
  ["", on("states:DescribeExecution", of("states", "execution:dev-churn-batch:run-1"))],
  ["", on("sagemaker:DescribeModelPackage", of("sagemaker", "model-package/prod-churn/3"))],
  ["dmav", on("sagemaker:ListPipelines", "*")],
  ["dmav", on("sagemaker:ListPipelineExecutions", pipeline("dev-churn-training"))],
  ["dmav", on("sagemaker:DescribePipelineExecution", pipeline("dev-churn-training/execution/a1"))],
  ["dmav", on("sagemaker:ListPipelineExecutionSteps", pipeline("dev-churn-training/execution/a1"))],
  ["", on("sagemaker:DescribePipeline", pipeline("prod-churn-training"))],
  ["", on("sagemaker:DescribePipelineExecution", pipeline("prod-churn-training/execution/a1"))],
  ["m", on("sagemaker:StopPipelineExecution", pipeline("dev-churn-training/execution/a1"))],
  ["", on("sagemaker:StopPipelineExecution", pipeline("prod-churn-training/execution/a1"))],
  ["", on("sagemaker:StartPipelineExecution", pipeline("dev-churn-training"))],
  ["", on("sagemaker:UpdatePipeline", pipeline("dev-churn-training"))],
  ["dmav", on("sagemaker:DescribeDomain", of("sagemaker", "domain/d-1"))],
  ["", on("sagemaker:DescribeDomain", of("sagemaker", "domain/d-2"))],

  ["dm", on("sagemaker:CreateSpace", of("sagemaker", "space/d-1/mine"), space("ann"))],
  ["", on("sagemaker:CreateSpace", of("sagemaker", "space/d-1/his"), space("bob"))],
  ["", on("sagemaker:CreateSpace", of("sagemaker", "space/d-1/ours"), space("ann", "Shared"))],
  ["", on("sagemaker:CreateSpace", of("sagemaker", "space/d-2/mine"), space("ann"))],
  ["dm", on("sagemaker:CreateApp", of("sagemaker", "app/d-1/ann/JupyterLab/default"), space("ann"))],
  ["", on("sagemaker:DeleteApp", of("sagemaker", "app/d-1/bob/JupyterLab/default"), space("bob"))],

  ["dm", on("logs:FilterLogEvents", of("logs", "log-group:dev/pods/jupyterhub:*"))],
  ["dm", on("logs:StartQuery", of("logs", "log-group:dev/pods/airflow-tasks:*"))],
  ["", on("logs:FilterLogEvents", of("logs", "log-group:dev/pods/mlflow:*"))],
  ["", on("logs:FilterLogEvents", of("logs", "log-group:prod/pods/jupyterhub:*"))],
  ["", on("logs:DeleteLogStream", of("logs", "log-group:dev/pods/jupyterhub:log-stream:jupyter-ann.notebook"))],
  ["", on("logs:PutLogEvents", of("logs", "log-group:dev/pods/jupyterhub:log-stream:jupyter-ann.notebook"))],

  ["dm", on("athena:StartQueryExecution", of("athena", "workgroup/dev"))],
  ["", on("athena:StartQueryExecution", of("athena", "workgroup/primary"))],
  ["dm", on("glue:GetTable", of("glue", "table/dev/features_churn"))],
  ["", on("glue:DeleteTable", of("glue", "table/dev/features_churn"))],
  ["dm", on("s3:GetObject", object("data/churn/1.csv"))],
  ["dm", on("s3:GetObject", object("features/churn/1.parquet"))],
  ["dma", on("s3:GetObject", object("metadata/churn/runs/1.json"))],
  ["ma", on("s3:GetObject", object("outputs/churn/1/evaluation.json"))],
  ["m", on("s3:GetObject", object("models/churn/1/output/model.tar.gz"))],
  ["", on("s3:GetObject", object("capture/churn/1.jsonl"))],
  ["dm", on("s3:PutObject", object("scratch/ann/1.csv"))],
  ["", on("s3:PutObject", object("data/churn/1.csv"))],
  ["", on("s3:PutObject", object("models/churn/champion/model.tar.gz"))],
  ["", on("s3:DeleteObject", object("metadata/churn/runs/1.json"))],
  ["", on("s3:PutBucketPolicy", "arn:aws:s3:::data")],

  ["dm", on("sagemaker:GetRecord", of("sagemaker", "feature-group/dev-churn"))],
  ["dm", on("sagemaker:PutRecord", of("sagemaker", "feature-group/dev-churn"))],
  ["", on("sagemaker:PutRecord", of("sagemaker", "feature-group/prod-churn"))],
  ["", on("sagemaker:DeleteFeatureGroup", of("sagemaker", "feature-group/dev-churn"))],

  ["dm", on("states:StartExecution", of("states", "stateMachine:dev-churn-training"))],
  ["", on("states:StartExecution", of("states", "stateMachine:prod-churn-training"))],
  ["", on("states:StartExecution", of("states", "stateMachine:dev-churn-batch"))],
  ["m", on("states:StopExecution", of("states", "execution:dev-churn-training:run-1"))],
  ["m", on("sagemaker:InvokeEndpoint", of("sagemaker", "endpoint/dev-churn"))],
  ["a", on("sagemaker:UpdateModelPackage", of("sagemaker", "model-package/dev-churn/3"))],
  ["", on("sagemaker:UpdateModelPackage", of("sagemaker", "model-package/prod-churn/3"))],
  ["", on("sagemaker:DeleteModelPackage", of("sagemaker", "model-package/dev-churn/3"))],

  ["", on("sagemaker:UpdateEndpoint", of("sagemaker", "endpoint/dev-churn"))],
  ["", on("sagemaker:DeleteEndpoint", of("sagemaker", "endpoint/dev-churn"))],
  ["", on("sagemaker:CreateTrainingJob", of("sagemaker", "training-job/x"))],
  ["", on("sagemaker:CreatePresignedDomainUrl", of("sagemaker", "user-profile/d-1/bob"))],
  ["", on("sagemaker:UpdateDomain", of("sagemaker", "domain/d-1"))],
  ["", on("sagemaker:UpdateUserProfile", of("sagemaker", "user-profile/d-1/ann"))],
  ["", on("sagemaker:CreateNotebookInstance", of("sagemaker", "notebook-instance/x"))],
  ["", on("iam:PassRole", "arn:aws:iam::000000000000:role/dev-churn")],
  ["", on("iam:CreateRole", "arn:aws:iam::000000000000:role/mine")],
  ["", on("sts:AssumeRole", "arn:aws:iam::000000000000:role/admin")],
  ["", on("kms:ScheduleKeyDeletion", keyArn)],
  ["", on("kms:CreateGrant", keyArn)],
  ["dm", on("kms:CreateGrant", keyArn, { "kms:GrantIsForAWSResource": "true" })],
  ["", on("secretsmanager:GetSecretValue", of("secretsmanager", "secret:sign-in"))],
];
const letters = { dataScientist: "d", mlEngineer: "m", approver: "a", viewer: "v" };

describe("what people may do in Studio, decided as IAM decides", () => {
  for (const role of studioRoles) {
    const statements = workInStudio(account, role, scope);
    for (const [who, request] of matrix) {
      const may = who.includes(letters[role]);
      const what = `${request.action} on ${request.resource.split(":").slice(2).join(":")}`;
      const owner = request.context?.["sagemaker:OwnerUserProfileArn"];
      it(`${role}: ${may ? "may" : "may not"} ${what}${owner ? ` of ${String(owner).split("/").at(-1)}` : ""}`, () => {
        expect(allowed(statements, request)).to.equal(may);
      });
    }

    it(`${role}: each action by name, * for listed actions only, no Sid twice, and it fits into a policy`, () => {
      expect(new Set(statements.map(({ Sid }) => Sid)).size).to.equal(statements.length);
      for (const { Action, Resource, Sid } of statements) {
        expect(Sid).to.match(/^[A-Za-z0-9]+$/);
        for (const action of Action) expect(action).to.match(/^[a-z0-9]+:[A-Za-z]+$/);
        if (Resource.includes("*")) expect(Action.filter((each) => !anyResourceActions.has(each))).to.deep.equal([]);
      }
      expect(policyDocument(statements).length).to.be.below(10_240);
    });

    it(`${role}: nothing of what is not there`, () => {
      const none = { pipelines: false, featureGroups: [], trained: [], endpointNames: [], sources: [], podLogs: [] };
      const bare = { stackName: "dev", store: { bucketArn: "arn:aws:s3:::data" }, ...none };
      const text = JSON.stringify(workInStudio(account, role, bare));
      expect(text).to.not.match(/kms:|athena:|pods\/|feature-group\/|states:|endpoint\/|model-package|[pP]ipeline/);
      expect(text).to.not.contain('"Resource":[]');
    });
  }
});

describe("what people may do in a stack of many models", () => {
  const names = Array.from({ length: 30 }, (_, at) => `mlplatform-production-model-with-a-long-name-${at}`);
  const trained = names.map((name) => name.slice("mlplatform-production-".length));
  const many = { ...scope, stackName: "mlplatform-production", featureGroups: names, trained, endpointNames: names };
  const fits = (statements: PolicyStatement[]) => expect(policyDocument(statements).length).to.be.below(10_240);

  for (const role of studioRoles) {
    it(`fits into a policy: ${role}, of all thirty`, () => {
      const statements = workInStudio(account, role, many);
      fits(statements);
      for (const name of names) {
        const packages = of("sagemaker", `model-package/${name}/1`);
        expect(allowed(statements, on("sagemaker:DescribeModelPackage", packages))).to.equal(true);
        expect(allowed(statements, on("sagemaker:DescribeEndpoint", of("sagemaker", `endpoint/${name}`)))).to.equal(
          true,
        );
      }
    });
  }
  for (const role of notebookRoles) {
    it(`fits into a policy: a notebook instance of ${role}`, () => {
      fits(workInNotebook(account, role, many, "mlplatform-production-ann"));
    });
  }

  it("knows pipelines by their small names, however the stack is written", () => {
    const statements = workInStudio(account, "viewer", { ...scope, stackName: "ml-Dev" });
    const request = on("sagemaker:DescribePipeline", pipeline("ml-dev-churn-training"));
    expect(allowed(statements, request)).to.equal(true);
  });
});

describe("what a notebook instance may do, decided as IAM decides", () => {
  const logs = (stream: string) => of("logs", `log-group:/aws/sagemaker/NotebookInstances:log-stream:${stream}`);
  const plain = (action: string, resource: string) => on(action, resource, {});
  const table: [who: string, request: Request][] = [
    ["dm", plain("s3:GetObject", object("source/notebooks/examples.zip"))],
    ["dm", plain("s3:GetObject", object("data/churn/1.csv"))],
    ["dm", plain("s3:PutObject", object("scratch/ann/1.csv"))],
    ["dm", plain("states:StartExecution", of("states", "stateMachine:dev-churn-training"))],
    ["dm", plain("logs:PutLogEvents", logs("dev-ann/jupyter.log"))],
    ["m", plain("sagemaker:InvokeEndpoint", of("sagemaker", "endpoint/dev-churn"))],
    ["m", plain("s3:GetObject", object("models/churn/1/output/model.tar.gz"))],
    ["", plain("s3:PutObject", object("source/notebooks/examples.zip"))],
    ["", plain("s3:GetObject", object("source/churn/prepare.py"))],
    ["", plain("s3:GetObject", object("capture/churn/1.jsonl"))],
    ["", plain("logs:PutLogEvents", logs("prod-ann/jupyter.log"))],
    ["", plain("sagemaker:CreatePresignedNotebookInstanceUrl", of("sagemaker", "notebook-instance/dev-bob"))],
    ["", plain("sagemaker:CreateSpace", of("sagemaker", "space/d-1/mine"))],
    ["", plain("sagemaker:UpdateModelPackage", of("sagemaker", "model-package/dev-churn/3"))],
  ];
  for (const role of notebookRoles) {
    const statements = workInNotebook(account, role, scope, "dev-ann");
    for (const [who, request] of table) {
      const may = who.includes(letters[role]);
      it(`${role}: ${may ? "may" : "may not"} ${request.action} on ${request.resource.split(":").slice(2).join(":")}`, () => {
        expect(allowed(statements, request)).to.equal(may);
      });
    }

    it(`${role}: each action by name, * for listed actions only, no Sid twice, and it fits into a policy`, () => {
      expect(new Set(statements.map(({ Sid }) => Sid)).size).to.equal(statements.length);
      for (const { Action, Resource } of statements) {
        expect(Action.join()).to.not.contain("*");
        if (Resource?.includes("*")) expect(Action.filter((each) => !anyResourceActions.has(each))).to.deep.equal([]);
      }
      expect(policyDocument(statements).length).to.be.below(10240);
    });
  }
});
