/** Answers of data sources of what keeps things: secrets, keys, buckets, images. */
import { type Account, Refusal } from "../account";
import type { Properties } from "../values";
import type { Answer } from "./answers";
import * as type from "./tokens";

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

const objectsOf = (account: Account, bucket: unknown) =>
  account.ofType("aws:s3/bucketObjectv2:BucketObjectv2").filter(({ inputs }) => inputs.bucket === bucket);

/** By token. */
export const storeAnswers: Record<string, Answer> = {
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
  "aws:rds/getInstances:getInstances": (args, { cloud, region }) => {
    const wanted = (args.filters as { name: string; values: string[] }[]).flatMap(({ values }) => values);
    const found = cloud.account.ofType("aws:rds/instance:Instance").filter(({ scope }) => scope === region);
    const named = found.map(({ outputs }) => String(outputs.identifier)).filter((name) => wanted.includes(name));
    return { id: region, instanceIdentifiers: named, instanceArns: [] };
  },
  "aws:rds/getInstance:getInstance": (args, { cloud }) => {
    const instance = cloud.account.resolve(["aws:rds/instance:Instance"], String(args.dbInstanceIdentifier));
    if (instance === undefined)
      throw new Refusal("DBInstanceNotFound", `no instance ${args.dbInstanceIdentifier} exists`);
    return { ...instance.outputs, id: instance.id, tags: instance.outputs.tagsAll ?? {} };
  },
  "aws:kms/getKey:getKey": (args, asked) => {
    const key = asked.cloud.account.resolve([type.key], String(args.keyId));
    if (key === undefined) throw new Refusal("NotFoundException", `no key ${args.keyId} exists`);
    return { ...key.outputs };
  },
  "aws:s3/getBucket:getBucket": (args, asked) => {
    const bucket = asked.cloud.account.resolve([type.bucket], String(args.bucket));
    // One that no program here made is somebody's, of the region that it is asked for in.
    return {
      id: args.bucket,
      bucket: args.bucket,
      region: asked.region,
      bucketRegion: asked.region,
      ...bucket?.outputs,
    };
  },
  "aws:s3/getObjects:getObjects": (args, { cloud, region }) => ({
    ...{ id: args.bucket, bucket: args.bucket, prefix: args.prefix, region },
    keys: objectsOf(cloud.account, args.bucket)
      .map(({ inputs }) => String(inputs.key))
      .filter((key) => key.startsWith(String(args.prefix ?? "")))
      .sort(),
  }),
  "aws:s3/getObject:getObject": (args, { cloud }) => {
    const found = objectsOf(cloud.account, args.bucket).find(({ inputs }) => inputs.key === args.key);
    if (found === undefined) throw new Refusal("NotFound", `no object ${args.key} exists in ${args.bucket}`);
    return { ...found.outputs, body: String(found.inputs.content ?? "") };
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
};
