import { qualityNamespace } from "../../components/identity/policies/drift";
import { ttlTag } from "../../components/serving/sagemaker/target";
import type { PlannedResource } from "../../simulator/plan";
import { at, list, number, type PlanIndex, text } from "../planIndex";
import { definedJob, jobPrices } from "./jobs";
import { loadBalancer } from "./loadBalancers";
import { nodeGroup, nodePool } from "./machines";
import { onShare } from "./offHours";
import { hoursPerMonth, type PriceList } from "./prices";
import { chartVolumes, claimedVolume } from "./volumes";

/** So many of what has one price. */
export interface Charge {
  /** Key of the price. */
  price: string;
  /** What it is, where the resource has several charges. */
  what?: string;
  /** How many stand when nobody uses the platform; absent for what is billed by use. */
  idle?: number;
  /** How many when everything runs that the settings allow. */
  most?: number;
  /** What the reader has to know of the number. */
  note?: string;
}

export type Rule = (resource: PlannedResource, index: PlanIndex, list: PriceList) => Charge[];

const fixed = (price: string, count = 1): Charge => ({ price, idle: count, most: count });
const byUse = (price: string, what?: string): Charge => ({ price, ...(what === undefined ? {} : { what }) });
/** No resource stands for what the model server and the drift monitor tell CloudWatch of a model. */
const modelSeries = byUse("cloudwatch/custom-metric", "series of models in CloudWatch");
const only =
  (...charges: Charge[]): Rule =>
  () =>
    charges;

const database: Rule = ({ inputs }, index) => {
  const on = onShare(index, "database");
  const twice = inputs.multiAz === true ? "/multi-zone" : "";
  const allocated = number(inputs.allocatedStorage);
  return [
    {
      ...fixed(`rds/${text(inputs.instanceClass)}/${text(inputs.engine)}${twice}`, on.share),
      ...(on.note === undefined ? {} : { note: on.note }),
    },
    {
      price: `rds/gp3${twice}`,
      what: "storage",
      idle: allocated,
      most: Math.max(allocated, number(inputs.maxAllocatedStorage)),
    },
    ...(inputs.manageMasterUserPassword === true
      ? [{ ...fixed("secretsmanager/secret"), what: "its own secret" }]
      : []),
  ];
};

/** The share of a month that an endpoint stands which ends by itself. */
function ending(inputs: Record<string, unknown>): { share: number; note?: string } {
  const ttlHours = Number(at(inputs, "tags", ttlTag) ?? 0);
  if (ttlHours === 0) return { share: 1 };
  return { share: Math.min(1, ttlHours / hoursPerMonth), note: `ends ${ttlHours} hours after it was made` };
}

/** An endpoint's instances are of its configuration; its scaling says how many. */
const endpointConfiguration: Rule = ({ inputs, name }, index) => {
  const targets = index.all("aws:appautoscaling/target:Target").filter((each) => each.name === `${name}-scaling`);
  const instances = list(inputs.productionVariants).flatMap((variant): Charge[] => {
    const type = text(at(variant, "instanceType"));
    if (type === "") return [byUse("sagemaker/serverless")];
    const first = number(at(variant, "initialInstanceCount"), 1);
    const scaling = targets[0]?.inputs;
    const idle = number(scaling?.minCapacity, first);
    const ends = ending(inputs);
    return [
      {
        price: `sagemaker/hosting/${type}`,
        what: "instances",
        idle: idle * ends.share,
        most: number(scaling?.maxCapacity, first) * ends.share,
        ...(ends.note === undefined ? {} : { note: ends.note }),
      },
    ];
  });
  return [...instances, modelSeries];
};

/** An alarm; of labelled answers the one that each judged model has stands for the series that the drift monitor keeps of it. */
const alarm: Rule = ({ inputs }) => {
  const kept = inputs.namespace === qualityNamespace && inputs.metricName === "HoursSinceLook";
  return [fixed("cloudwatch/alarm"), ...(kept ? [modelSeries] : [])];
};

const interfaceEndpoint: Rule = ({ inputs }, index) => {
  if (inputs.vpcEndpointType !== "Interface") return [];
  const zones = list(inputs.subnetIds).length || index.zones;
  return [fixed("vpc/interface-endpoint", zones), byUse("vpc/interface-endpoint-data")];
};

/** What SageMaker gives a notebook instance of which nothing is said. */
const leastVolumeGiB = 5;

/** An environment has one worker in its price; more come while tasks wait. @see https://aws.amazon.com/managed-workflows-for-apache-airflow/pricing/ */
const managedAirflow: Rule = ({ inputs }) => {
  const size = text(inputs.environmentClass) || "mw1.small";
  const [least, most] = [number(inputs.minWorkers, 1) - 1, number(inputs.maxWorkers, 1) - 1];
  return [
    fixed(`mwaa/${size}`),
    byUse("mwaa/database-storage"),
    ...(most > 0 ? [{ price: `mwaa/worker/${size}`, what: "more workers", idle: least, most }] : []),
  ];
};

