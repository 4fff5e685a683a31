import { z } from "zod";

const repository = () =>
  z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+)+$/, "owner/name")
    .describe("Repository as owner/name.")
    .meta({ examples: ["example-company/ml"] });
const branch = () => z.string().min(1).max(255).default("main").describe("Branch whose commits are delivered.");

/** `delivery`: who may build images and run `pulumi up`, from which repository. */
export const delivery = z
  .strictObject({
    source: z
      .discriminatedUnion("provider", [
        z
          .strictObject({
            provider: z.literal("github").describe("GitHub Actions, trusted by OIDC without a stored key."),
            repository: repository(),
            branch: branch(),
          })
          .meta({ title: "GitHub" }),
        z
          .strictObject({
            provider: z.literal("gitlab").describe("GitLab CI, trusted by OIDC without a stored key."),
            repository: repository(),
            branch: branch(),
            host: z.string().min(1).default("gitlab.com").describe("Host of the GitLab server."),
          })
          .meta({ title: "GitLab" }),
      ])
      .describe("Where code comes from.")
      .meta({ examples: [{ provider: "github", repository: "example-company/ml" }] }),
    codePipeline: z
      .strictObject({
        enabled: z.boolean().default(false).describe("Build and deploy with CodePipeline and CodeBuild (aws only)."),
        approval: z.boolean().default(true).describe("A person approves before the deployment stage."),
        connectionArn: z
          .string()
          .regex(
            /^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection\/[0-9a-f-]{36}$/,
            "the ARN of a CodeConnections connection",
          )
          .optional()
          .describe("Connection that exists. Without it one is made, which a person must confirm once in the console."),
      })
      .prefault({})
      .describe("Amazon's own pipeline instead of the git host's."),
  })
  .meta({ title: "delivery" });

export type DeliverySettings = z.output<typeof delivery>;
