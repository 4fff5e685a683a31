/** Answers of data sources (`aws:…:getX`). */
import { Refusal } from "../account";
import type { Failure } from "../provider";
import { type Properties, unknown } from "../values";
import { type Answer, type Asked, one } from "./answers";
import { clusterAnswers } from "./clusterAnswers";
import { networkAnswers } from "./networkAnswers";
import { policyDocumentOf } from "./policyDocument";
import { storeAnswers } from "./storeAnswers";
import * as type from "./tokens";

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

const answers: Record<string, Answer> = {
  ...networkAnswers,
  ...storeAnswers,
  ...clusterAnswers,
  "aws:index/getPartition:getPartition": () => ({
    id: "aws",
    partition: "aws",
    dnsSuffix: "amazonaws.com",
    reverseDnsPrefix: "com.amazonaws",
  }),
  "aws:index/getCallerIdentity:getCallerIdentity": (_, { cloud, caller }) => ({
    id: cloud.account.number,
    accountId: cloud.account.number,
    arn: caller,
    userId: "AIDASIMULATED",
  }),
  "aws:index/getRegion:getRegion": (_, { region }) => ({
    id: region,
    name: region,
    region,
    description: `${region} (simulated)`,
    endpoint: `ec2.${region}.simulated.invalid`,
  }),
  "aws:iam/getPolicyDocument:getPolicyDocument": policyDocumentOf,
  "aws:iam/getRole:getRole": (args, asked) => {
    const { id, outputs } = one(
      asked.cloud.account.ofType(type.role).filter(({ id }) => id === args.name),
      `role ${args.name}`,
    );
    return { ...outputs, id, tags: outputs.tagsAll ?? {} };
  },
  // A new account has no role that AWS makes when a service is used for the first time.
  "aws:iam/getRoles:getRoles": (args, { cloud, region }) => {
    const found = cloud.account
      .ofType(type.role)
      .filter(({ outputs }) => outputs.path?.startsWith(args.pathPrefix ?? "/"));
    return { ...args, id: region, names: found.map(({ id }) => id), arns: found.map(({ outputs }) => outputs.arn) };
  },
  "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": (args, { cloud }) => {
    const found = cloud.account.get("aws:iam/openIdConnectProvider:OpenIdConnectProvider", "global", String(args.arn));
    if (found === undefined) throw new Refusal("NoSuchEntity", `OpenIDConnect Provider not found for arn ${args.arn}`);
    return { ...found.outputs, id: args.arn, tags: found.outputs.tagsAll ?? {} };
  },
  "aws:iam/getSessionContext:getSessionContext": (args, { cloud }) => ({
    id: args.arn,
    issuerArn: args.arn,
    issuerId: "AIDASIMULATED",
    issuerName: "simulated",
    sessionName: cloud.account.number,
  }),
  "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": (args, { region }) => {
    const registryId = "000000000001";
    const address = `${registryId}.dkr.ecr.${region}.amazonaws.com/${args.repositoryName}`;
    return { id: registryId, registryId, registryPath: `${address}:${args.imageTag ?? "1"}` };
  },
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
    const release = /\/(\d+\.\d+\.\d+)\/image_version$/.exec(name)?.[1];
    const value = /image_id$/.test(name)
      ? "ami-sim00000000000001"
      : release === undefined
        ? "simulated"
        : `${release}-00000000`;
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
  "aws:index/getDefaultTags:getDefaultTags": () => ({ id: "simulated", tags: {} }),
};
