import { z } from "zod";
import { budgetStop } from "./budgetStop";
import { email, tagKey, whole } from "./formats";
import { offHours } from "./offHours";

const family = () => z.string().regex(/^[a-z][a-z0-9-]*$/, "an instance family without its size, such as g6 or p4d");

/** `governance`: limits on what this stack may cost and use. */
export const governance = z
  .strictObject({
    budget: z
      .strictObject({
        monthlyUsd: z
          .number()
          .gt(0)
          .describe(
            "Budget of each month in US dollars. It warns; what `stop` names is stopped, and nothing without it.",
          )
          .meta({ examples: [500] }),
        alertAtPercent: z
          .array(whole(1, 1000))
          .min(1)
          .max(5)
          .default([80, 100])
          .describe("Shares of the budget in percent at which mail is sent."),
        notifyEmails: z
          .array(email())
          .min(1, "at least one address")
          .max(10)
          .describe("Who is written to.")
          .meta({ examples: [["ml-platform@example.com"]] }),
        stop: budgetStop
          .optional()
          .describe("What stops once the month has cost too much. `{}` takes the defaults; without it nothing does."),
      })
      .optional()
      .describe("An AWS budget over this stack's tags (aws only)."),
    offHours: offHours
      .optional()
      .describe(
        "Stop nodes, notebook instances and the database when nobody works, and start nodes and database in the morning (aws only). Whoever hears of alarms is told half an " +
          "hour before. Not in a stack that is production. `{}` takes the defaults; without it the stack is always on.",
      ),
    requiredTags: z
      .array(tagKey())
      .default([])
      .describe("Tags that `foundation.tags` must hold, such as a cost centre."),
    permissionsBoundaryArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:policy\/[\w+=,.@/-]+$/, "the ARN of a policy of an account")
      .optional()
      .describe(
        "Permissions boundary that every role of the stack carries, such as the one that `npm run guardrails` writes (aws only). It has to exist before the update. Without it none.",
      )
      .meta({ examples: ["arn:aws:iam::111122223333:policy/mlplatform-boundary"] }),
    allowedInstanceFamilies: z
      .array(family())
      .optional()
      .describe(
        "The only instance families this stack may use, for nodes, models, notebook instances and the database. Without it any.",
      ),
    deniedInstanceFamilies: z
      .array(family())
      .default([])
      .describe(
        "Instance families this stack may not use for nodes, models, notebook instances and the database, such as p4d in a development stack.",
      ),
  })
  .meta({ title: "governance" });

export type GovernanceSettings = z.output<typeof governance>;
