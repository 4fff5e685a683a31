import { z } from "zod";
import { cluster } from "./cluster";
import { database } from "./database";
import { existingFoundation } from "./existingFoundation";
import { accountIdPattern, roleArn, tagKey } from "./formats";
import { quotas } from "./limits";
import { network } from "./network";
import { images, storage } from "./storage";

/** Tags as AWS and the controllers accept them. */
const tags = z.record(
  tagKey(),
  z
    .string()
    .max(256, "a tag value of at most 256 characters")
    .regex(
      /^[\p{L}\p{N}\p{Z}_.:/+\-@]*$/u,
      "a tag value: letters, digits, spaces and _.:/+-@; no = or comma, since controllers take tags as key=value,key=value",
    ),
);

/** `foundation` on AWS. */
export const awsFoundation = z
  .strictObject({
    kind: z.literal("aws").describe("VPC, EKS, RDS and S3 in one AWS account."),
    region: z
      .string()
      .regex(
        /^(af|ap|ca|cn|eu|il|me|mx|sa|us)(-gov|-iso[a-z]?)?-(central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9]$/,
        "an AWS region such as eu-west-1",
      )
      .describe(
        "AWS region. Changing it replaces everything. Those in China and the isolated ones are not supported yet.",
      )
      .meta({ examples: ["eu-west-1"] }),
    accountId: z
      .string()
      .regex(accountIdPattern, "12 digits in quotes")
      .optional()
      .describe(
        "The only AWS account this stack may touch, 12 digits in quotes. With other credentials nothing is done.",
      ),
    assumeRoleArn: roleArn()
      .optional()
      .describe("IAM role to take on for every call. Without it the credentials found are used as they are."),
    tags: tags
      .default({})
      .describe(
        "Tags on every resource, also on volumes and load balancers that controllers make. At most 40, without " +
          "`=` and commas.",
      ),
    dataProtection: z
      .boolean()
      .default(true)
      .describe(
        "Protect buckets, databases and keys from deletion, and keep them when the stack is destroyed. With `false` destroy " +
          "deletes the data. Either way the volumes of pods go with their claims.",
      ),
    deleteUnreachable: z
      .boolean()
      .default(false)
      .describe(
        "Drop Kubernetes objects from the state when the cluster is gone for good. Otherwise destroy and refresh stop, which " +
          "is right while the cluster is only out of reach.",
      ),
    network: network.prefault({}).describe("The VPC: created, or one that exists."),
    cluster: cluster.prefault({}).describe("The EKS cluster: created, one that exists, or none."),
    database: database
      .prefault({})
      .describe("The PostgreSQL server that applications keep their metadata in. Without a cluster there is none."),
    storage: storage.prefault({}).describe("How long buckets keep what is not current."),
    images: images.prefault({}).describe("The image registry."),
    quotas: quotas
      .prefault({})
      .describe("Quotas that AWS has raised for the account, so that a stack may have more than a new account can."),
  })
  .meta({ title: "aws" });

/** `foundation`: where the platform runs. */
export const foundation = z.discriminatedUnion("kind", [awsFoundation, existingFoundation]);

export type AwsFoundationSettings = z.output<typeof awsFoundation>;
export type FoundationSettings = z.output<typeof foundation>;
