import { z } from "zod";
import { dnsLabel, folderPattern, keyArn, s3BucketName } from "./formats";

const source = z
  .strictObject({
    bucket: s3BucketName()
      .describe(
        "Bucket in the stack's region, of this account or another; that one's own policy has to let the stack in.",
      )
      .meta({ examples: ["example-company-lake"] }),
    prefix: z
      .string()
      .max(512, "at most 512 characters")
      .regex(folderPattern, "a folder of the bucket, such as sales/orders/")
      .optional()
      .describe("Folder of it that is read. Without it the whole bucket.")
      .meta({ examples: ["sales/orders/"] }),
    keyArn: keyArn()
      .optional()
      .describe("Key that its objects are encrypted with. Without it they are not, or by Amazon S3's own."),
    database: z
      .string()
      .regex(/^[a-z0-9_]{1,255}$/, "the name of a Glue database: small letters, digits and _")
      .optional()
      .describe("Glue database of this account with tables over it, whose columns and partitions may be read.")
      .meta({ examples: ["sales"] }),
  })
  .meta({ title: "source" });

/** `data`: what the platform reads and somebody else keeps. */
export const data = z
  .strictObject({
    sources: z
      .record(dnsLabel(20), source)
      .default({})
      .describe(
        "From name to data that lie elsewhere (aws only). Nobody reads one who does not name it in a `reads`; nothing is written there, and destroy leaves it alone.",
      )
      .meta({ examples: [{ lake: { bucket: "example-company-lake", prefix: "sales/orders/" } }] }),
  })
  .meta({ title: "data" });

/** `reads`: names of sources. @param who reads, and how it finds them */
export const reads = (who: string) =>
  z.array(dnsLabel(20)).max(5, "at most 5 sources").default([]).describe(`Names from \`data.sources\` that ${who}`);

export type DataSettings = z.output<typeof data>;
export type DataSourceSettings = z.output<typeof source>;
