/**
 * Who runs under each role of a stack, by the role's name. What their code calls is read from it; `besides` is what no code of ours says: what a
 * service does in their name, and what libraries do. It is written here with its reason, and nothing is granted that is in neither.
 */
export type Source =
  | { kind: "function"; folder: string }
  /** Files by the service that they have a client of. */
  | { kind: "python"; files: Readonly<Record<string, readonly string[]>> }
  | { kind: "machine" }
  /** Schedules that call AWS themselves. */
  | { kind: "schedules" }
  | { kind: "pipeline" }
  /** A service, a chart's own program or a person: all that they do is in `besides`. */
  | { kind: "others" };

export interface Actor {
  /** Of the logical names of its roles' policies. */
  role: RegExp;
  source: Source;
  /** By action, or the beginning of one that ends in `*`. */
  besides: Record<string, string>;
  /** Calls of its code that a role need not be allowed: other roles run the same code. */
  sometimes?: readonly string[];
}

const lambdaLogs = {
  "logs:CreateLogStream": "AWS Lambda writes the function's log with its role",
  "logs:PutLogEvents": "AWS Lambda writes the function's log with its role",
};
const key = {
  "kms:Decrypt": "the store or the table opens what is there with the caller's rights to the key",
  "kms:GenerateDataKey": "the store encrypts what is put with the caller's rights to the key",
  "kms:DescribeKey": "SageMaker looks at a key before it uses it",
};
const grants = { "kms:CreateGrant": "volumes of instances are encrypted by a grant" };
const uploads = {
  "s3:AbortMultipartUpload": "boto3 uploads large files in parts, and takes a failed one back",
  "s3:ListMultipartUploadParts": "uploads in parts are looked at when they are resumed",
  "s3:GetBucketLocation": "clients of S3 look for the bucket's region",
};
const objects = {
  "s3:GetObject": "reads what the folder holds",
  "s3:PutObject": "writes what it leaves",
  "s3:ListBucket": "lists the folder, without which a missing object is answered like a forbidden one",
};
const image = {
  "ecr:BatchCheckLayerAvailability": "the service pulls the container's image",
  "ecr:BatchGetImage": "the service pulls the container's image",
  "ecr:GetDownloadUrlForLayer": "the service pulls the container's image",
  "ecr:GetAuthorizationToken": "the service signs in to the registry of images",
};
const logs = {
  "logs:CreateLogGroup": "the service makes the log where nobody has",
  "logs:CreateLogStream": "the service writes the log of the container",
  "logs:DescribeLogStreams": "the service looks where it left the log",
  "logs:PutLogEvents": "the service writes the log of the container",
  "logs:AssociateKmsKey": "Glue encrypts the log that it makes",
};
const metrics = { "cloudwatch:PutMetricData": "the service reports the instances' metrics" };
const network = { "ec2:*": "the service puts interfaces into the VPC and looks where" };
const alarms = { "cloudwatch:DescribeAlarms": "a deployment is taken back by its alarms" };
const delivery = { "logs:*": "Step Functions delivers the machine's log: cw-logs.html of its guide" };
const seen = (action: string) => [`glue:${action}`, "code of the model's own reads tables of a source by the catalog"];
const tables: Record<string, string> = Object.fromEntries(
  ["BatchGetPartition", "GetDatabase", "GetDatabases", "GetPartition", "GetPartitions", "GetTable", "GetTables"].map(
    seen,
  ),
);
const job = { ...objects, ...uploads, ...key, ...grants, ...image, ...logs, ...metrics, ...network };
const mayTag = {
  "sagemaker:AddTags": "tags are put by the call that makes the thing, with a permission of its own",
  "sagemaker:ListTags": "SageMaker reads tags back where it is asked to put some",
};
const passes = { "iam:PassRole": "whoever makes a job or a model gives it its role" };
const pushes = {
  ...image,
  "ecr:CompleteLayerUpload": "docker pushes the image",
  "ecr:DescribeImages": "scripts of delivery look whether the commit's image is there already",
  "ecr:InitiateLayerUpload": "docker pushes the image",
  "ecr:PutImage": "docker pushes the image",
  "ecr:UploadLayerPart": "docker pushes the image",
};
const people = (what: string) => ({
  "*": `a person's: ${what}; test/identity/studio.test.ts holds each, and what is denied`,
});

