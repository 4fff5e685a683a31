/** Permissions around SageMaker endpoints: of the endpoint itself, of those who put versions live, and of the function that checks. */
import type { AwsAccount } from "../../contracts/account";
import { liveTagPrefix } from "../../lib/endpointName";
import type { PolicyStatement } from "../../lib/statements";
import { scaleAround } from "./endpointScaling";
import { readEnvironments } from "./environments";
import { readBelow, readWriteBelow, type StoreArns } from "./stores";
import { allow, arn, onAnyResource } from "./terms";

/**
 * Between the name of an endpoint and the version in the names of what is made for it. Two dashes, since the endpoint of a model
 * `churn` must not own what belongs to `churn-eu`.
 */
export const versionMark = "--";

/** Alarms of an endpoint, each called after it. */
export const alarmKinds = ["errors", "latency", "backlog"] as const;

function alarms(account: AwsAccount, endpointName: string): string[] {
  return alarmKinds.map((kind) => arn(account, "cloudwatch", `alarm:${endpointName}-${kind}`));
}

/** What one endpoint reads, writes and runs in. */
export interface EndpointScope {
  /** Name of the model in the config; its packages are below `models/<model>/`. */
  model: string;
  endpointName: string;
  /** Holds the packages. */
  artifacts: StoreArns;
  /** Takes captured requests below `capture/<model>/`, and requests and answers of an asynchronous endpoint. */
  data: StoreArns;
  /** Address of the image's repository, without a tag. */
  repositoryUrl: string;
  /** Where it runs in the VPC; absent for a serverless endpoint, which runs in none. */
  network?: { subnetIds: string[]; securityGroupId: string };
  /** Whether its requests and answers are objects below `asynchronous/<model>/` of `data`. */
  asynchronous: boolean;
  /** Whether requests are captured. */
  captured: boolean;
  /** An object that is the package, where it is not in `artifacts`; a key of somebody else's has to let the role in by itself. */
  packageArn?: string | undefined;
}

/**
 * What the role of an endpoint needs: its model, its image, its logs and instance metrics, its alarms while it is updated.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms
 */
export function runEndpoint(account: AwsAccount, scope: EndpointScope): PolicyStatement[] {
  const { model, endpointName, artifacts, data } = scope;
  const group = arn(account, "logs", `log-group:/aws/sagemaker/Endpoints/${endpointName}`);
  const written = [...(scope.captured ? ["capture"] : []), ...(scope.asynchronous ? ["asynchronous"] : [])];
  const keys = [...new Set([artifacts.keyArn, data.keyArn].filter((key) => key !== undefined))];
  return [
    ...readBelow({ bucketArn: artifacts.bucketArn }, `models/${model}/`), // The key has a statement of its own.
    ...(scope.packageArn === undefined ? [] : [allow("ReadPackage", ["s3:GetObject"], [scope.packageArn])]),
    ...(written.length === 0
      ? []
      : [
          allow(
            "WriteRequests",
            ["s3:PutObject", "s3:AbortMultipartUpload"],
            written.map((folder) => `${data.bucketArn}/${folder}/${model}/*`),
          ),
        ]),
    ...(scope.asynchronous
      ? [
          allow("ReadRequests", ["s3:GetObject"], [`${data.bucketArn}/asynchronous/${model}/*`]),
          allow("ListRequests", ["s3:ListBucket"], [data.bucketArn], {
            StringLike: { "s3:prefix": [`asynchronous/${model}/*`] },
          }),
        ]
      : []),
    ...(keys.length === 0
      ? []
      : [
          allow("UseKey", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], keys),
          allow("EncryptVolume", ["kms:CreateGrant"], keys, { Bool: { "kms:GrantIsForAWSResource": "true" } }),
        ]),
    allow(
      "PullImage",
      ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      [repositoryArn(account, scope.repositoryUrl)],
    ),
    onAnyResource("SignInToRegistry", ["ecr:GetAuthorizationToken"]),
    allow(
      "WriteLogs",
      ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
      [group, `${group}:*`],
    ),
    onAnyResource("ReportInstances", ["cloudwatch:PutMetricData"], {
      StringEquals: { "cloudwatch:namespace": "/aws/sagemaker/Endpoints" },
    }),
    // Without it a deployment does not roll back. https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
    allow("WatchAlarms", ["cloudwatch:DescribeAlarms"], alarms(account, endpointName)),
    ...(scope.network ? runInNetwork(account, scope.network) : []),
  ];
}