/** What each resource is billed for, by its type. What has no rule is in `free.ts`, or a test fails. */
export const rules: Readonly<Record<string, Rule>> = {
  "aws:eks/cluster:Cluster": only(fixed("eks/cluster")),
  "aws:eks/nodeGroup:NodeGroup": nodeGroup,
  "aws:ec2/natGateway:NatGateway": only(fixed("vpc/nat-gateway"), byUse("vpc/nat-gateway-data")),
  "aws:ec2/eip:Eip": only(fixed("vpc/public-ipv4")),
  "aws:ec2/vpcEndpoint:VpcEndpoint": interfaceEndpoint,
  "aws:eks/fargateProfile:FargateProfile": only(byUse("fargate/vcpu-hour")),
  "aws:route53/zone:Zone": only(fixed("route53/zone")),
  "aws:rds/instance:Instance": database,
  "aws:kms/key:Key": only(fixed("kms/key")),
  "aws:secretsmanager/secret:Secret": only(fixed("secretsmanager/secret")),
  "aws:cloudwatch/metricAlarm:MetricAlarm": alarm,
  "aws:cloudwatch/logGroup:LogGroup": only(byUse("cloudwatch/logs-taken-in"), byUse("cloudwatch/logs-kept")),
  "aws:ec2/flowLog:FlowLog": only(byUse("cloudwatch/logs-taken-in")),
  "aws:s3/bucket:Bucket": only(byUse("s3/standard")),
  "aws:ecr/repository:Repository": only(byUse("ecr/storage")),
  "aws:dynamodb/table:Table": only(byUse("dynamodb/on-demand")),
  "aws:backup/vault:Vault": only(
    byUse("backup/rds", "snapshots of the database"),
    byUse("backup/ebs", "snapshots of volumes"),
    byUse("backup/efs", "backups of files"),
    byUse("backup/s3", "backups of buckets"),
  ),
  "aws:efs/fileSystem:FileSystem": only(byUse("efs/standard")),
  "aws:lambda/function:Function": only(byUse("lambda/arm-gb-second")),
  "aws:sfn/stateMachine:StateMachine": ({ inputs }) => [
    byUse("stepfunctions/transition"),
    ...jobPrices(inputs.definition).map((price) => byUse(price, "jobs")),
  ],
  "aws:sagemaker/pipeline:Pipeline": ({ inputs }) =>
    jobPrices(inputs.pipelineDefinition).map((price) => byUse(price, "jobs")),
  "aws:sns/topic:Topic": only(byUse("sns/notification")),
  "aws:sqs/queue:Queue": only(byUse("sqs/request")),
  "aws:glue/crawler:Crawler": only(byUse("glue/crawler-dpu-hour")),
  "aws:glue/job:Job": only(byUse("glue/job-dpu-hour")),
  "aws:athena/workgroup:Workgroup": only(byUse("athena/scanned-tb")),
  "aws:codebuild/project:Project": only(byUse("codebuild/minute")),
  "aws:codepipeline/pipeline:Pipeline": only(byUse("codepipeline/action-minute")),
  "aws:sagemaker/endpointConfiguration:EndpointConfiguration": endpointConfiguration,
  "aws:sagemaker/notebookInstance:NotebookInstance": ({ inputs }) => [
    { ...fixed(`sagemaker/notebook/${text(inputs.instanceType)}`), note: "while it is not stopped" },
    {
      ...fixed("sagemaker/notebook-storage", number(inputs.volumeSize, leastVolumeGiB)),
      what: "volume, stopped or not",
    },
  ],
  "aws:sagemaker/domain:Domain": only(byUse("sagemaker/studio")),
  "aws:sagemaker/featureGroup:FeatureGroup": only(byUse("sagemaker/feature-store")),
  "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition": (resource) =>
    definedJob(resource).map((price) => byUse(price, "checks")),
  "aws:cloudwatch/eventRule:EventRule": only(byUse("eventbridge/event")),
  "aws:scheduler/schedule:Schedule": only(byUse("eventbridge/scheduler")),
  "aws:pipes/pipe:Pipe": only(byUse("eventbridge/pipe-request")),
  "aws:mwaa/environment:Environment": managedAirflow,
  "kubernetes:networking.k8s.io/v1:Ingress": loadBalancer,
  "kubernetes:core/v1:PersistentVolumeClaim": claimedVolume,
  "kubernetes:helm.sh/v4:Chart": chartVolumes,
  "kubernetes:karpenter.sh/v1:NodePool": nodePool,
};
