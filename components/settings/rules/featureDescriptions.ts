import { trainedOnAws } from "../engines";
import { describedFeatures, type FeatureSettings } from "../features";
import type { ModelSettings } from "../models";
import type { Path, RuleProblem } from "../problems";

/** Of a task definition, less all else that is in it: 64 KiB. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html */
const longestOnFargate = 60_000;
/** Of a variable that Linux starts a program with: 128 KiB. https://man7.org/linux/man-pages/man2/execve.2.html */
const longestInPods = 130_000;
/** Longer than the name of any stack: the description says it. */
export const anyStack = "x".repeat(63);

/** A group whose description fits into no variable of who is told of it: the first run, or the first pod, would not start. */
export function toldProblems(
  name: string,
  { serve, training: loop }: ModelSettings,
  features: FeatureSettings,
  onAws: boolean,
  path: Path,
): RuleProblem[] {
  const group = describedFeatures(anyStack, name, features, onAws);
  const fargate = features.loop !== "none" && trainedOnAws(loop);
  const pods = (features.loop !== "none" && !fargate) || (features.lookup && serve.flask !== undefined);
  const places = [
    { used: fargate, characters: JSON.stringify(group).length, most: longestOnFargate, of: "the task that prepares" },
    { used: pods, characters: group.length, most: longestInPods, of: "a pod" },
  ];
  return places
    .filter(({ used, characters, most }) => used && characters > most)
    .map(({ characters, most, of }) => ({
      path: [...path, "columns"],
      value: `${Object.keys(features.columns).length} columns, ${characters} characters as a variable`,
      allowed: `at most ${most} characters as a variable of ${of}`,
      remedy: "declare fewer columns, or shorter names",
    }));
}
