import { madeRemotely } from "./madeRemotely";
import type { RecordOptions } from "./record";

/** What the engine makes of a call that AWS refuses: the SDK reads why from `details`. */
export function refused(details: string): Error {
  return Object.assign(new Error(details), { details });
}

/** Answers of an account in eu-west-1, made up, to the calls the AWS foundation makes before and while it builds. */
export const awsCalls: NonNullable<RecordOptions["calls"]> = {
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({
    accountId: "000000000000",
    arn: "arn:aws:iam::000000000000:user/test",
    id: "000000000000",
    userId: "test",
  }),
  "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": ({ arn }) => {
    throw refused(`NoSuchEntity: OpenIDConnect Provider not found for arn ${arn}`);
  },
  "aws:secretsmanager/getSecretVersion:getSecretVersion": ({ secretId }) => ({
    id: secretId,
    secretId,
    secretString: `made up for ${secretId}`,
  }),
  "aws:ecr/getImage:getImage": ({ repositoryName, imageTag }) => ({ id: `${repositoryName}:${imageTag}` }),
  "aws:ec2/getPrefixList:getPrefixList": ({ name }) => ({ id: `pl-${name}`, name, cidrBlocks: [] }),
  "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": ({ repositoryName, imageTag }) => ({
    registryPath: `000000000001.dkr.ecr.eu-west-1.amazonaws.com/${repositoryName}:${imageTag}`,
  }),
  "aws:iam/getRoles:getRoles": ({ pathPrefix }) => ({ id: "eu-west-1", pathPrefix, names: ["made-up"], arns: [] }),
  "aws:index/getPartition:getPartition": () => ({ partition: "aws", id: "aws", dnsSuffix: "amazonaws.com" }),
  "aws:index/getAvailabilityZones:getAvailabilityZones": () => ({
    names: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
    zoneIds: [],
    id: "eu-west-1",
  }),
  "aws:eks/getClusters:getClusters": () => ({ id: "eu-west-1", names: [] }),
  "aws:eks/getAddonVersion:getAddonVersion": ({ addonName }) => ({ id: addonName, version: `v1.0.0-${addonName}` }),
  "aws:eks/getCluster:getCluster": ({ name }) => ({
    name,
    id: name,
    arn: `arn:aws:eks:eu-west-1:000000000000:cluster/${name}`,
    endpoint: "https://cluster.fake.invalid",
    certificateAuthorities: [{ data: "ZmFrZQ==" }],
    accessConfigs: [{ authenticationMode: "API" }],
    vpcConfig: { clusterSecurityGroupId: "sg-fake", vpcId: "vpc-0000000000000000a" },
  }),
};

/** What the remote components would answer; under mocks they are one resource without children. */
export function awsOutputs(type: string, name: string): Record<string, unknown> | undefined {
  if (type.startsWith("random:")) {
    const text = Buffer.from("made up, and of no use anywhere").toString("hex");
    return { result: text, hex: text, base64: Buffer.from(text).toString("base64") };
  }
  if (type === "awsx:ec2:Vpc") {
    const ids = (kind: string) => [1, 2, 3].map((n) => `subnet-${kind}-${n}`);
    const each = (of: string, kind: string) => [1, 2, 3].map((n) => madeRemotely(`aws:ec2/${of}`, `${kind}-fake-${n}`));
    return {
      vpcId: "vpc-fake",
      publicSubnetIds: ids("public"),
      privateSubnetIds: ids("private"),
      isolatedSubnetIds: ids("isolated"),
      internetGateway: madeRemotely("aws:ec2/internetGateway:InternetGateway", "igw-fake"),
      natGateways: each("natGateway:NatGateway", "nat"),
      routeTables: each("routeTable:RouteTable", "rtb"),
      routeTableAssociations: each("routeTableAssociation:RouteTableAssociation", "rtbassoc"),
      routes: each("route:Route", "r"),
    };
  }
  if (type === "kubernetes:helm.sh/v4:Chart") {
    return { resources: [madeRemotely("kubernetes:apps/v1:Deployment", `${name}-pods`)] };
  }
  if (type === "eks:index:Cluster") {
    return {
      kubeconfigJson: '{"kind":"Config"}',
      eksCluster: {
        name: "mlplatform-test",
        arn: "arn:aws:eks:eu-west-1:000000000000:cluster/mlplatform-test",
        endpoint: "https://cluster.fake.invalid",
        vpcConfig: { clusterSecurityGroupId: "sg-cluster" },
      },
    };
  }
  if (type === "aws:codeconnections/connection:Connection") {
    return { arn: "arn:aws:codeconnections:eu-west-1:000000000000:connection/00000000-0000-0000-0000-000000000000" };
  }
  if (type === "aws:rds/instance:Instance") {
    return { address: "db.fake.invalid", masterUserSecrets: [{ secretArn: "arn:aws:secretsmanager:fake" }] };
  }
  if (type === "aws:eks/nodeGroup:NodeGroup") return { resources: [{ autoscalingGroups: [{ name: `eks-${name}` }] }] };
  if (type === "aws:ec2/launchTemplate:LaunchTemplate") return { latestVersion: 1 };
  if (type === "aws:acm/certificate:Certificate") {
    return {
      domainValidationOptions: [
        { domainName: "x", resourceRecordName: "_x", resourceRecordType: "CNAME", resourceRecordValue: "_y" },
      ],
    };
  }
  return undefined;
}
