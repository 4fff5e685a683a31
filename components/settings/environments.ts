import { z } from "zod";
import { cidr, faultOf, secretName, whole } from "./formats";
import { urlFault } from "./url";

/** An https address, or that of a Service of the cluster, which may speak plain HTTP. */
const index = () =>
  z
    .string()
    .regex(
      /^(https:\/\/[^\s/@:]+(:\d+)?(\/\S*)?|http:\/\/[a-z0-9-]+\.[a-z0-9-]+\.svc(\.[a-z0-9.-]+)?(:\d+)?(\/\S*)?)$/,
      "an https address without user or password, or http://<service>.<namespace>.svc:<port>/…",
    )
    .superRefine(faultOf((text) => urlFault(text, { schemes: ["https", "http"], path: "optional" })));

/** `environments`: packages that models ask for and the server's image has not. */
export const environments = z
  .strictObject({
    build: z
      .boolean()
      .default(true)
      .describe(
        "Build what a version asks for and the image has not, before it goes live. Without it versions are served with the image's packages, and " +
          "the servers say what differs.",
      ),
    indexUrl: index()
      .default("https://pypi.org/simple")
      .describe("Package index: PyPI, or a mirror of it where the cluster has no way to the internet."),
    extraIndexUrls: z
      .array(index())
      .max(10)
      .default([])
      .describe(
        "Indexes that are asked first, such as a private one; what they have is taken from nowhere else. A model may name these and no others.",
      )
      .meta({ examples: ["https://download.pytorch.org/whl/cpu"] }),
    secretName: secretName()
      .optional()
      .describe(
        "Secret in the namespace `models` with `netrc`, which holds the indexes' passwords, `ca.crt`, their certificate authority, or both. " +
          "Without it indexes ask nobody who they are.",
      ),
    egressCidrs: z
      .array(cidr())
      .default(["0.0.0.0/0"])
      .describe("Blocks in which the indexes are; the builder reaches nothing else by their ports."),
    sourceBuilds: z
      .boolean()
      .default(false)
      .describe(
        "Also install packages that have no wheel, which runs their code in the builder. The image has no compiler.",
      ),
    timeoutMinutes: whole(1, 360).default(30).describe("Minutes that a build may take."),
    maxSizeMiB: whole(16, 65536)
      .default(8192)
      .describe("Size in MiB of a version's own packages, unpacked, above which it is refused."),
    memoryMiB: whole(256, 65536).default(2048).describe("Memory in MiB of the builder."),
  })
  .meta({ title: "environments" });

export type EnvironmentsSettings = z.output<typeof environments>;
