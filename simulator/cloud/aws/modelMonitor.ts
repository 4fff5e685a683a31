/** Checks of captured requests. Limits: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateDataQualityJobDefinition.html */
import { instanceTypeFacts } from "../../../components/lib/instanceTypes";
import type { Properties } from "../values";
import { between, describeTypes, like, oneOf, Refusal, type Situation } from "./describe";
import * as type from "./tokens";

const name = {
  longest: 63,
  allowed: /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/,
  allowedMeans: "letters, digits and dashes, no dash first or last",
};
const definition = "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition";
const uri = /^s3:\/\/[a-z0-9.-]+\/\S+$/;
const cluster = "jobResources.clusterConfig";
const baseline = "dataQualityBaselineConfig";
/** https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-schedule-expression.html */
const schedules = /^(cron\(0 \* \? \* \* \*\)|cron\(0 \d{1,2}(\/\d{1,2})? \? \* \* \*\)|NOW)$/;

describeTypes(
  {
    type: definition,
    id: (x) => x.inputs.name,
    arn: "sagemaker:{region}:{account}:data-quality-job-definition/{name}",
    name,
    forces: [
      ...["dataQualityAppSpecification", "dataQualityBaselineConfig", "dataQualityJobInput", "networkConfig"],
      ...["dataQualityJobOutputConfig", "jobResources", "stoppingCondition"],
    ],
    refs: {
      roleArn: type.roleReference,
      "dataQualityJobInput.endpointInput.endpointName": { to: [type.sagemakerEndpoint], holds: false },
      "dataQualityJobOutputConfig.kmsKeyId": type.keyReference,
      [`${cluster}.volumeKmsKeyId`]: type.keyReference,
      "networkConfig.vpcConfig.subnets[]": type.subnet,
      "networkConfig.vpcConfig.securityGroupIds[]": type.securityGroup,
    },
    limits: [
      like(`${baseline}.constraintsResource.s3Uri`, uri, "s3://bucket/key"),
      like(`${baseline}.statisticsResource.s3Uri`, uri, "s3://bucket/key"),
      like("dataQualityAppSpecification.recordPreprocessorSourceUri", uri, "s3://bucket/key"),
      between(`${cluster}.instanceCount`, 1, 100),
      between(`${cluster}.volumeSizeInGb`, 1, 512, "GiB"),
      between("stoppingCondition.maxRuntimeInSeconds", 1, 3600, "seconds"),
      {
        path: `${cluster}.instanceType`,
        wrong: (value) =>
          instanceTypeFacts(String(value).replace(/^ml\./, "")) ? undefined : `is ${JSON.stringify(value)}`,
      },
    ],
    verify: capturesRequests,
  },
  {
    type: "aws:sagemaker/monitoringSchedule:MonitoringSchedule",
    id: (x) => x.inputs.name,
    arn: "sagemaker:{region}:{account}:monitoring-schedule/{name}",
    name,
    refs: { "monitoringScheduleConfig.monitoringJobDefinitionName": definition },
    limits: [
      oneOf(
        "monitoringScheduleConfig.monitoringType",
        ...["DataQuality", "ModelQuality", "ModelBias", "ModelExplainability"],
      ),
      like("monitoringScheduleConfig.scheduleConfig.scheduleExpression", schedules, "every hour, every few, every day"),
    ],
  },
);

/** A monitor of an endpoint that keeps nothing is refused. */
function capturesRequests(x: Situation): void {
  const endpoint = x.referred("dataQualityJobInput.endpointInput.endpointName");
  const config = x.account.resolve([type.sagemakerConfiguration], endpoint?.outputs.endpointConfigName ?? "");
  const capture = config?.outputs.dataCaptureConfig as Properties | undefined;
  if (config !== undefined && capture?.enableCapture !== true) {
    throw new Refusal("ValidationException", `data capture is not enabled for endpoint ${endpoint?.id}`);
  }
}
