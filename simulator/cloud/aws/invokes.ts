/** Answers of data sources (`aws:…:getX`). */
import { type Existing, Refusal } from "../account";
import type { Cloud, Failure } from "../provider";
import { type Properties, unknown } from "../values";
import { versions } from "./eks";
import { policyDocumentOf } from "./policyDocument";
import * as type from "./tokens";

interface Asked {
  cloud: Cloud;
  region: string;
}

type Answer = (args: Properties, asked: Asked) => Properties;

/** Zones of a region: three, as in most. */
export function zonesOf(region: string): string[] {
  return ["a", "b", "c"].map((letter) => `${region}${letter}`);
}

/** @throws a refusal by name for data sources that the simulated cloud does not know. */
export async function answerInvoke(
  token: string,
  args: Properties,
  asked: Asked,
): Promise<{ result: Properties } | { failures: Failure[] }> {
  const found = answers[token];
  if (found === undefined) {
    throw new Refusal(
      "UnknownFunction",
      `the simulated cloud does not know ${token}; answer it in simulator/cloud/aws/invokes.ts`,
    );
  }
  const region = typeof args.region === "string" && args.region !== unknown ? args.region : asked.region;
  const result = found(args, { ...asked, region });
  return { result: { ...args, ...(args.region === undefined ? { region } : {}), ...result } };
}

function one(found: Existing[], what: string): Existing {
  if (found.length === 1) return found[0]!;
  throw new Refusal(
    "NotFound",
    found.length === 0 ? `no ${what} matches` : `${found.length} ${what}s match; say more about the one you mean`,
  );
}

/** Filters by id, tags and `filters` as EC2's data sources do. */
function matching(asked: Asked, typeToken: string, args: Properties): Existing[] {
  return asked.cloud.account.ofType(typeToken).filter(({ id, outputs, scope }) => {
    if (scope !== asked.region) return false;
    if (args.id !== undefined && args.id !== id) return false;
    if (args.ids !== undefined && !args.ids.includes(id)) return false;
    for (const property of ["vpcId", "cidrBlock", "availabilityZone"]) {
      if (args[property] !== undefined && outputs[property] !== args[property]) return false;
    }
    if (args.default === true && outputs.default !== true) return false;
    const tags = { ...(outputs.tagsAll ?? {}), ...(outputs.tags ?? {}) };
    if (Object.entries(args.tags ?? {}).some(([key, value]) => tags[key] !== value)) return false;
    return (args.filters ?? []).every(({ name, values }: { name: string; values: string[] }) => {
      if (name.startsWith("tag:")) return values.some((value) => value === "*" || tags[name.slice(4)] === value);
      if (name === "tag-key") return values.some((value) => value in tags);
      const property =
        name === "vpc-id" ? "vpcId" : name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      return values.some((value) => String(name === "subnet-id" ? id : outputs[property]) === value);
    });
  });
}

function storedSecret(name: string): Properties {
  return {
    id: `${name}|AWSCURRENT`,
    secretId: name,
    versionId: "00000000-0000-0000-0000-000000000000",
    versionStage: "AWSCURRENT",
    secretString: ["simulated", "content", "of", name].join(" "),
    createdDate: "2000-01-01T00:00:00Z",
  };
}

function addonVersion(name: string, kubernetes: string): string {
  return `v${kubernetes || versions.at(-2)}.0-eksbuild.${(name.length % 9) + 1}`;
}

