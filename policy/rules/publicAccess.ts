import { at, given, holds, list, type Resource, text, unknown } from "../resource";
import type { Rule } from "../rule";
import { forAnybody, statementsOf } from "../statements";
import { isBucket, partsOf } from "./buckets";

const locks = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];
const everywhere = new Set(["0.0.0.0/0", "::/0"]);

const publicDatabase = (props: Record<string, unknown>) =>
  props.publiclyAccessible === true ? "The database has a public address" : undefined;

/** What a resource says of the way to it, by type: a text where it is open. */
const open: Readonly<Record<string, (props: Record<string, unknown>) => string | undefined>> = {
  "aws:rds/instance:Instance": publicDatabase,
  "aws:rds/clusterInstance:ClusterInstance": publicDatabase,
  "aws:sagemaker/notebookInstance:NotebookInstance": (props) =>
    props.directInternetAccess === "Disabled" || props.directInternetAccess === unknown
      ? undefined
      : "The notebook instance goes to the internet by itself",
  "aws:eks/cluster:Cluster": ({ vpcConfig }) => {
    // AWS makes it public, for everybody, where nothing is said.
    if (at(vpcConfig, "endpointPublicAccess") === false || at(vpcConfig, "endpointPublicAccess") === unknown)
      return undefined;
    const from = at(vpcConfig, "publicAccessCidrs");
    if (from === unknown || (list(from).length > 0 && !list(from).some((each) => everywhere.has(text(each)))))
      return undefined;
    return "Everybody reaches the cluster's API";
  },
  "aws:s3/bucketAcl:BucketAcl": ({ acl }) =>
    /^public-/.test(text(acl)) ? "The bucket is public by its ACL" : undefined,
  "aws:lambda/functionUrl:FunctionUrl": (props) =>
    props.authorizationType === "NONE" ? "Everybody may call the function" : undefined,
};

/** Policies that let everybody of every account in; those of gateways permit nothing by themselves. */
function publicPolicy({ type, props }: Resource): string[] {
  if (type === "aws:ec2/vpcEndpoint:VpcEndpoint") return [];
  return statementsOf(props)
    .filter((each) => each.Effect === "Allow" && forAnybody(each) && each.Condition === undefined)
    .map(({ Sid }) => `Its policy lets everybody in${given(Sid) ? ` (${Sid})` : ""}`);
}

export const publicAccess: readonly Rule[] = [
  {
    name: "no-public-access",
    level: "mandatory",
    reason: "What everybody reaches is tried by everybody.",
    remedy: "Make it private, or name who comes in: ranges, accounts, or a condition.",
    check: {
      resource: (resource) => {
        const found = open[resource.type]?.(resource.props);
        return [...(found === undefined ? [] : [found]), ...publicPolicy(resource)];
      },
    },
  },
  {
    name: "bucket-public-access",
    level: "mandatory",
    reason: "One ACL or policy by mistake, and objects are on the internet.",
    remedy: `Add a BucketPublicAccessBlock with all of ${locks.join(", ")}.`,
    check: {
      stack: (all) =>
        all
          .filter(isBucket)
          .filter((bucket) => {
            const blocks = partsOf(bucket, all, /:BucketPublicAccessBlock$/);
            return !blocks.some(({ props }) => locks.every((lock) => holds(props[lock])));
          })
          .map(({ urn }) => ({ urn, what: "The bucket may be made public" })),
    },
  },
];