const python = (files: Record<string, readonly string[]>): Source => ({ kind: "python", files });
/** Of the packages of models: those who run a model read it, the Job that builds packages writes too. */
const published = "model-server/src/model_server/environments/published.py";
/** Which versions of the data a run has read. */
const manifest = "mlplatform/src/mlplatform/history/manifest.py";
/** Of whoever publishes features, reads their history or looks them up. */
const featureStore = "mlplatform/src/mlplatform/feature_store/sagemaker.py";
const onFeatures = ["BatchGetRecord", "DeleteRecord", "PutRecord"].map((action) => `sagemaker:${action}`);
const release = (...files: string[]) => files.map((file) => `release/src/model_release/${file}.py`);

export const actors: readonly Actor[] = [
  { role: /delivery\.images$/, source: { kind: "others" }, besides: pushes },
  {
    role: /pipelines-own\.(build|train|deploy|smoke)$/,
    source: { kind: "others" },
    besides: {
      ...{ ...pushes, ...key },
      "logs:CreateLogStream": "CodeBuild writes the log of the build",
      "logs:PutLogEvents": "CodeBuild writes the log of the build",
      "codeconnections:UseConnection": "CodeBuild clones the commit: action-reference-CodestarConnectionSource.html",
      "s3:GetObject": "CodeBuild takes the source from the pipeline's bucket",
      "s3:GetObjectVersion": "CodeBuild takes the source from the pipeline's bucket",
      "s3:PutObject": "CodeBuild leaves what it makes in the pipeline's bucket",
      "sagemaker:InvokeEndpoint": "workloads/delivery/smoke.sh",
      "sagemaker:ListModelPackages": "workloads/delivery/train.sh",
      "sagemaker:UpdateModelPackage": "workloads/delivery/train.sh and deploy.sh",
      "states:DescribeExecution": "workloads/delivery/train.sh and deploy.sh",
      "states:StartExecution": "workloads/delivery/train.sh",
    },
  },
  {
    role: /pipelines-own$/,
    source: { kind: "others" },
    besides: {
      ...key,
      "codebuild:BatchGetBuilds": "CodePipeline runs its projects: how-to-custom-role.html",
      "codebuild:StartBuild": "CodePipeline runs its projects: how-to-custom-role.html",
      "codeconnections:UseConnection": "CodePipeline fetches the commit: how-to-custom-role.html",
      "s3:GetObject": "CodePipeline exchanges artifacts: how-to-custom-role.html",
      "s3:GetObjectVersion": "CodePipeline exchanges artifacts: how-to-custom-role.html",
      "s3:PutObject": "CodePipeline exchanges artifacts: how-to-custom-role.html",
      "states:DescribeExecution": "CodePipeline waits for scoring: action-reference-StepFunctions.html",
      "states:DescribeStateMachine": "CodePipeline waits for scoring: action-reference-StepFunctions.html",
      "states:StartExecution": "CodePipeline starts scoring: action-reference-StepFunctions.html",
    },
  },
  {
    role: /delivery-own$/,
    source: { kind: "others" },
    besides: {
      ...pushes,
      "states:StartExecution": "the repository's workflow starts training",
      "states:DescribeExecution": "the repository's workflow waits for the run",
    },
  },
  {
    role: /database-access$/,
    source: { kind: "function", folder: "databaseAccess" },
    besides: { ...lambdaLogs, ...key },
  },
  {
    role: /(batch|training)-runs$/,
    source: { kind: "function", folder: "machineRuns" },
    besides: { ...lambdaLogs, ...key },
    // Only runs of training hold a turn.
    sometimes: ["DeleteItem", "GetItem", "UpdateItem"].map((action) => `dynamodb:${action}`),
  },
  { role: /endpoint-release$/, source: { kind: "function", folder: "endpointRelease" }, besides: lambdaLogs },
  { role: /endpoint-ends$/, source: { kind: "machine" }, besides: {} },
  { role: /endpoint-ends-age$/, source: { kind: "function", folder: "endpointStatus" }, besides: lambdaLogs },
  { role: /training-endpoint$/, source: { kind: "function", folder: "endpointStatus" }, besides: lambdaLogs },
  { role: /training-packages$/, source: { kind: "function", folder: "packageVersions" }, besides: lambdaLogs },
  { role: /training-pipelines$/, source: { kind: "function", folder: "pipelineRuns" }, besides: lambdaLogs },
  {
    role: /training-gate$/,
    source: { kind: "function", folder: "trainingGate" },
    besides: { ...lambdaLogs, ...key, "s3:ListBucket": objects["s3:ListBucket"] },
  },
  {
    role: /training-approval$/,
    source: { kind: "function", folder: "trainingApproval" },
    besides: { ...lambdaLogs, ...key },
  },
  {
    role: /models-release-controller$/,
    source: python({
      s3: release("pack", "artifacts", "records"),
      sagemaker: release("endpoint_calls"),
      "application-autoscaling": release("endpoint_scaling"),
      cloudwatch: release("endpoint_scaling"),
    }),
    sometimes: ["cloudwatch:ListTagsForResource"],
    besides: {
      ...{ ...mayTag, ...passes, ...key, ...grants, ...uploads, ...alarms },
      "sagemaker:DescribeModel": "SageMaker looks at the model that a configuration names with the caller's rights",
      "sagemaker:ListEndpointConfigs": "people who look for what is left over use the controller's role",
      "sagemaker:ListModels": "people who look for what is left over use the controller's role",
      "sagemaker:UpdateEndpointWeightsAndCapacities":
        "Application Auto Scaling asks whether who registers a target may do what scaling does",
      "cloudwatch:DeleteAlarms": "the alarms of a scaling policy are changed with the rights of who puts it",
      "application-autoscaling:TagResource": "tags are put by the call that registers the target",
      "s3:DeleteObject": "an upload that did not end is deleted",
    },
  },
  {
    role: /models-environments$/,
    source: python({ s3: [published] }),
    besides: {
      ...key,
      "s3:AbortMultipartUpload": uploads["s3:AbortMultipartUpload"],
      "s3:ListBucket": "MLflow lists the model whose packages are built; a record that is missing is answered as such",
    },
  },
  {
    role: /models-packages$/,
    source: python({ s3: release("pack", "artifacts") }),
    besides: { ...uploads, ...key, ...objects, "s3:DeleteObject": "an upload that did not end is deleted" },
  },
  {
    role: /training-registrar$/,
    source: python({ states: release("activity"), s3: [...release("unpack", "staging"), manifest] }),
    besides: { ...uploads, ...key, ...objects },
  },
  {
    role: /models-promoter$/,
    source: python({ s3: release("offering", "taking", "staging") }),
    besides: {
      ...{ ...key, ...uploads },
      "s3:PutObject": "boto3 uploads a version's files",
    },
  },
  {
    role: /models-(taken|steps|elsewhere|dags|pipeline|plain|real|hosted|own)$/,
    source: python({ s3: ["model-server/src/model_server/samples.py", published], sagemaker: [featureStore] }),
    besides: { ...key, "s3:ListBucket": objects["s3:ListBucket"] },
    // Only a server whose model has its requests sampled writes: packages are put by the Job that builds them. Features are looked up alone.
    sometimes: ["s3:PutObject", ...onFeatures],
  },
  {
    role: /batch-(steps|elsewhere)$/,
    source: python({ s3: ["model-server/src/model_server/batch/stores.py", published] }),
    besides: { ...uploads, ...key },
  },
  {
    role: /drift-monitor$/,
    source: python({
      s3: ["drift/src/drift/store.py"],
      events: ["drift/src/drift/events.py"],
      cloudwatch: ["drift/src/drift/quality/cloud_watch.py"],
    }),
    besides: { ...key, ...metrics, ...objects, ...uploads },
  },
  {
    role: /training-(steps|real|pipeline|plain|own)$/,
    source: { kind: "machine" },
    besides: {
      ...{ ...key, ...delivery, ...passes, ...mayTag },
      "ecr:BatchGetImage": "SageMaker looks at the image of a package with the rights of who registers it",
      "ecr:DescribeImages": "SageMaker looks at the image of a package with the rights of who registers it",
      "s3:GetObject": "SageMaker looks at the model of a package with the rights of who registers it",
    },
  },
  {
    role: /training-(steps|real|pipeline|plain|own)-check$/,
    source: { kind: "machine" },
    besides: { ...key, ...delivery, ...passes, ...mayTag },
  },
  {
    role: /off-hours$/,
    source: { kind: "schedules" },
    besides: { "sqs:SendMessage": "EventBridge Scheduler keeps what it could not start" },
  },
  { role: /budget-stop$/, source: { kind: "machine" }, besides: key },
  { role: /training-decisions$/, source: { kind: "machine" }, besides: delivery },
  { role: /batch-(real|scored|own)$/, source: { kind: "machine" }, besides: key },
  { role: /-pipe$/, source: { kind: "pipeline" }, besides: { "kms:Decrypt": key["kms:Decrypt"] } },
  {
    role: /(-clock|-check-at|-event|-schedule|-new|answers-(steps|real))$/,
    source: { kind: "others" },
    besides: {
      "states:StartExecution": "EventBridge starts the machine",
      "sqs:SendMessage": "EventBridge Scheduler keeps what it could not start",
      "sqs:ReceiveMessage": "a pipe empties its queue",
      "sqs:DeleteMessage": "a pipe empties its queue",
      "sqs:GetQueueAttributes": "a pipe empties its queue",
      "sagemaker:CreateProcessingJob": "EventBridge Scheduler starts the job",
      ...mayTag,
      ...passes,
    },
  },
  {
    role: /(training-\w+-jobs|answers-\w+-job|quality-\w+|endpoint-(light|real|waits|hosted|scored|own|trial)[\w-]*)$/,
    source: { kind: "others" },
    besides: {
      ...{ ...job, ...alarms },
      "s3:DeleteObject": "batch transform replaces what an earlier attempt left",
      "sagemaker:BatchGetRecord": `the model server looks features up: ${featureStore}`,
      "sagemaker:DescribeEndpoint": "Model Monitor looks which requests an endpoint captures, and where",
      "sagemaker:DescribeEndpointConfig": "Model Monitor looks which requests an endpoint captures, and where",
    },
  },
  {
    role: /training-\w+-prep$/,
    source: python({
      s3: ["prepare", "objects"].map((file) => `training-template/src/training_template/${file}.py`),
      ...{ sagemaker: [featureStore], athena: [featureStore] },
    }),
    // Of features a loop publishes, or reads the history, or does neither.
    sometimes: [
      ...onFeatures,
      ...["GetQueryExecution", "GetQueryResults", "StartQueryExecution"].map((action) => `athena:${action}`),
    ],
    besides: {
      ...{ ...job, ...tables },
      "s3:DeleteObject": "Spark writes below a temporary name and cleans up",
    },
  },
  { role: /prep-run$/, source: { kind: "others" }, besides: { ...image, ...logs } },
  {
    role: /catalog-(data|runs)$/,
    source: { kind: "others" },
    besides: {
      ...objects,
      ...uploads,
      ...key,
      ...logs,
      "glue:*": "a crawler writes tables and partitions: crawler-prereqs.html of Glue's guide",
    },
  },
  {
    role: /features-\w+$/,
    source: { kind: "others" },
    besides: {
      ...{ ...objects, ...uploads, ...key },
      "s3:GetBucketAcl": "Feature Store checks the bucket: AmazonSageMakerFeatureStoreAccess",
      "s3:PutObjectAcl": "Feature Store gives records to the bucket's owner: AmazonSageMakerFeatureStoreAccess",
    },
  },
  {
    role: /flow-logs$/,
    source: { kind: "others" },
    besides: { "logs:*": "VPC flow logs are written: flow-logs-iam-role.html" },
  },
  {
    role: /backup$/,
    source: { kind: "others" },
    besides: Object.fromEntries(
      ["backup", "cloudwatch", "ec2", "elasticfilesystem", "events", "kms", "rds", "s3", "tag"].map((service) => [
        `${service}:*`,
        "AWS Backup copies with the role: AWSBackupServiceRolePolicyForBackup and …ForS3Backup; test/identity/backup.test.ts holds each",
      ]),
    ),
  },
  {
    role: /mlflow$/,
    source: { kind: "others" },
    besides: { ...objects, ...uploads, ...key, "s3:DeleteObject": "MLflow's garbage collection deletes artifacts" },
  },
  {
    role: /airflow[\w-]*$/,
    source: { kind: "others" },
    besides: {
      ...{ ...objects, ...uploads, ...key, ...logs, ...metrics },
      "*": "Airflow's own, and MWAA's: mwaa-create-role.html",
    },
  },
  {
    role: /(hub|notebooks|user)[\w-]*$/,
    source: { kind: "others" },
    besides: people("notebooks of JupyterHub"),
  },
  { role: /studio-\w+$/, source: { kind: "others" }, besides: people("work in Studio") },
  { role: /notebook-\w+$/, source: { kind: "others" }, besides: people("work in a notebook instance") },
  {
    role: /monitoring-logs-groups$/,
    source: { kind: "others" },
    besides: {
      "logs:CreateLogStream": "Fluent Bit makes a stream for each pod: plugins/out_cloudwatch_logs/cloudwatch_api.c",
      "logs:PutLogEvents": "Fluent Bit writes lines: plugins/out_cloudwatch_logs/cloudwatch_api.c",
    },
  },
  {
    role: /(grafana|alertmanager|monitoring[\w-]*)$/,
    source: { kind: "others" },
    besides: {
      "cloudwatch:*": "Grafana's data source CloudWatch: aws-cloudwatch of its documentation",
      "logs:*": "Grafana's data source CloudWatch: aws-cloudwatch of its documentation",
      "ec2:DescribeRegions": "Grafana's data source CloudWatch: aws-cloudwatch of its documentation",
      "tag:GetResources": "Grafana's data source CloudWatch: aws-cloudwatch of its documentation",
      "sns:Publish": "Alertmanager publishes to its topics",
      ...key,
    },
  },
  {
    role: /storage-ebs$/,
    source: { kind: "others" },
    besides: { "kms:*": "the EBS driver encrypts volumes: ebs-csi.html of EKS's guide" },
  },
  {
    role: /services-[\w-]+$/,
    source: { kind: "others" },
    besides: {
      "*": "a controller of the cluster, by its own documentation: the files of components/identity/policies name it",
    },
  },
];

export function actorOf(role: string): Actor {
  const found = actors.filter(({ role: pattern }) => pattern.test(role));
  if (found.length === 0)
    throw new Error(`nobody is known to run under the role of ${role}: name them in test/identity/calls/actors.ts`);
  return found[0]!;
}

/** Why something is granted that no code of ours calls; absent: nobody says so. */
export function reason({ besides }: Actor, action: string): string | undefined {
  const entry = Object.entries(besides).find(([name]) =>
    name.endsWith("*") ? action.startsWith(name.slice(0, -1)) : name === action,
  );
  return entry?.[1];
}
