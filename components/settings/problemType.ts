import { z } from "zod";
import { problemTypes } from "../contracts/problemType";

/** `models.<name>.problemType`: what metrics, labels, monitors and objectives of a model follow from. */
export const problemType = z
  .enum(problemTypes)
  .default("binaryClassification")
  .describe(
    "What the model answers: a yes or a no, one of several classes, or a number. Metrics of `training.gate` and `monitor`, labels and the objective of " +
      "`training.algorithm` follow from it; the training image is told, and refuses a project of another type.",
  );
