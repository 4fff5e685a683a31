/** SageMaker Feature Store. Limits: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateFeatureGroup.html */
import { limits } from "../../../components/settings/limits";
import type { Properties } from "../values";
import { describeTypes, howMany, like, longest, oneOf, Refusal, type Situation } from "./describe";
import * as type from "./tokens";

const featureName = /^[a-zA-Z0-9]([_-]*[a-zA-Z0-9]){0,63}$/;
const takenNames = ["is_deleted", "write_time", "api_invocation_time"];
const s3Uri = /^s3:\/\/[a-z0-9.-]+(\/\S+)?$/;

describeTypes({
  type: "aws:sagemaker/featureGroup:FeatureGroup",
  most: limits.featureGroups.most,
  id: (x) => x.inputs.featureGroupName,
  arn: "sagemaker:{region}:{account}:feature-group/{featureGroupName}",
  name: {
    property: "featureGroupName",
    longest: 64,
    allowed: /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/,
    allowedMeans: "letters, digits and dashes, no dash first or last",
    automatic: false,
  },
  forces: [
    ...["description", "eventTimeFeatureName", "featureDefinitions", "offlineStoreConfig"],
    ...["recordIdentifierFeatureName", "roleArn"],
  ],
  forcesWhen: (path) => path.startsWith("onlineStoreConfig") && !path.includes("ttlDuration"),
  refs: {
    roleArn: type.roleReference,
    "offlineStoreConfig.s3StorageConfig.kmsKeyId": type.keyReference,
    "onlineStoreConfig.securityConfig.kmsKeyId": type.keyReference,
  },
  limits: [
    longest("description", 128),
    howMany("featureDefinitions", 1, 2500),
    like("featureDefinitions[].featureName", featureName, "letters, digits, - and _, at most 64"),
    oneOf("featureDefinitions[].featureType", "Integral", "Fractional", "String"),
    like("offlineStoreConfig.s3StorageConfig.s3Uri", s3Uri, "s3://bucket/folder"),
    oneOf("offlineStoreConfig.tableFormat", "Default", "Glue", "Iceberg"),
    oneOf("onlineStoreConfig.storageType", "Standard", "InMemory"),
  ],
  computed: {
    throughputConfig: () => ({
      throughputMode: "OnDemand",
      provisionedReadCapacityUnits: 0,
      provisionedWriteCapacityUnits: 0,
    }),
    "offlineStoreConfig.s3StorageConfig.resolvedOutputS3Uri": (x) =>
      `${x.inputs.offlineStoreConfig?.s3StorageConfig?.s3Uri}/${x.account.number}/sagemaker/${x.region}/offline-store/` +
      `${x.inputs.featureGroupName}-${Number.parseInt(x.digits("made", 7), 16)}/data`,
  },
  verify: fitTogether,
});

function fitTogether(x: Situation): void {
  const { inputs } = x;
  const refuse = (what: string) => {
    throw new Refusal("ValidationException", `feature group ${inputs.featureGroupName}: ${what}`);
  };
  const trust = x.referred("roleArn")?.outputs.assumeRolePolicy;
  if (typeof trust === "string" && !trust.includes("sagemaker.amazonaws.com")) {
    refuse(`the execution role ${inputs.roleArn} does not trust sagemaker.amazonaws.com`);
  }
  if (inputs.offlineStoreConfig === undefined && inputs.onlineStoreConfig?.enableOnlineStore !== true) {
    refuse("at least one of the online and the offline store has to be on");
  }
  const types = new Map<string, string>(
    (inputs.featureDefinitions as Properties[]).map(({ featureName: name, featureType }) => [name, featureType]),
  );
  if (types.size < inputs.featureDefinitions.length) refuse("a feature is defined twice");
  const taken = takenNames.find((name) => types.has(name));
  if (taken !== undefined) refuse(`${taken} is a reserved name of Feature Store`);
  for (const key of ["recordIdentifierFeatureName", "eventTimeFeatureName"]) {
    if (!types.has(inputs[key])) refuse(`${key} ${inputs[key]} is none of the features`);
  }
  if (types.get(inputs.eventTimeFeatureName) === "Integral") refuse("the event time has to be String or Fractional");
}
