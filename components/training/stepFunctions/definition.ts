import { longestRunSeconds } from "../../contracts/trainingLoop";
import type { Step } from "../../lib/states";
import { demandBaseline, keepBaseline } from "./baseline";
import { convert } from "./conversion";
import { prepare, resolveImage, validateData } from "./data";
import { train } from "./jobs";
import { judge } from "./judgement";
import { publishBaseline } from "./liveBaseline";
import { approve, checkEndpoint, promote, register } from "./release";
import { searchEntry, tune } from "./searches";
import type { TrainingMachineFacts } from "./terms";
import { wholeRun } from "./wholeRun";

/**
 * The state machine of one model's training in Amazon States Language. Input is `{"reason": …}`, or new objects as `[{key, etag}]`, or
 * `{"aborted": <execution>}`, which frees what that one held.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
 */
export function trainingDefinition(facts: TrainingMachineFacts): string {
  const { spec } = facts;
  const search = spec.tune;
  const steps: Step[] = [
    resolveImage(facts),
    ...prepare(facts),
    validateData(facts),
    ...demandBaseline(facts),
    search
      ? { entry: searchEntry(search), states: (next) => tune(facts, search, next) }
      : { entry: "Train", states: (next) => train(facts, next) },
    ...convert(facts),
    ...judge(facts),
    keepBaseline(facts),
    register(facts),
    ...approve(facts),
    ...checkEndpoint(facts),
    promote(facts),
    ...publishBaseline(facts),
  ];
  return JSON.stringify({
    Comment: `Trains ${spec.model}`,
    StartAt: "NameRun",
    TimeoutSeconds: longestRunSeconds(facts),
    States: wholeRun(facts, steps),
  });
}
