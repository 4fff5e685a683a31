import { createHash } from "node:crypto";
import { longestLookPrefix } from "../serving/liveQualityJob";
import { longestJobPrefix, longestSearchPrefix } from "./stepFunctions/terms";

/** Marks that two names which begin alike do not share. */
export const mark = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);

/** One that had to be cut ends in a mark, so that no two models share it. */
function beginning(stack: string, model: string, longest: number): string {
  const whole = `${stack}-${model}-`;
  if (whole.length <= longest) return whole;
  return `${whole.slice(0, longest - 10).replace(/-+$/, "")}-${mark(whole)}-`;
}

/** Beginning of the names of a model's jobs and runs. */
export const jobPrefix = (stack: string, model: string) => beginning(stack, model, longestJobPrefix);

/** Beginning of the names of looks at a model's live answers. A run's jobs go on with a moment, which begins with a digit. */
export const lookPrefix = (stack: string, model: string) => `${beginning(stack, model, longestLookPrefix - 2)}m-`;

/** Beginning of the names of a model's searches, which are short. */
export const searchPrefix = (stack: string, model: string) =>
  `${mark(`${stack}-${model}`)}-`.slice(0, longestSearchPrefix);

/** Group of a model's packages. */
export const packageGroupName = (stack: string, model: string) => `${stack}-${model}`;
