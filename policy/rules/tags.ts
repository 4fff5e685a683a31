import { at, type Resource, text, unknown } from "../resource";
import { type Rule, textList, texts } from "../rule";
import { bucketTypes } from "./buckets";

/** Types that cost money or hold data, and take tags. */
const tagged = new Set([
  ...bucketTypes,
  ...[
    "aws:rds/cluster:Cluster",
    "aws:rds/instance:Instance",
    "aws:efs/fileSystem:FileSystem",
    "aws:dynamodb/table:Table",
  ],
  ...["aws:ec2/vpc:Vpc", "aws:ec2/natGateway:NatGateway", "aws:ec2/instance:Instance", "aws:ebs/volume:Volume"],
  ...["aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup", "aws:lb/loadBalancer:LoadBalancer"],
  ...["aws:ecr/repository:Repository", "aws:kms/key:Key", "aws:secretsmanager/secret:Secret"],
  ...["aws:cloudwatch/logGroup:LogGroup", "aws:lambda/function:Function", "aws:sfn/stateMachine:StateMachine"],
  ...["aws:sagemaker/endpoint:Endpoint", "aws:sagemaker/domain:Domain", "aws:sagemaker/featureGroup:FeatureGroup"],
  ...["aws:sagemaker/notebookInstance:NotebookInstance", "aws:iam/role:Role", "aws:mwaa/environment:Environment"],
]);

/** Tags that a provider gives to everything; undefined where they are not known. The engine has nested settings of providers as JSON. */
function defaultTags({ provider: { defaultTags: found } }: Resource): unknown {
  try {
    return at(typeof found === "string" ? JSON.parse(found) : found, "tags") ?? {};
  } catch {
    return undefined;
  }
}

export const tags: readonly Rule[] = [
  {
    name: "required-tags",
    level: "mandatory",
    reason: "Nobody knows whose it is, what it is for, and who pays.",
    remedy: "Give the provider defaultTags.",
    options: { tags: textList("Tags that whatever costs money or holds data must have, such as team.") },
    check: {
      resource: (resource, config) => {
        const given = [defaultTags(resource), resource.props.tags ?? {}, resource.props.tagsAll ?? {}];
        if (!tagged.has(resource.type) || given.some((each) => each === undefined || each === unknown)) return [];
        const missing = texts(config, "tags").filter((tag) => given.every((each) => text(at(each, tag)) === ""));
        return missing.length === 0 ? [] : [`The tag ${missing.join(", ")} is missing`];
      },
    },
  },
];