const lookedAt = ["DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs"].map((of) => `Describe${of}`);

/** @see https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html */
export function runInNetwork(account: AwsAccount, network: NonNullable<EndpointScope["network"]>): PolicyStatement[] {
  const interfaces = arn(account, "ec2", "network-interface/*");
  const places = [
    ...network.subnetIds.map((id) => arn(account, "ec2", `subnet/${id}`)),
    arn(account, "ec2", `security-group/${network.securityGroupId}`),
  ];
  return [
    allow("MakeInterfaces", ["ec2:CreateNetworkInterface"], [interfaces, ...places]),
    allow("LendInterfaces", ["ec2:CreateNetworkInterfacePermission"], [interfaces], {
      ArnEquals: { "ec2:Subnet": places.slice(0, -1) },
    }),
    allow("EndInterfaces", ["ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission"], [interfaces]),
    onAnyResource(
      "LookAtNetwork",
      lookedAt.map((action) => `ec2:${action}`),
    ),
  ];
}

/**
 * The same for the roles of processing jobs. SageMaker refuses to create such a job where the policy names places or has a condition.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createprocessingjob-perms
 */
export function processInNetwork(): PolicyStatement[] {
  return [
    onAnyResource(
      "RunInNetwork",
      [
        ...["CreateNetworkInterface", "CreateNetworkInterfacePermission"],
        ...["DeleteNetworkInterface", "DeleteNetworkInterfacePermission"],
        ...lookedAt,
      ].map((action) => `ec2:${action}`),
    ),
  ];
}

/** Folder of the artifacts' bucket with the packages of all models, as SageMaker unpacks them. */
export const packagesFolder = "models/";

/** Path of the roles that SageMaker takes on for models of a stack. */
export const endpointRolePath = (stackName: string) => `/${stackName}/endpoints/`;

/**
 * What the release controller needs to put a version on an endpoint that stands, and to take away what is no longer live. Of all models of
 * the stack, by how things are called: a role holds no more than 10,240 characters, which would be ten models by their names.
 * @param stackName such as `mlplatform-dev`, with which the names of all its endpoints begin
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export function releaseOnSageMaker(account: AwsAccount, stackName: string, artifacts: StoreArns): PolicyStatement[] {
  const named = (kind: string, ending: string) => arn(account, "sagemaker", `${kind}/${stackName}-*${ending}`);
  const configurations = named("endpoint-config", `${versionMark}*`);
  return [
    allow(
      "ReleaseModels",
      [
        ...["AddTags", "CreateEndpointConfig", "CreateModel", "DeleteEndpointConfig", "DeleteModel"],
        ...["DescribeEndpointConfig", "DescribeModel", "ListTags"],
      ].map((action) => `sagemaker:${action}`),
      [named("model", `${versionMark}*`), configurations],
    ),
    allow(
      "MoveEndpoints",
      ["sagemaker:DescribeEndpoint", "sagemaker:ListTags", "sagemaker:UpdateEndpoint"],
      [named("endpoint", "")],
    ),
    allow("MarkEndpoints", ["sagemaker:AddTags"], [named("endpoint", "")], {
      "ForAllValues:StringLike": { "aws:TagKeys": [`${liveTagPrefix}*`] },
      Null: { "aws:TagKeys": "false" },
    }),
    // UpdateEndpoint is asked for both: the endpoint and the configuration it is to have.
    allow("UseConfigurations", ["sagemaker:UpdateEndpoint"], [configurations]),
    // The first configuration of an endpoint, which a stack has made, has no version in its name.
    allow("SeeInstances", ["sagemaker:DescribeEndpointConfig"], [named("endpoint-config", "")]),
    ...scaleAround(account, stackName),
    onAnyResource("FindModels", ["sagemaker:ListEndpointConfigs", "sagemaker:ListModels"]),
    allow("WatchAlarms", ["cloudwatch:DescribeAlarms"], alarms(account, `${stackName}-*`)),
    allow(
      "PassRole",
      ["iam:PassRole"],
      [`arn:${account.partition}:iam::${account.accountId}:role${endpointRolePath(stackName)}*`],
      { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } },
    ),
    ...readWriteBelow(artifacts, packagesFolder),
    ...readEnvironments(artifacts).filter(({ Sid }) => Sid !== "EnvironmentsDecrypt"),
    ...(artifacts.keyArn === undefined
      ? []
      : [
          allow("EncryptVolume", ["kms:CreateGrant"], [artifacts.keyArn], {
            Bool: { "kms:GrantIsForAWSResource": "true" },
          }),
          allow("SeeKey", ["kms:DescribeKey"], [artifacts.keyArn]), // Only calls about grants say whom a grant is for.
        ]),
  ];
}

/** What must be alike of statements that become one: all but resources, and prefixes of what is listed. */
const allowance = ({ Effect, Action, Condition = {} }: PolicyStatement) => {
  const { StringLike = {}, ...conditions } = Condition;
  const { "s3:prefix": _, ...like } = StringLike;
  return JSON.stringify([Effect, [...Action].sort(), conditions, like]);
};

