/** SageMaker, and what its data and loops stand on. */
import { type Kind, named, numbered } from "./kind";

const sagemaker: Kind = {
  service: "sagemaker",
  types: [
    ...["dataQualityJobDefinition", "domain", "endpoint", "endpointConfiguration", "featureGroup", "model"],
    ...["modelPackageGroup", "monitoringSchedule", "notebookInstance", "notebookInstanceLifecycleConfiguration"],
    ...["pipeline", "userProfile"],
  ].map((type) => `sagemaker/${type}`),
  reads: [
    ...["DescribeDataQualityJobDefinition", "DescribeDomain", "DescribeEndpoint", "DescribeEndpointConfig"],
    ...["DescribeFeatureGroup", "DescribeModel", "DescribeModelPackageGroup", "DescribeMonitoringSchedule"],
    ...["DescribeNotebookInstance", "DescribeNotebookInstanceLifecycleConfig", "DescribePipeline"],
    ...["DescribeUserProfile", "GetModelPackageGroupPolicy", "ListTags"],
  ],
  writes: [
    ...["AddTags", "CreateDataQualityJobDefinition", "CreateDomain", "CreateEndpoint", "CreateEndpointConfig"],
    ...["CreateFeatureGroup", "CreateModel", "CreateModelPackageGroup", "CreateMonitoringSchedule"],
    ...["CreateNotebookInstance", "CreateNotebookInstanceLifecycleConfig", "CreatePipeline", "CreateUserProfile"],
    ...["DeleteDataQualityJobDefinition", "DeleteDomain", "DeleteEndpoint", "DeleteEndpointConfig"],
    ...["DeleteFeatureGroup", "DeleteModel", "DeleteModelPackageGroup", "DeleteMonitoringSchedule"],
    ...["DeleteNotebookInstance", "DeleteNotebookInstanceLifecycleConfig", "DeletePipeline", "DeleteTags"],
    ...["DeleteUserProfile", "StartNotebookInstance", "StopNotebookInstance", "UpdateDomain", "UpdateEndpoint"],
    ...["UpdateFeatureGroup", "UpdateMonitoringSchedule", "UpdateNotebookInstance"],
    ...["UpdateNotebookInstanceLifecycleConfig", "UpdatePipeline", "UpdateUserProfile"],
  ],
  resources: (names) => [
    ...named(
      "sagemaker",
      ...[
        ...["data-quality-job-definition", "endpoint", "endpoint-config", "feature-group", "model"],
        ...["model-package-group", "monitoring-schedule", "notebook-instance"],
        ...["notebook-instance-lifecycle-config", "pipeline"],
      ].map((kind) => `${kind}/`),
    )(names),
    ...numbered("sagemaker", "domain/", "user-profile/")(names), // By the number of the domain.
  ],
};

/** The catalogue has the stack's name in words that SQL takes. */
const catalogue: Kind = {
  service: "glue",
  types: ["glue/catalogDatabase", "glue/catalogTable"],
  reads: ["GetDatabase", "GetTable", "GetTables", "GetPartitionIndexes"],
  writes: ["CreateDatabase", "CreateTable", "DeleteDatabase", "DeleteTable", "UpdateDatabase", "UpdateTable"],
  resources: ({ account, stack }) => {
    const database = stack.replace(/-/g, "_");
    return ["catalog", `database/${database}`, `table/${database}/*`].map(
      (resource) => `arn:${account.partition}:glue:${account.region}:${account.accountId}:${resource}`,
    );
  },
};

const jobs: Kind = {
  service: "glue",
  types: ["glue/crawler", "glue/job"],
  reads: ["GetCrawler", "GetJob", "GetTags"],
  writes: [
    ...["CreateJob", "DeleteCrawler", "DeleteJob", "StopCrawler", "TagResource", "UntagResource", "UpdateCrawler"],
    "UpdateJob",
  ],
  creates: ["CreateCrawler"],
  resources: named("glue", "crawler/", "job/"),
};

const jobSecurity: Kind = {
  service: "glue",
  types: ["glue/securityConfiguration"],
  reads: [],
  lists: ["GetSecurityConfiguration"],
  creates: ["CreateSecurityConfiguration", "DeleteSecurityConfiguration"],
  resources: () => [],
};

const queries: Kind = {
  service: "athena",
  types: ["athena/workgroup"],
  reads: ["GetWorkGroup", "ListTagsForResource"],
  writes: ["CreateWorkGroup", "DeleteWorkGroup", "TagResource", "UntagResource", "UpdateWorkGroup"],
  resources: ({ account, stack }) =>
    [stack, `${stack}.*`].map(
      (name) => `arn:${account.partition}:athena:${account.region}:${account.accountId}:workgroup/${name}`,
    ),
};

const scaling: Kind = {
  service: "application-autoscaling",
  types: ["appautoscaling/target", "appautoscaling/policy"],
  reads: ["ListTagsForResource"],
  lists: ["DescribeScalableTargets", "DescribeScalingPolicies"],
  writes: [
    ...["DeleteScalingPolicy", "DeregisterScalableTarget", "PutScalingPolicy", "RegisterScalableTarget"],
    ...["TagResource", "UntagResource"],
  ],
  resources: numbered("application-autoscaling", "scalable-target/"),
};

const airflow: Kind = {
  service: "airflow",
  types: ["mwaa/environment"],
  reads: ["GetEnvironment", "ListTagsForResource"],
  writes: ["CreateEnvironment", "DeleteEnvironment", "TagResource", "UntagResource", "UpdateEnvironment"],
  resources: ({ account, stack }) => [
    `arn:${account.partition}:airflow:${account.region}:${account.accountId}:environment/${stack}`,
  ],
};

export const models: readonly Kind[] = [sagemaker, catalogue, jobs, jobSecurity, queries, scaling, airflow];
