import { z } from "zod";

/** How much of one kind of machine an account may run at once in a region. */
export interface MachineQuota {
  /** Its name in Service Quotas. */
  name: string;
  service: "ec2" | "fargate" | "sagemaker";
  /** Without a code it is looked up by its name. */
  code?: string;
  /** What a new account has. */
  most: number;
  /** What is counted. */
  unit: "vCPUs" | "addresses" | "instances";
  /** Where AWS says so. */
  source: string;
}

const ofInstances = "https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html";
const vcpus = (name: string, code: string, most: number): MachineQuota => ({
  ...{ name, code, most, service: "ec2", unit: "vCPUs", source: ofInstances },
});

/** Quotas of EC2 instances on demand, by how names of their families begin. */
const onDemand: [RegExp, MachineQuota][] = [
  [/^(g|vt)/, vcpus("Running On-Demand G and VT instances", "L-DB2E81BA", 0)],
  [/^p\d/, vcpus("Running On-Demand P instances", "L-417A185B", 0)],
  [/^x\d/, vcpus("Running On-Demand X instances", "L-7295265B", 0)],
  [/^[acdhimrtz]\d/, vcpus("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", "L-1216C47A", 5)],
];

/** The same of spot instances. */
const spot: [RegExp, MachineQuota][] = [
  [/^(g|vt)/, vcpus("All G and VT Spot Instance Requests", "L-3819A6DF", 0)],
  [/^p5/, vcpus("All P5 Spot Instance Requests", "L-C4BD4855", 0)],
  [/^p[234]/, vcpus("All P4, P3 and P2 Spot Instance Requests", "L-7212CCBC", 0)],
  [/^x\d/, vcpus("All X Spot Instance Requests", "L-E3A00192", 0)],
  [/^[acdhimrtz]\d/, vcpus("All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", "L-34B43A08", 5)],
];

/** Public addresses, one for each NAT gateway. */
export const elasticAddresses: MachineQuota = {
  name: "EC2-VPC Elastic IPs",
  service: "ec2",
  code: "L-0263D0A3",
  most: 5,
  unit: "addresses",
  source: "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html",
};

/** CPU of containers that prepare data. */
export const fargateVcpus: MachineQuota = {
  name: "Fargate On-Demand vCPU resource count",
  service: "fargate",
  code: "L-3032A538",
  most: 6,
  unit: "vCPUs",
  source: "https://docs.aws.amazon.com/general/latest/gr/ecs-service.html",
};

/** The quota that nodes of an EC2 type count against; none for families of which AWS names none. */
export function nodeQuota(type: string, onSpot: boolean): MachineQuota | undefined {
  return (onSpot ? spot : onDemand).find(([family]) => family.test(type))?.[1];
}

/** What SageMaker runs instances for, as the names of its quotas say it. */
export type SagemakerUse =
  | "endpoint"
  | "training job"
  | "spot training job"
  | "processing job"
  | "transform job"
  | "notebook instance";

const ofSagemaker = "https://docs.aws.amazon.com/general/latest/gr/sagemaker.html";
const noneAtFirst = { service: "sagemaker", most: 0, unit: "instances", source: ofSagemaker } as const;

/** SageMaker has a quota for each type and use; of most a new account has none. */
export function sagemakerQuota(type: string, use: SagemakerUse): MachineQuota {
  return { name: `${type} for ${use} usage`, ...noneAtFirst };
}

/** Notebooks in Studio. */
export function studioQuota(type: string): MachineQuota {
  return { name: `Studio JupyterLab Apps running on ${type} instances`, ...noneAtFirst };
}

const named = [...onDemand, ...spot].map(([, { name }]) => name).concat(elasticAddresses.name, fargateVcpus.name);
const uses = "endpoint|(?:spot )?training job|processing job|transform job|notebook instance";
const ofTypes = new RegExp(
  `^ml\\.[a-z0-9-]+\\.[a-z0-9-]+ for (?:${uses}) usage$|^Studio JupyterLab Apps running on ml\\.[a-z0-9-]+\\.[a-z0-9-]+ instances$`,
);

/** The name of a quota that is counted here. */
export const machineQuotaName = () =>
  z
    .string()
    .max(128, "at most 128 characters")
    .refine(
      (name) => named.includes(name) || ofTypes.test(name),
      `${named.join("; ")}; ml.m5.xlarge for training job usage, and so on; Studio JupyterLab Apps running on ml.t3.medium instances`,
    )
    .meta({ examples: ["ml.m5.xlarge for training job usage"] });
