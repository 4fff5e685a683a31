/** Checks that several types of EC2 share. */
import { rangeOf } from "./cidr";
import { type Limit, Refusal, type Situation } from "./describe";

/** Any IPv4 range, as in routes and rules. */
export function anyRange(path: string): Limit {
  return {
    path,
    wrong: (value) =>
      rangeOf(String(value)) === undefined ? `is ${JSON.stringify(value)}; an IPv4 range is needed` : undefined,
  };
}

/** @throws a refusal unless exactly one of the properties is given. */
export function exactlyOne(situation: Situation, properties: string[], what: string): void {
  const given = properties.filter((property) => situation.inputs[property] !== undefined);
  if (given.length === 1) return;
  throw new Refusal(
    "InvalidParameterCombination",
    `${what}: exactly one of ${properties.join(", ")} is needed, given: ${given.join(", ") || "none"}`,
  );
}
