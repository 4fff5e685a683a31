/** A product of the AWS Price List, as far as it is read. https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html */
export interface Product {
  product: { attributes: Record<string, string> };
  publicationDate?: string;
  terms: {
    OnDemand?: Record<
      string,
      { priceDimensions: Record<string, { unit: string; beginRange?: string; pricePerUnit: { USD?: string } }> }
    >;
  };
}

/** How one price is asked for. */
export interface PriceQuery {
  service: string;
  /** Attributes that have to be so. */
  filters: Record<string, string>;
  /** What its usage type ends with, behind the mark of the region. */
  usage?: string;
  /** As the price is counted in our files. */
  unit: string;
  /** Whether what a machine has is read too. */
  machine?: boolean;
}

const byUsage = (service: string, usage: string, unit: string, filters: Record<string, string> = {}): PriceQuery => ({
  ...{ service, usage, unit, filters },
});

/** Prices that do not depend on a type of machine. */
const queries: Readonly<Record<string, PriceQuery>> = {
  "cloudwatch/alarm": byUsage("AmazonCloudWatch", "CW:AlarmMonitorUsage", "month"),
  "cloudwatch/custom-metric": byUsage("AmazonCloudWatch", "CW:MetricMonitorUsage", "month"),
  "cloudwatch/logs-kept": byUsage("AmazonCloudWatch", "TimedStorage-ByteHrs", "GB-month"),
  "cloudwatch/logs-taken-in": byUsage("AmazonCloudWatch", "DataProcessing-Bytes", "GB"),
  "ebs/gp3": byUsage("AmazonEC2", "EBS:VolumeUsage.gp3", "GB-month", { volumeApiName: "gp3" }),
  "ebs/snapshot": byUsage("AmazonEC2", "EBS:SnapshotUsage", "GB-month"),
  "ecr/storage": byUsage("AmazonECR", "TimedStorage-ByteHrs", "GB-month"),
  "efs/standard": byUsage("AmazonEFS", "TimedStorage-ByteHrs", "GB-month"),
  "eks/cluster": byUsage("AmazonEKS", "AmazonEKS-Hours:perCluster", "hour"),
  "elb/application": byUsage("AWSELB", "LoadBalancerUsage", "hour", { operation: "LoadBalancing:Application" }),
  "elb/application-capacity": byUsage("AWSELB", "LCUUsage", "capacity unit and hour", {
    operation: "LoadBalancing:Application",
  }),
  "kms/key": byUsage("awskms", "KMS-Keys", "month"),
  "lambda/arm-gb-second": byUsage("AWSLambda", "Lambda-GB-Second-ARM", "GB-second"),
  "s3/standard": byUsage("AmazonS3", "TimedStorage-ByteHrs", "GB-month"),
  "secretsmanager/secret": byUsage("AWSSecretsManager", "AWSSecretsManager-Secrets", "month"),
  "vpc/interface-endpoint": byUsage("AmazonVPC", "VpcEndpoint-Hours", "hour"),
  "vpc/interface-endpoint-data": byUsage("AmazonVPC", "VpcEndpoint-Bytes", "GB"),
  "vpc/nat-gateway": byUsage("AmazonEC2", "NatGateway-Hours", "hour", { operation: "NatGateway" }),
  "vpc/nat-gateway-data": byUsage("AmazonEC2", "NatGateway-Bytes", "GB", { operation: "NatGateway" }),
  "vpc/public-ipv4": byUsage("AmazonVPC", "PublicIPv4:InUseAddress", "hour"),
};

const sagemakerUses: Readonly<Record<string, string>> = {
  hosting: "Hosting",
  training: "Training",
  processing: "Processing",
};

const linux = { operatingSystem: "Linux", tenancy: "Shared", preInstalledSw: "NA", capacitystatus: "Used" };

/** How a price is asked for; undefined for those that are read on a page by hand. */
export function priceQuery(key: string): PriceQuery | undefined {
  const [service, kind = "", engine, zones] = key.split("/");
  if (queries[key]) return queries[key];
  if (service === "ec2")
    return { service: "AmazonEC2", filters: { instanceType: kind, ...linux }, unit: "hour", machine: true };
  if (service === "rds") {
    const deploymentOption = key.endsWith("/multi-zone") ? "Multi-AZ" : "Single-AZ";
    const postgres = { databaseEngine: "PostgreSQL", deploymentOption };
    if (kind === "gp3")
      return {
        ...{ service: "AmazonRDS", unit: "GB-month" },
        filters: { ...postgres, volumeType: "General Purpose-GP3" },
      };
    if (engine === "postgres" && (zones === undefined || zones === "multi-zone"))
      return { service: "AmazonRDS", filters: { ...postgres, instanceType: kind }, unit: "hour" };
  }
  const use = service === "sagemaker" ? sagemakerUses[kind] : undefined;
  if (use === undefined) return undefined;
  return { service: "AmazonSageMaker", filters: { instanceType: `${engine}-${use}` }, unit: "hour" };
}

/** Whether a usage type is the one asked for: `EU-NatGateway-Hours`, or in us-east-1 the same without a mark. */
export function isUsage(usageType: string, usage: string): boolean {
  if (usageType === usage) return true;
  return usageType.endsWith(`-${usage}`) && /^[A-Z]+\d*$/.test(usageType.slice(0, -usage.length - 1));
}

/** Price of the first tier that is not free. */
export function firstUsd({ terms }: Product): number | undefined {
  return Object.values(terms.OnDemand ?? {})
    .flatMap(({ priceDimensions }) => Object.values(priceDimensions))
    .map(({ beginRange, pricePerUnit }) => ({ from: Number(beginRange ?? 0), usd: Number(pricePerUnit.USD ?? 0) }))
    .filter(({ usd }) => usd > 0)
    .sort((a, b) => a.from - b.from)[0]?.usd;
}
