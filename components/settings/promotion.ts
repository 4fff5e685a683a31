import { z } from "zod";
import { accountIdPattern, dnsLabel, keyArn, s3BucketName } from "./formats";

const accountId = () => z.string().regex(accountIdPattern, "12 digits in quotes");

const consumer = z
  .strictObject({
    accountId: accountId()
      .describe("Account of that stack: it may read what is offered of these models, and nothing else.")
      .meta({ examples: ["210987654321"] }),
    models: z
      .array(z.string())
      .min(1, "at least one model")
      .max(50, "at most 50 models")
      .describe(
        "Models of this stack that are offered to it, each with a training block whose versions pass a gate or an approver.",
      )
      .meta({ examples: [["churn"]] }),
  })
  .meta({ title: "consumer" });

const producer = z
  .strictObject({
    accountId: accountId()
      .describe("Account of that stack: a bucket of anybody else is not read.")
      .meta({ examples: ["123456789012"] }),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as eu-west-1")
      .describe("Region of its bucket.")
      .meta({ examples: ["eu-west-1"] }),
    bucket: s3BucketName()
      .describe("Its data bucket, where its offers lie.")
      .meta({ examples: ["mlplatform-dev-data"] }),
    keyArn: keyArn().describe("Key that the bucket's objects are encrypted with."),
    publicKey: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits in quotes")
      .describe("Public half of the key that it signs with: what is signed by another is refused."),
  })
  .meta({ title: "producer" });

/** `promotion`: models that go from one stack to another, such as from dev to prod, each in an account of its own. */
export const promotion = z
  .strictObject({
    consumers: z
      .record(dnsLabel(52), consumer)
      .default({})
      .describe(
        "From stack to its account: which other stacks may take approved versions of models of this one (aws only).",
      )
      .meta({ examples: [{ prod: { accountId: "210987654321", models: ["churn"] } }] }),
    producers: z
      .record(dnsLabel(52), producer)
      .default({})
      .describe(
        "From stack to where its offers are (aws only): what `pulumi stack output promotionProducer` of that stack prints. A model names one in `from`.",
      ),
  })
  .meta({ title: "promotion" });

export type PromotionSettings = z.output<typeof promotion>;
export type ProducerSettings = PromotionSettings["producers"][string];
