/** What differs between the inputs a resource has and those it shall have. */
import type { Difference } from "./provider";
import { canonical, type Properties, type Value } from "./values";

const internal = new Set(["__defaults"]);

/** Differences down to the leaves; lists of plain values are one leaf, since most of them are sets to the cloud. */
export function differencesBetween(
  olds: Properties,
  news: Properties,
  forces: (path: string) => boolean,
  isSet: (path: string) => boolean = () => true,
): Difference[] {
  const found: Difference[] = [];
  walk("", olds, news, isSet, found, forces);
  return found;
}

function walk(
  path: string,
  old: Value,
  now: Value,
  isSet: (path: string) => boolean,
  found: Difference[],
  forces: (path: string) => boolean,
): void {
  const absentBefore = isAbsent(old);
  const absentNow = isAbsent(now);
  if (absentBefore && absentNow) return;
  if (canonical(old) === canonical(now)) return;
  const bothMaps = isMap(old) && isMap(now);
  const bothLists = Array.isArray(old) && Array.isArray(now);
  if (bothMaps) {
    for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
      if (internal.has(key)) continue;
      const step = /^[\w-]+$/.test(key) ? (path === "" ? key : `${path}.${key}`) : `${path}["${key}"]`;
      walk(step, old[key], now[key], isSet, found, forces);
    }
    return;
  }
  if (bothLists) {
    if (isSet(path) && canonical([...old].map(canonical).sort()) === canonical([...now].map(canonical).sort())) return;
    if (old.length === now.length && old.every((member: Value, index: number) => isMap(member) && isMap(now[index]))) {
      for (const [index, member] of old.entries()) walk(`${path}[${index}]`, member, now[index], isSet, found, forces);
      return;
    }
  }
  found.push({ path, kind: absentBefore ? "add" : absentNow ? "delete" : "update", replaces: forces(path) });
}

function isAbsent(value: Value): boolean {
  return value === undefined || value === null;
}

function isMap(value: Value): boolean {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Tells whether a path lies at or below one of the patterns (`vpcConfig.subnetIds`, `accessConfig.*.x`). */
export function belowAnyOf(patterns: readonly string[]): (path: string) => boolean {
  const expressions = patterns.map(
    (pattern) =>
      new RegExp(
        `^${pattern.replace(/[.]/g, "\\.").replace(/\[\]/g, "(\\[\\d+\\])?").replace(/\*/g, "[^.\\[]+")}(\\[\\d+\\])?($|[.\\[])`,
      ),
  );
  return (path) => expressions.some((expression) => expression.test(path));
}