const answers: Record<string, Answer> = {
  "aws:index/getPartition:getPartition": () => ({
    id: "aws",
    partition: "aws",
    dnsSuffix: "amazonaws.com",
    reverseDnsPrefix: "com.amazonaws",
  }),
  "aws:index/getCallerIdentity:getCallerIdentity": (_, { cloud }) => ({
    id: cloud.account.number,
    accountId: cloud.account.number,
    arn: `arn:aws:iam::${cloud.account.number}:user/simulated`,
    userId: "AIDASIMULATED",
  }),
  "aws:index/getRegion:getRegion": (_, { region }) => ({
    id: region,
    name: region,
    region,
    description: `${region} (simulated)`,
    endpoint: `ec2.${region}.simulated.invalid`,
  }),
  "aws:index/getAvailabilityZones:getAvailabilityZones": (_, { region }) => ({
    id: region,
    names: zonesOf(region),
    zoneIds: zonesOf(region).map((zone) => `sim-az-${zone.slice(-1)}`),
    groupNames: [region],
  }),
  "aws:iam/getPolicyDocument:getPolicyDocument": policyDocumentOf,
  "aws:iam/getRole:getRole": (args, asked) => {
    const { id, outputs } = one(
      asked.cloud.account.ofType(type.role).filter(({ id }) => id === args.name),
      `role ${args.name}`,
    );
    return { ...outputs, id };
  },
  "aws:iam/getSessionContext:getSessionContext": (args, { cloud }) => ({
    id: args.arn,
    issuerArn: args.arn,
    issuerId: "AIDASIMULATED",
    issuerName: "simulated",
    sessionName: cloud.account.number,
  }),
  "aws:ec2/getVpc:getVpc": (args, asked) => {
    const { id, outputs } = one(matching(asked, type.vpc, args), "VPC");
    return {
      ...outputs,
      id,
      tags: outputs.tags ?? {},
      default: outputs.default === true,
      state: "available",
      cidrBlockAssociations: [
        { associationId: "vpc-cidr-assoc-simulated", cidrBlock: outputs.cidrBlock, state: "associated" },
      ],
    };
  },
  "aws:ec2/getSubnets:getSubnets": (args, asked) => ({
    id: asked.region,
    ids: matching(asked, type.subnet, args)
      .map(({ id }) => id)
      .sort(),
  }),
  "aws:ec2/getSubnet:getSubnet": (args, asked) => {
    const { id, outputs } = one(matching(asked, type.subnet, args), "subnet");
    return {
      availableIpAddressCount: 251,
      defaultForAz: false,
      state: "available",
      ...outputs,
      id,
      tags: outputs.tags ?? {},
    };
  },
  "aws:ec2/getRouteTable:getRouteTable": (args, asked) => {
    const { id, outputs } = one(matching(asked, type.routeTable, { ...args, id: args.routeTableId }), "route table");
    return {
      ...outputs,
      id,
      routeTableId: id,
      routes: outputs.routes ?? [],
      associations: [],
      tags: outputs.tags ?? {},
    };
  },
  "aws:ec2/getSecurityGroup:getSecurityGroup": (args, asked) => {
    const { id, outputs } = one(matching(asked, type.securityGroup, args), "security group");
    return { ...outputs, id, tags: outputs.tags ?? {} };
  },
  "aws:ec2/getVpcEndpointService:getVpcEndpointService": (args, { region }) => ({
    id: "simulated",
    serviceName: `com.amazonaws.${region}.${args.service}`,
    serviceId: "vpce-svc-simulated",
    availabilityZones: zonesOf(region),
    tags: {},
  }),
  "aws:ec2/getAmi:getAmi": () => ({
    id: "ami-sim00000000000001",
    imageId: "ami-sim00000000000001",
    architecture: "x86_64",
    name: "simulated",
    rootDeviceName: "/dev/xvda",
  }),
  "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": (args) => {
    const wanted = (args.filters ?? []).find(({ name }: { name: string }) => name === "instance-type")?.values ?? [];
    return { id: "simulated", instanceTypes: wanted, locations: wanted, locationTypes: wanted };
  },
  // Lists of AWS's own: each region has them without anybody's doing.
  "aws:ec2/getPrefixList:getPrefixList": (args, { region }) => {
    const own = ["s3", "dynamodb"].map((service) => `com.amazonaws.${region}.${service}`);
    if (!own.includes(args.name))
      throw new Refusal("InvalidPrefixListId.NotFound", `no prefix list ${args.name} exists`);
    return { id: `pl-${args.name.split(".").at(-1)}`, cidrBlocks: ["192.0.2.0/24"] };
  },
  "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": (args, { region }) => {
    const registryId = "000000000001";
    const address = `${registryId}.dkr.ecr.${region}.amazonaws.com/${args.repositoryName}`;
    return { id: registryId, registryId, registryPath: `${address}:${args.imageTag ?? "1"}` };
  },
  "aws:eks/getCluster:getCluster": (args, asked) => {
    const { id, outputs } = one(
      asked.cloud.account.ofType(type.cluster).filter(({ id, scope }) => id === args.name && scope === asked.region),
      `cluster ${args.name}`,
    );
    const { accessConfig, certificateAuthority } = outputs;
    return {
      ...outputs,
      id,
      tags: outputs.tags ?? {},
      accessConfigs: [accessConfig],
      certificateAuthorities: [certificateAuthority],
    };
  },
  "aws:eks/getClusterAuth:getClusterAuth": (args) => ({ id: args.name, token: "simulated-token" }),
  "aws:eks/getAddonVersion:getAddonVersion": (args) => ({
    id: args.addonName,
    version: addonVersion(args.addonName, args.kubernetesVersion),
  }),
  "aws:eks/getClusterVersions:getClusterVersions": () => ({
    id: "simulated",
    clusterVersions: versions.map((clusterVersion) => ({ clusterVersion, status: "STANDARD_SUPPORT" })),
  }),
  "aws:route53/getZone:getZone": (args, asked) => {
    const wanted = String(args.name ?? "").replace(/\.$/, "");
    const found = asked.cloud.account
      .ofType(type.zone)
      .filter(({ id, outputs }) =>
        args.zoneId === undefined ? outputs.name.replace(/\.$/, "") === wanted : id === args.zoneId,
      );
    const { id, outputs } = one(found, `hosted zone ${args.name ?? args.zoneId}`);
    return {
      ...outputs,
      id,
      zoneId: id,
      name: outputs.name,
      privateZone: false,
      tags: outputs.tags ?? {},
      comment: outputs.comment ?? "",
    };
  },
  "aws:ssm/getParameter:getParameter": (args, { region }) => {
    const name = String(args.name);
    const value = /image_id$/.test(name) ? "ami-sim00000000000001" : "simulated";
    if (!name.startsWith("/aws/service/")) throw new Refusal("ParameterNotFound", `no parameter ${name} exists`);
    return {
      id: name,
      name,
      value,
      insecureValue: value,
      type: "String",
      version: 1,
      arn: `arn:aws:ssm:${region}::parameter${name}`,
    };
  },
  "aws:secretsmanager/getSecret:getSecret": (args, asked) => {
    const secret = asked.cloud.account.resolve([type.secretType], String(args.arn ?? args.name));
    if (secret === undefined)
      throw new Refusal("ResourceNotFoundException", `no secret ${args.arn ?? args.name} exists`);
    return { ...secret.outputs, tags: secret.outputs.tags ?? {} };
  },
  "aws:secretsmanager/getSecretVersion:getSecretVersion": (args, asked) => {
    const secret = asked.cloud.account.resolve([type.secretType], String(args.secretId));
    const found = asked.cloud.account
      .ofType("aws:secretsmanager/secretVersion:SecretVersion")
      .filter(({ inputs }) => inputs.secretId === secret?.id || inputs.secretId === args.secretId)
      .at(-1);
    // A secret that no program here made was stored by somebody before; what is in it is made up, and nobody's secret.
    if (secret === undefined && !String(args.secretId).startsWith("arn:")) return storedSecret(String(args.secretId));
    if (found === undefined) throw new Refusal("ResourceNotFoundException", `secret ${args.secretId} has no version`);
    return { ...found.outputs, versionStage: "AWSCURRENT", createdDate: "2000-01-01T00:00:00Z" };
  },
  "aws:kms/getKey:getKey": (args, asked) => {
    const key = asked.cloud.account.resolve([type.key], String(args.keyId));
    if (key === undefined) throw new Refusal("NotFoundException", `no key ${args.keyId} exists`);
    return { ...key.outputs };
  },
  "aws:s3/getBucket:getBucket": (args, asked) => {
    const bucket = asked.cloud.account.resolve([type.bucket], String(args.bucket));
    if (bucket === undefined) throw new Refusal("NoSuchBucket", `no bucket ${args.bucket} exists`);
    return { ...bucket.outputs };
  },
  "aws:ecr/getImage:getImage": (args, { cloud }) => {
    const name = `${args.repositoryName}:${args.imageTag}`;
    // Nobody can push to a registry that is simulated, so whatever is not said to be missing is there.
    if (cloud.account.resolve([type.repository], String(args.repositoryName)) === undefined)
      throw new Refusal("RepositoryNotFoundException", `no repository ${args.repositoryName} exists`);
    if (cloud.missingImages.includes(name)) throw new Refusal("ImageNotFoundException", `no image ${name} exists`);
    return {
      id: name,
      imageDigest: `sha256:${"0".repeat(64)}`,
      imageTags: [args.imageTag],
      registryId: cloud.account.number,
    };
  },
  "aws:ecr/getAuthorizationToken:getAuthorizationToken": (_, { cloud, region }) => ({
    id: region,
    authorizationToken: "simulated",
    userName: "AWS",
    password: "simulated",
    proxyEndpoint: `https://${cloud.account.number}.dkr.ecr.${region}.simulated.invalid`,
    expiresAt: "2100-01-01T00:00:00Z",
  }),
  "aws:index/getDefaultTags:getDefaultTags": () => ({ id: "simulated", tags: {} }),
};
