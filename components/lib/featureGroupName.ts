import { createHash } from "node:crypto";

/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateFeatureGroup.html */
const longest = 64;
const digits = 8;

/** Name of a model's feature group in a stack such as `mlplatform-dev`; too long a one ends in digits that tell it from others. */
export function featureGroupName(stackName: string, model: string): string {
  const whole = `${stackName}-${model}`;
  if (whole.length <= longest) return whole;
  const mark = createHash("sha256").update(whole).digest("hex").slice(0, digits);
  return `${whole.slice(0, longest - digits - 1).replace(/-+$/, "")}-${mark}`;
}
