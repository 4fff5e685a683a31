import { createHash } from "node:crypto";
import { longestJobPrefix, longestSearchPrefix } from "./stepFunctions/terms";

/** Marks that two names which begin alike do not share. */
const mark = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);

/** Beginning of the names of a model's jobs and runs. One that had to be cut ends in a mark, so that no two models share it. */
export function jobPrefix(stack: string, model: string): string {
  const whole = `${stack}-${model}-`;
  if (whole.length <= longestJobPrefix) return whole;
  return `${whole.slice(0, longestJobPrefix - 10).replace(/-+$/, "")}-${mark(whole)}-`;
}

/** Beginning of the names of a model's searches, which are short. */
export const searchPrefix = (stack: string, model: string) =>
  `${mark(`${stack}-${model}`)}-`.slice(0, longestSearchPrefix);

/** Group of a model's packages. */
export const packageGroupName = (stack: string, model: string) => `${stack}-${model}`;
