import { z } from "zod";
import { version } from "../../package.json";
import { imageTag, whole } from "./formats";

/** `foundation.storage` on AWS: how long the buckets keep what nobody needs any more. */
export const storage = z
  .strictObject({
    noncurrentVersionDays: whole(1, 3650)
      .default(90)
      .describe("Days that overwritten or deleted objects can still be brought back; they are billed as long."),
    logRetentionDays: whole(1, 3650)
      .default(90)
      .describe("Days that task logs in the bucket are kept before they are deleted."),
    accessLogDays: whole(1, 3650)
      .optional()
      .describe(
        "Days that entries stay of who read and wrote the buckets, and of each request to the load balancers. Billed as storage. Without it none are written.",
      ),
    abortUploadDays: whole(1, 30)
      .default(7)
      .describe("Days after which the parts of an upload that never finished are removed."),
    infrequentAccessDays: whole(30, 3650)
      .optional()
      .describe("Days after which artifacts move to cheaper storage with a charge per read. Without it they stay."),
  })
  .meta({ title: "storage" });

/** `foundation.images.tag` of every foundation. */
export const ownImagesTag = () =>
  imageTag()
    .default(version)
    .describe(
      "Tag of the platform's own images, of which `model-server` and `release` run beside every model. By default the " +
        "platform's version, so that images and program move together.",
    );

/** `foundation.images` on AWS: the image registry. */
export const images = z
  .strictObject({
    repositories: z
      .array(
        z
          .string()
          .max(200)
          .regex(
            /^[a-z0-9]+([._-][a-z0-9]+)*(\/[a-z0-9]+([._-][a-z0-9]+)*)*$/,
            "a repository name: lower-case words joined by -, _, . or /",
          ),
      )
      .default([])
      .describe("More image repositories than those the platform makes for its own images."),
    tag: ownImagesTag(),
    untaggedDays: whole(1, 365).default(14).describe("Days after which images without a tag are removed."),
    keepImages: whole(1, 1000)
      .default(50)
      .describe("Tagged images kept in each repository; older ones are removed and can't be rolled back to."),
  })
  .meta({ title: "images" });

export type StorageSettings = z.output<typeof storage>;
export type ImagesSettings = z.output<typeof images>;
