/**
 * Tags: at most 50, keys up to 128 and values up to 256 characters, no key that begins with `aws:`.
 * https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
import type { Failure } from "../provider";
import { type Properties, unknown } from "../values";

export const mostTags = 50;
const longestKey = 128;
const longestValue = 256;
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Keys that IAM takes for equal. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html */
export function alikeTags(tags: Properties): Failure[] {
  const keys = Object.keys(tags).map((key) => key.toLowerCase());
  return Object.keys(tags)
    .filter((key, at) => keys.indexOf(key.toLowerCase()) < at)
    .map((key) => ({
      property: `tags["${key}"]`,
      reason: "duplicate tag keys found; tag keys of IAM are case insensitive",
    }));
}

export function wrongTags(tags: Properties | string | undefined, path = "tags", most = mostTags): Failure[] {
  if (tags === undefined || tags === null || tags === unknown || typeof tags !== "object") return [];
  const failures: Failure[] = [];
  const entries = Object.entries(tags);
  if (entries.length > most) {
    failures.push({ property: path, reason: `holds ${entries.length} tags; at most ${most} are allowed` });
  }
  for (const [key, value] of entries) {
    const property = `${path}["${key}"]`;
    if (key.length > longestKey) {
      failures.push({ property, reason: `key is ${key.length} characters long; at most ${longestKey} are allowed` });
    }
    if (/^aws:/i.test(key)) failures.push({ property, reason: "key begins with aws:, which is reserved" });
    if (value === unknown || value === null) continue;
    const text = String(value);
    if (text.length > longestValue) {
      failures.push({ property, reason: `is ${text.length} characters long; at most ${longestValue} are allowed` });
    }
    if (!allowed.test(text) || !allowed.test(key)) {
      failures.push({
        property,
        reason: `${JSON.stringify(text)} holds a character that tags may not; letters, digits, spaces and _ . : / = + - @ are allowed`,
      });
    }
  }
  return failures;
}
