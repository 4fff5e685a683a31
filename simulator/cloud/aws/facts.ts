/** What is known of a type and its properties before the account is asked. */
import { Refusal } from "../account";
import { factsOf, type TypeFacts } from "../sdk";
import { type Properties, secret, type Value } from "../values";
import "./catalogue";
import { type Description, descriptionOf, type Situation } from "./describe";

const sdk = "@pulumi/aws";

/** The description of a type and what its SDK says of it. */
export function known(type: string): { description: Description; facts: TypeFacts } {
  const description = descriptionOf(type);
  const facts = factsOf(sdk, type);
  if (description === undefined || facts === undefined) {
    const service = type.split(":")[1]?.split("/")[0] ?? "";
    throw new Refusal(
      "UnknownType",
      `the simulated cloud does not know ${type}; describe it in simulator/cloud/aws/${service}.ts`,
    );
  }
  return { description, facts };
}

export function tagsOf(tags: Value): Properties {
  return typeof tags === "object" && tags !== null ? tags : {};
}

export function withoutDefaults(inputs: Properties): Properties {
  const { __defaults, ...rest } = inputs;
  return rest;
}

export function arnOf(description: Description, situation: Situation): string {
  if (typeof description.arn === "function") return description.arn(situation);
  if (description.arn === undefined) return "";
  const filled = description.arn.replace(/\{(\w+)\}/g, (_, word: string) => {
    if (word === "region") return situation.region;
    if (word === "account") return situation.account.number;
    if (word === "id") return situation.id;
    return String(situation.inputs[word]);
  });
  return `arn:${situation.partition}:${filled}`;
}

/** A value for an output no description speaks of, so that no program meets one that is missing. */
export function madeUp(property: string, situation: Situation, facts: TypeFacts): Value {
  if (property === "arn") return situation.arn;
  if (/^(owner|registry)Id$/.test(property)) return situation.account.number;
  if (/(Arn|Id|Name|Url|Address|Token)$/.test(property) && !facts.inputs.has(property))
    return `simulated-${property}-${situation.digits(property, 8)}`;
  return undefined;
}

/** Outputs as the engine is told of them: what its SDK or description calls secret is marked so. */
export function told(facts: TypeFacts, description: Description, outputs: Properties): Properties {
  const marked: Properties = { ...outputs };
  for (const property of [...facts.secretOutputs, ...(description.secretOutputs ?? [])]) {
    if (marked[property] !== undefined && marked[property] !== null) marked[property] = secret(marked[property]);
  }
  return marked;
}

/** Nested configuration arrives as JSON in strings. */
export function parsed(config: Properties): Properties {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => {
      if (typeof value !== "string" || !/^[[{]/.test(value)) return [key, value];
      return [key, JSON.parse(value)];
    }),
  );
}
