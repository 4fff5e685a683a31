/** References between things: each must name something that exists. */
import { Account, type Existing, Refusal } from "../account";
import { at, hasUnknown, type Properties, unknown, type Value } from "../values";
import type { Description, Reference } from "./describe";

/** Ids this account makes look like this; one that does not exist was typed or kept from elsewhere. */
const ownId = /^[a-z]+(?:-[a-z]+)*-sim[0-9a-f]{14}$/;

function references(description: Description): [string, Reference][] {
  return Object.entries(description.refs ?? {}).map(([path, reference]) => [
    path,
    typeof reference === "string" ? { to: [reference] } : reference,
  ]);
}

/** The refusal for the first reference that names nothing. */
export function wrongReferences(description: Description, inputs: Properties, account: Account): Refusal | undefined {
  for (const [pattern, reference] of references(description)) {
    for (const { path, value } of at(inputs, pattern)) {
      if (typeof value !== "string" || value === unknown || reference.unless?.(value)) continue;
      if (account.resolve(reference.to, value) === undefined) {
        return new Refusal(
          codeFor(reference.to[0]!),
          `${description.type}: ${path} is "${value}", and no ${reference.to.map(noun).join(" or ")} of that id, ARN or name exists in account ${account.number}`,
        );
      }
    }
  }
  for (const { path, value } of everyText(inputs, "")) {
    if (ownId.test(value) && !account.knows(value)) {
      return new Refusal(
        "InvalidID.NotFound",
        `${description.type}: ${path} is "${value}", and nothing of that id exists in account ${account.number}`,
      );
    }
  }
  return undefined;
}

/** What a thing refers to, by key. */
export function usesOf(description: Description, inputs: Properties, account: Account): Existing["uses"] {
  const uses: Existing["uses"] = [];
  for (const [pattern, reference] of references(description)) {
    for (const { path, value } of at(inputs, pattern)) {
      if (typeof value !== "string" || hasUnknown(value)) continue;
      const target = account.resolve(reference.to, value);
      if (target === undefined) continue;
      uses.push({
        key: Account.key(target.type, target.scope, target.id),
        path,
        holds: reference.holds !== false && target.type === reference.to[0],
      });
    }
  }
  return uses;
}

function noun(type: string): string {
  return type.split(":").at(-1)!;
}

function codeFor(type: string): string {
  return `Invalid${noun(type)}.NotFound`;
}

function* everyText(value: Value, path: string): Generator<{ path: string; value: string }> {
  if (typeof value === "string") yield { path, value };
  else if (Array.isArray(value))
    for (const [index, member] of value.entries()) yield* everyText(member, `${path}[${index}]`);
  else if (value !== null && typeof value === "object") {
    for (const [key, member] of Object.entries(value)) yield* everyText(member, path === "" ? key : `${path}.${key}`);
  }
}