/**
 * One statement where several have one Sid, with all of their resources or prefixes.
 * @throws where two of one Sid allow different things: one of them would be lost
 */
export function merged(statements: PolicyStatement[]): PolicyStatement[] {
  const bySid = new Map<string, PolicyStatement>();
  for (const statement of statements) {
    const before = bySid.get(statement.Sid);
    if (before !== undefined && allowance(before) !== allowance(statement)) {
      throw new Error(`two statements are called ${statement.Sid} and allow different things: rename one`);
    }
    const prefixes = [before, statement].flatMap((each) => each?.Condition?.StringLike?.["s3:prefix"] ?? []);
    bySid.set(statement.Sid, {
      ...statement,
      Resource: [...new Set([...(before?.Resource ?? []), ...statement.Resource])],
      ...(prefixes.length === 0 ? {} : { Condition: { StringLike: { "s3:prefix": prefixes } } }),
    });
  }
  return [...bySid.values()];
}

/**
 * What the function `endpointRelease` needs: look at endpoints of the stack, and delete what others made for them. It is asked when a model
 * has already gone from the settings, so it may do so for every model that the stack could have had.
 * @param stackName such as `mlplatform-dev`, with which the names of all its endpoints begin
 */
export function checkEndpoints(account: AwsAccount, logGroupArn: string, stackName: string): PolicyStatement[] {
  const named = (kind: string, ending: string) => arn(account, "sagemaker", `${kind}/${stackName}-*${ending}`);
  return [
    allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [`${logGroupArn}:*`]),
    allow("LookAtEndpoints", ["sagemaker:DescribeEndpoint"], [named("endpoint", "")]),
    allow(
      "DeleteLeftovers",
      ["sagemaker:DeleteEndpointConfig", "sagemaker:DeleteModel"],
      [named("endpoint-config", `${versionMark}*`), named("model", `${versionMark}*`)],
    ),
    onAnyResource("FindLeftovers", ["sagemaker:ListEndpointConfigs", "sagemaker:ListModels"]),
  ];
}

/** ARN of the repository of an image, in whatever account it is; none where it is no image of ECR. */
export function imageRepository({ partition }: Pick<AwsAccount, "partition">, image: string): string[] {
  const found = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.[a-z.]+\/([^:@]+)/.exec(image);
  return found ? [`arn:${partition}:ecr:${found[2]}:${found[1]}:repository/${found[3]}`] : [];
}

/** ARN of a repository of the stack's own account and region, from its address. */
export function repositoryArn(account: AwsAccount, repositoryUrl: string): string {
  const path = repositoryUrl.slice(repositoryUrl.indexOf("/") + 1);
  // Somebody's own image may be in another account, whose repository has to let the role in too.
  const [accountId = account.accountId] = /^\d{12}(?=\.dkr\.ecr\.)/.exec(repositoryUrl) ?? [];
  return arn({ ...account, accountId }, "ecr", `repository/${path}`);
}
