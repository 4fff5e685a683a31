import { beginning, mark } from "../lib/mark";
import { longestLookPrefix } from "../serving/liveQualityJob";
import { longestJobPrefix, longestSearchPrefix } from "./stepFunctions/terms";

/** Beginning of the names of a model's jobs and runs. */
export const jobPrefix = (stack: string, model: string) => beginning(stack, model, longestJobPrefix);

/** Beginning of the names of looks at a model's live answers. A run's jobs go on with a moment, which begins with a digit. */
export const lookPrefix = (stack: string, model: string) => `${beginning(stack, model, longestLookPrefix - 2)}m-`;

/** Beginning of the names of a model's searches, which are short. */
export const searchPrefix = (stack: string, model: string) =>
  `${mark(`${stack}-${model}`)}-`.slice(0, longestSearchPrefix);
