import { qualityNamespace } from "../../components/identity/policies/drift";
import { ttlTag } from "../../components/serving/sagemaker/target";
import type { PlannedResource } from "../../simulator/plan";
import { at, list, number, type PlanIndex, text } from "../planIndex";
import { definedJob, jobPrices } from "./jobs";
import { loadBalancer } from "./loadBalancers";
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

/** The first of a group's types that has a price, else its first. AWS tries those of an on-demand group in their order. */
function pricedType(types: string[], { prices }: PriceList): string {
  return types.find((type) => prices[`ec2/${type}`] !== undefined) ?? types[0] ?? "";
}

const nodeGroup: Rule = ({ name, inputs }, index, prices) => {
  const types = list(inputs.instanceTypes).map(text);
  const type = pricedType(types, prices);
  const on = onShare(index, `nodes-${name.replace(/^.*-nodes-/, "")}`);
  const [idle, most] = ["minSize", "maxSize"].map((key) => number(at(inputs, "scalingConfig", key)) * on.share) as [
    number,
    number,
  ];
  const template = index.named("aws:ec2/launchTemplate:LaunchTemplate", name);
  const diskGiB = list(at(template?.inputs, "blockDeviceMappings")).reduce<number>(
    (sum, mapping) => sum + number(at(mapping, "ebs", "volumeSize")),
    0,
  );
  const notes = [
    ...(type === types[0] ? [] : [`${types[0]} has no known price, so ${type} of the same group is counted`]),
    ...(inputs.capacityType === "SPOT" ? ["spot: at most this, as the price on demand"] : []),
    ...(on.note === undefined ? [] : [on.note]),
  ];
  return [
    {
      price: `ec2/${type}`,
      what: "machines",
      idle,
      most,
      ...(notes.length > 0 ? { note: notes.join("; ") } : {}),
    },
    { price: "ebs/gp3", what: "disks", idle: idle * diskGiB, most: most * diskGiB },
  ];
};

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
  ],
  "aws:sagemaker/domain:Domain": only(byUse("sagemaker/studio")),
  "aws:sagemaker/featureGroup:FeatureGroup": only(byUse("sagemaker/feature-store")),
  "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition": (resource) =>
    definedJob(resource).map((price) => byUse(price, "checks")),
  "aws:cloudwatch/eventRule:EventRule": only(byUse("eventbridge/event")),
  "aws:scheduler/schedule:Schedule": only(byUse("eventbridge/scheduler")),
  "aws:pipes/pipe:Pipe": only(byUse("eventbridge/pipe-request")),
  "aws:mwaa/environment:Environment": ({ inputs }) => [fixed(`mwaa/${text(inputs.environmentClass) || "mw1.small"}`)],
  "kubernetes:networking.k8s.io/v1:Ingress": loadBalancer,
  "kubernetes:core/v1:PersistentVolumeClaim": claimedVolume,
  "kubernetes:helm.sh/v4:Chart": chartVolumes,
  "kubernetes:karpenter.sh/v1:NodePool": only(
    byUse("ec2/of-karpenter", "machines that Karpenter starts, up to the limits of its pool"),
  ),
};
