import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { awsCalls, awsOutputs } from "../support/awsAnswers";
import { type RecordOptions, type Registration, record } from "../support/record";

/** Config of a stack: whole sections by their key in the stack file. */
export type Config = Record<string, Record<string, unknown>>;

/** A made-up VPC with subnets in the zones `a` and `b`, told by the last letter of their ids. */
const calls: typeof awsCalls = {
  ...awsCalls,
  "aws:ec2/getVpc:getVpc": () => ({
    cidrBlockAssociations: [{ cidrBlock: "10.0.0.0/16" }],
    enableDnsHostnames: true,
    enableDnsSupport: true,
  }),
  "aws:ec2/getSubnet:getSubnet": ({ id }) => ({
    id,
    vpcId: "vpc-0000000000000000a",
    availabilityZone: `eu-west-1${String(id).slice(-1)}`,
    availableIpAddressCount: 250,
  }),
  "aws:s3/getBucket:getBucket": ({ bucket }) => ({ bucket, bucketRegion: "eu-west-1" }),
  // Nothing was approved in another stack yet.
  "aws:s3/getObjects:getObjects": ({ bucket, prefix }) => ({ bucket, prefix, keys: [] }),
};

/** Config as the stack file of the project has it. */
export function stackFile(stack: "dev" | "prod"): Config {
  return parse(readFileSync(join(__dirname, "..", "..", `Pulumi.${stack}.yaml`), "utf8")).config;
}

/** A config with some keys of its foundation replaced. */
export function withFoundation(config: Config, over: Record<string, unknown>): Config {
  return { ...config, "mlplatform:foundation": { ...config["mlplatform:foundation"], ...over } };
}

/** A config without some sections. */
export function without(config: Config, ...sections: string[]): Config {
  return Object.fromEntries(
    Object.entries(config).filter(([key]) => !sections.includes(key.replace("mlplatform:", ""))),
  );
}

const adoptedNetwork = {
  network: {
    kind: "adopt",
    vpcId: "vpc-0000000000000000a",
    privateSubnetIds: ["subnet-0000000000000000a", "subnet-0000000000000000b"],
    publicSubnetIds: ["subnet-0000000000000001a"],
  },
};
const adoptedCluster = { cluster: { kind: "adopt", name: "company-cluster" } };
const dev = stackFile("dev");

/** The stack files, and kinds of foundation that neither of them has. */
export const programs: Record<string, Config> = {
  dev,
  prod: stackFile("prod"),
  "dev with Karpenter": withFoundation(dev, {
    cluster: {
      ...(dev["mlplatform:foundation"]!.cluster as object),
      scaling: { kind: "karpenter" },
      nodeGroups: {
        system: { purpose: "system", instanceTypes: ["t3.large"], minNodes: 2, maxNodes: 3 },
        apps: { purpose: "apps", instanceTypes: ["m7i.large"], maxNodes: 4 },
        training: { purpose: "training", instanceTypes: ["m7g.large"], spot: true, maxNodes: 4 },
      },
    },
  }),
  "dev in an adopted VPC": withFoundation(dev, adoptedNetwork),
  "dev on an adopted cluster": withFoundation(dev, { ...adoptedNetwork, ...adoptedCluster }),
  "dev with MWAA": { ...dev, "mlplatform:airflow": { executor: { kind: "mwaa" }, dags: { kind: "bucket" } } },
};

/** The program itself, as Pulumi starts it, without a cluster to look at. */
export const program: () => Promise<Record<string, unknown>> = () => require("../../index.ts")({});

const recorded = new Map<string, Promise<Registration[]>>();

/** What the whole program registers with one of `programs`, recorded once. */
export function run(name: string, preview = false): Promise<Registration[]> {
  const key = `${name} ${preview}`;
  const found = recorded.get(key) ?? runWith(programs[name]!, { stack: name.split(" ")[0]!, preview });
  recorded.set(key, found);
  return found;
}

/** What the whole program registers with a config. */
export function runWith(config: Config, options: RecordOptions = {}, build = program): Promise<Registration[]> {
  return record(build, { stack: "dev", config, calls, outputs: awsOutputs, ...options });
}

/** The registration that a parent's URN names; there is one, since type and name are unique. */
export function parentOf(all: Registration[], { parent }: Registration): Registration | undefined {
  if (parent === undefined) return undefined;
  const [, , types, name] = parent.split("::");
  const type = types!.split("$").pop();
  const found = all.find((each) => each.type === type && each.name === name);
  if (!found) throw new Error(`nothing is registered as ${parent}`);
  return found;
}
