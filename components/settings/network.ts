import { z } from "zod";
import { accountIdPattern, awsId, cidr, defaultKind, whole } from "./formats";

/** Retention periods, in days, that CloudWatch Logs accepts. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const cloudWatchRetentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** The shortest of these periods that keeps logs as long as wished; the longest where none does. */
export const cloudWatchRetention = (days: number): number =>
  cloudWatchRetentionDays.find((offered) => offered >= days) ?? cloudWatchRetentionDays.at(-1)!;

/**
 * Addresses of Kubernetes services. Left alone, EKS picks this block or 10.100.0.0/16, whichever is apart from the VPC; the
 * cluster is told, so that what is checked here is what is made.
 */
export const serviceCidr = "172.20.0.0/16";

/** Services whose VPC endpoint is a gateway: a route, free of charge. */
export const gatewayEndpoints = ["s3", "dynamodb"] as const;

/** Services whose VPC endpoint is an interface: an address in each zone, billed by the hour. */
export const interfaceEndpoints = [
  "airflow.api",
  "airflow.env",
  "airflow.ops",
  "application-autoscaling",
  "athena",
  "autoscaling",
  "ec2",
  "ec2messages",
  "ecr.api",
  "ecr.dkr",
  "ecs",
  "eks",
  "eks-auth",
  "elasticfilesystem",
  "elasticloadbalancing",
  "events",
  "git-codecommit",
  "glue",
  "kinesis-streams",
  "kms",
  "lambda",
  "logs",
  "monitoring",
  "rds",
  "sagemaker.api",
  "sagemaker.featurestore-runtime",
  "sagemaker.runtime",
  "secretsmanager",
  "sns",
  "sqs",
  "ssm",
  "ssmmessages",
  "states",
  "sts",
  "xray",
] as const;

const retention = () =>
  z.union(
    cloudWatchRetentionDays.map((days) => z.literal(days)),
    `one of ${cloudWatchRetentionDays.join(", ")}`,
  );

/** Days a CloudWatch log group keeps its events: one of the periods that CloudWatch accepts. */
export const logRetention = retention;

const createdNetwork = z
  .strictObject({
    kind: defaultKind("create").describe("Make a VPC for this platform."),
    cidr: cidr()
      .default("10.0.0.0/16")
      .describe(
        "Private address block of nodes, load balancers and databases, /16 to /20. Changing it replaces the VPC.",
      ),
    podCidr: cidr()
      .default("100.64.0.0/16")
      .describe(
        "Secondary block that pods draw their addresses from, inside 100.64.0.0/10 or the private range of `cidr`. Large, since " +
          "prefix delegation takes 16 addresses at a time. It must not overlap `cidr` or 172.20.0.0/16, the services.",
      ),
    zones: z
      .union(
        [
          whole(2, 6),
          z
            .array(z.string().regex(/^[a-z]{2,3}(-[a-z]+)+-\d[a-z]$/, "a zone name such as eu-west-1a"))
            .min(2)
            .max(6),
        ],
        "a number from 2 to 6, or a list of 2 to 6 zone names such as [eu-west-1a, eu-west-1b]",
      )
      .default(3)
      .describe(
        "Availability zones: how many, or exactly which. With 2 the loss of one zone halves the capacity; EKS and " +
          "Multi-AZ databases need at least 2.",
      ),
    nat: z
      .enum(["none", "single", "perZone"])
      .default("single")
      .describe(
        "NAT gateways for private subnets. `single` is the cheapest way out and a single point of failure; `perZone` " +
          "survives the loss of a zone; `none` has no way out, so the services in use must be listed under `endpoints`, what is on the internet alone is refused, and " +
          "images in public registries, such as the controllers' and the applications', are only pulled where the nodes' registry " +
          "configuration mirrors them or a route of your own leads out of the VPC.",
      ),
    endpoints: z
      .array(z.enum([...gatewayEndpoints, ...interfaceEndpoints]))
      .default(["s3"])
      .describe(
        "AWS services reached without leaving the VPC. `s3` and `dynamodb` are gateways and free; each other one is " +
          "billed by the hour and zone.",
      ),
    endpointAccounts: z
      .array(z.string().regex(accountIdPattern, "12 digits in quotes"))
      .max(20, "at most 20 accounts")
      .optional()
      .describe(
        "Accounts, beside the stack's own, whose buckets and tables can be reached through the gateways `s3` and `dynamodb`, for whatever credentials; `[]` is the " +
          "stack's own alone. Layers of images from Amazon ECR always can. Public data sets and models in other accounts then cannot. Without it all accounts.",
      )
      .meta({ examples: [["123456789012"]] }),
    endpointsOfOwnAccount: z
      .boolean()
      .default(false)
      .describe(
        "Whether interface endpoints serve callers of the stack's own account and services of AWS alone: with credentials of another account nothing leaves " +
          "the VPC through them. What the stack's roles do in other accounts goes on, such as pulling images of add-ons from the registries of AWS.",
      ),
    flowLogs: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe("Record the VPC's traffic metadata. Without it an incident cannot be traced."),
        retentionDays: retention()
          .default(30)
          .describe("Days that flow logs are kept in CloudWatch; longer costs storage."),
      })
      .prefault({})
      .describe("VPC flow logs."),
  })
  .meta({ title: "created network" });

const adoptedNetwork = z
  .strictObject({
    kind: z.literal("adopt").describe("Use a VPC that exists. Nothing in it is made or changed."),
    vpcId: awsId("vpc")
      .describe("Id of the VPC.")
      .meta({ examples: ["vpc-0123456789abcdef0"] }),
    privateSubnetIds: z
      .array(awsId("subnet"))
      .min(2, "at least 2 subnets, in different zones")
      .describe(
        "Subnets of nodes and internal load balancers, in at least 2 zones, with a route to what the platform calls.",
      )
      .meta({ examples: [["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]] }),
    publicSubnetIds: z
      .array(awsId("subnet"))
      .default([])
      .describe("Subnets of internet-facing load balancers. Without any, `access.visibility` must be `internal`."),
    databaseSubnetIds: z
      .array(awsId("subnet"))
      .min(2, "at least 2 subnets, in different zones")
      .optional()
      .describe("Subnets of databases, in at least 2 zones. Without them databases share the private subnets."),
    podSubnetIds: z
      .record(z.string().regex(/^[a-z]{2,3}(-[a-z]+)+-\d[a-z]$/, "a zone name such as eu-west-1a"), awsId("subnet"))
      .optional()
      .describe(
        "From zone name to the subnet that pods of that zone draw addresses from. Without it pods share the private subnets.",
      ),
  })
  .meta({ title: "adopted network" });

/** `foundation.network` on AWS. */
export const network = z.discriminatedUnion("kind", [createdNetwork, adoptedNetwork]);

export type CreatedNetworkSettings = z.output<typeof createdNetwork>;
export type AdoptedNetworkSettings = z.output<typeof adoptedNetwork>;
export type NetworkSettings = z.output<typeof network>;
