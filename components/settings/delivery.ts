import { z } from "zod";
import { dnsLabel } from "./formats";

const repository = () =>
  z
    .string()
    .max(255, "at most 255 characters")
    .regex(/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*\/(?!.*\.git$)[A-Za-z0-9_.-]+$/, "owner/name, without .git at its end")
    .describe("Repository as owner/name; on GitLab with its groups.")
    .meta({ examples: ["example-company/ml"] });
/** Becomes part of a condition, where `*` and `?` would stand for other branches too. */
const branch = () =>
  z
    .string()
    .max(255, "at most 255 characters")
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/, "the name of one branch, without wildcards");
const host = (main: string, what: string) =>
  z
    .string()
    .max(253, "at most 253 characters")
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "a host name without scheme, port and path, such as git.example.com")
    .default(main)
    .describe(what);
const number = () => z.string().regex(/^[1-9]\d{0,18}$/, 'a number in quotes, such as "123456"');

/** @see https://docs.github.com/en/actions/reference/security/oidc */
const ids = () =>
  z
    .strictObject({
      owner: number()
        .describe("Number of the owner.")
        .meta({ examples: ["123456"] }),
      repository: number()
        .describe("Number of the repository.")
        .meta({ examples: ["456789"] }),
    })
    .optional()
    .describe(
      "Numbers that GitHub puts into the tokens of repositories made since 15 July 2026, and of those that asked for it; a token without them, or with " +
        "others, then gets nothing. `gh api repos/OWNER/NAME` says them as `owner.id` and `id`. Without it the tokens of older repositories, by name alone.",
    )
    .meta({ title: "numbers of a repository" });

const source = z.discriminatedUnion("provider", [
  z
    .strictObject({
      provider: z.literal("github").describe("GitHub Actions, trusted by OIDC without a stored key."),
      host: host("github.com", "Host of the server; another than github.com is a GitHub Enterprise Server."),
      repository: repository(),
      branch: branch().default("main").describe("Branch whose commits are delivered."),
      ids: ids(),
    })
    .meta({ title: "GitHub" }),
  z
    .strictObject({
      provider: z.literal("gitlab").describe("GitLab CI, trusted by OIDC without a stored key."),
      host: host("gitlab.com", "Host of the server; another than gitlab.com is one of your own."),
      repository: repository(),
      branch: branch().default("main").describe("Branch whose commits are delivered."),
    })
    .meta({ title: "GitLab" }),
]);

const ofModel = z
  .strictObject({
    repository: repository(),
    branch: branch().default("main").describe("Branch whose commits are built, and may train."),
    ids: ids(),
    score: z
      .boolean()
      .default(false)
      .describe(
        "Let CodePipeline run the model's batch scoring on SageMaker as its last stage; needs `batch` with `with: sagemaker` and a `schedule`.",
      ),
  })
  .meta({ title: "repository of a model" });

const environment = z
  .strictObject({
    branch: branch()
      .optional()
      .describe("Branch whose commits are delivered to the stack. Without it that of `source`."),
    approvers: z
      .array(z.string().min(1).max(128))
      .max(20)
      .default([])
      .describe(
        "Teams or people of the git host of whom one has to approve before the stack changes. Without any a merge is enough.",
      )
      .meta({ examples: [["ml-leads"]] }),
  })
  .meta({ title: "environment" });

/** `delivery`: who may build images and run `pulumi up`, from which repository. */
export const delivery = z
  .strictObject({
    source: source
      .describe("Where the platform's own code comes from.")
      .meta({ examples: [{ provider: "github", repository: "example-company/ml" }] }),
    models: z
      .record(z.string(), ofModel)
      .default({})
      .describe(
        "From model to the repository with its code, on the same host: it may push the model's images, and start its training, and nothing else.",
      )
      .meta({ examples: [{ churn: { repository: "example-company/churn" } }] }),
    environments: z
      .record(dnsLabel(52), environment)
      .default({})
      .describe(
        "Stacks that the repository delivers, in their order; the host's environments are called like them. Without any, this stack alone.",
      )
      .meta({ examples: [{ dev: {}, prod: { approvers: ["ml-leads"] } }] }),
    codePipeline: z
      .strictObject({
        enabled: z
          .boolean()
          .default(false)
          .describe("Build, train and deploy each of `models` with CodePipeline and CodeBuild (aws only)."),
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
      .describe("Amazon's own pipeline instead of, or beside, the git host's."),
  })
  .meta({ title: "delivery" });

export type DeliverySettings = z.output<typeof delivery>;
export type DeliverySource = DeliverySettings["source"];
export type ModelRepository = DeliverySettings["models"][string];
