import { z } from "zod";

/** `models.<name>.training.algorithm`: what SageMaker brings along to train with. */
export const algorithm = z
  .strictObject({
    name: z.literal("xgboost").describe("SageMaker's own XGBoost, in an image of AWS's."),
    version: z
      .string()
      .regex(/^\d+\.\d+-\d+$/, "a version of its image, such as 3.0-5")
      .default("3.0-5")
      .describe("Version of its image."),
    hyperparameters: z
      .record(z.string().min(1).max(256), z.string().max(2500))
      .describe(
        "What it is told, as strings: `num_round` and `objective` at least, and `num_class` with several classes.",
      )
      .meta({ examples: [{ num_round: "200", objective: "binary:logistic" }] }),
  })
  .meta({ title: "algorithm" });
