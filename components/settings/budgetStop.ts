import { z } from "zod";
import { whole } from "./formats";

/** What a budget can stop: what people start again when they need it, and nothing that answers anybody. */
export const stoppable = ["experiments", "notebooks", "training"] as const;

/** `governance.budget.stop`: what ends once a month has cost too much. */
export const budgetStop = z
  .strictObject({
    atPercent: whole(1, 1000)
      .default(100)
      .describe(
        "Share of the budget in percent from which on it stops. It has to be above one of `alertAtPercent`, so that mail is sent before.",
      ),
    what: z
      .array(z.enum(stoppable))
      .min(1, "at least one thing to stop")
      .default([...stoppable])
      .describe(
        "`experiments`: endpoints with `ttlHours` are deleted. `notebooks`: notebook instances, Studio's apps and the nodes of JupyterHub's servers stop. `training`: the clock, new " +
          "objects, drift and decay begin no run on AWS; people may. Production endpoints, batch scoring and what is under way go on.",
      ),
  })
  .meta({ title: "stop" });

export type BudgetStopSettings = z.output<typeof budgetStop>;
export type Stoppable = (typeof stoppable)[number];
