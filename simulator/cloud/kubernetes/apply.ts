/** Server-side apply on an object that is there. https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
import { type Existing, Refusal } from "../account";
import { canonical, type Properties, type Value } from "../values";

/** @throws the refusal of an API server: somebody else's fields are not overwritten without force. */
export function appliedTo(taken: Existing, made: Existing): Existing {
  if (taken.urn === made.urn && taken.madeBy === undefined) {
    return taken.othersFields === undefined ? made : withFields(taken, made, taken.othersFields);
  }
  const fields = taken.othersFields ?? taken.inputs;
  const conflicts = differing(fields, made.inputs, "");
  if (conflicts.length > 0) {
    throw new Refusal(
      "Conflict",
      `Apply failed with ${conflicts.length} conflict${conflicts.length === 1 ? "" : "s"}: conflicts with "${taken.madeBy ?? taken.urn}": ${conflicts.join(", ")}`,
    );
  }
  return withFields(taken, made, fields);
}

/** What was made, with the fields of others in it; whose it is stays as it was. */
export function withFields(before: Existing, made: Existing, othersFields: Properties): Existing {
  const { madeBy } = before;
  return {
    ...made,
    outputs: merged(othersFields, made.outputs) as Properties,
    othersFields,
    ...(madeBy === undefined ? {} : { madeBy }),
  };
}

function differing(theirs: Value, ours: Value, path: string): string[] {
  if (theirs === undefined || ours === undefined || canonical(theirs) === canonical(ours)) return [];
  if (!isMap(theirs) || !isMap(ours)) return [path];
  return Object.keys(ours).flatMap((key) => differing(theirs[key], ours[key], `${path}.${key}`));
}

function merged(theirs: Value, ours: Value): Value {
  if (ours === undefined) return theirs;
  if (!isMap(theirs) || !isMap(ours)) return ours;
  const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
  return Object.fromEntries([...keys].map((key) => [key, merged(theirs[key], ours[key])]));
}

function isMap(value: Value): value is Properties {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
