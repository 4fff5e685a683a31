import type { z } from "zod";
import type { Diagnosis } from "./diagnosis";
import { allowedText } from "./expectation";
import { meant } from "./meaning";
import { alike, nearest } from "./nearest";
import { type Path, pathText, type RuleProblem } from "./problems";
import { dnsSlug, remedyFor, yamlText } from "./remedy";
import { branchOf, child, choices, discriminatorOf, isBlock, nodeAt, type SchemaNode, valueAt } from "./schemaTree";
import { carried } from "./units";

/** Characters that every setting whose keys are names allows. */
const shortestName = 38;

/** A working copy of the config that is mended as problems are found. */
export class Repair {
  readonly problems: RuleProblem[] = [];
  readonly doubtful: Path[] = [];
  readonly value: Record<string, unknown>;
  private readonly renamed = new Map<string, string>();
  private readonly reported = new Set<string>();
  private removals: Path[] = [];

  constructor(value: Record<string, unknown>) {
    this.value = value;
  }

  diagnosis(guess: Diagnosis["guess"]): Diagnosis {
    const { problems, doubtful } = this;
    return { problems, guess, doubtful, asWritten: (path) => this.asWritten(path) };
  }

  take(issue: z.core.$ZodIssue): void {
    const path = issue.path as Path;
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) this.unknownKey(path, key);
    } else if (issue.code === "invalid_key") {
      this.wrongName(path, issue.issues[0]?.message ?? issue.message);
    } else {
      this.wrongValue(path, issue.message);
    }
  }

  /** Removes what was marked, last list items first so that positions hold. */
  sweep(): void {
    const removals = this.removals.sort((a, b) => compare(b, a));
    this.removals = [];
    for (const path of removals) {
      const parent = valueAt(path.slice(0, -1), this.value);
      const step = path.at(-1);
      if (Array.isArray(parent) && typeof step === "number") parent.splice(step, 1);
      else if (isBlock(parent)) delete parent[String(step)];
    }
  }

  drop(path: Path): void {
    this.doubtful.push(path);
    const parent = valueAt(path.slice(0, -1), this.value);
    if (isBlock(parent)) delete parent[String(path.at(-1))];
  }

  private unknownKey(path: Path, key: string): void {
    const node = nodeAt(path, this.value);
    const known = Object.keys((node && branchOf(node, valueAt(path, this.value)))?.properties ?? {});
    const near = nearest(key, known);
    const block = valueAt(path, this.value);
    if (!isBlock(block)) return;
    const given = block[key];
    const meant = near !== undefined && alike(key, near) && block[near] === undefined ? near : undefined;
    const value = meant === undefined ? given : carried(given, key, meant);
    const elsewhere = node?.oneOf?.find(({ properties }) => Object.hasOwn(properties ?? {}, key));
    const mark = node === undefined ? undefined : discriminatorOf(node);
    const dotted = path.length === 0 && key.includes(".") && known.includes(key.split(".")[0] ?? "");
    this.report({
      path: [...path, key],
      value: given,
      allowed: `known keys: ${known.join(", ")}`,
      remedy: dotted
        ? "set a key inside a section with `pulumi config set --path`"
        : elsewhere !== undefined && mark !== undefined
          ? `it goes with ${mark}: ${String(elsewhere.properties?.[mark]?.const)}; remove it, or write that`
          : meant === undefined
            ? `remove it${near === undefined ? "" : `; the nearest known key is ${near}`}`
            : `the nearest known key is ${near}: write ${near}: ${value === null || typeof value === "object" ? "…" : yamlText(value)}`,
    });
    delete block[key];
    if (meant === undefined) return;
    block[meant] = value;
    this.renamed.set(JSON.stringify([...path, meant]), key);
  }

  private wrongName(path: Path, message: string): void {
    const key = String(path.at(-1));
    const label = dnsSlug(key, Number(/^at most (\d+)/.exec(message)?.[1] ?? shortestName));
    const slug = message.includes("begins with a letter") ? label.replace(/^[^a-z]+/, "") : label;
    const block = valueAt(path.slice(0, -1), this.value);
    const named = message.includes("DNS label") || message.startsWith("at most") ? slug : "";
    this.report({
      path,
      value: key,
      allowed: message,
      remedy: named === "" || named === key ? "choose another name" : `rename it to ${named}`,
    });
    if (!isBlock(block)) return;
    const content = block[key];
    delete block[key];
    if (named === "" || block[named] !== undefined) {
      this.doubtful.push(path);
      return;
    }
    block[named] = content;
    this.renamed.set(JSON.stringify([...path.slice(0, -1), named]), key);
  }

  private wrongValue(path: Path, message: string): void {
    if (path.length === 0) return;
    const node = nodeAt(path, this.value);
    const value = valueAt(path, this.value);
    const key = String(path.findLast((step) => typeof step === "string") ?? "");
    const parent = nodeAt(path.slice(0, -1), this.value);
    const mark = parent?.oneOf !== undefined && discriminatorOf(parent) === path.at(-1) ? parent : undefined;
    if (mark !== undefined) {
      this.wrongKind(path, mark, value);
      return;
    }
    this.report({
      path,
      value,
      allowed:
        value === undefined && node?.description !== undefined
          ? node.description
          : custom(message) && rightType(node, value)
            ? message
            : custom(message) && node?.anyOf !== undefined
              ? message
              : allowedText(node),
      remedy: typeof path.at(-1) === "number" ? ofItem(remedyFor(key, value, node), key) : remedyFor(key, value, node),
    });
    this.mend(path, node, value);
  }

  private wrongKind(path: Path, choice: SchemaNode, value: unknown): void {
    const key = String(path.at(-1));
    const kinds = (choice.oneOf ?? []).map(({ properties }) => String(properties?.[key]?.const));
    const block = valueAt(path.slice(0, -1), this.value);
    const given = isBlock(block) ? Object.keys(block) : [];
    const overlap = (choice.oneOf ?? []).map(
      ({ properties }) => given.filter((name) => name !== key && Object.hasOwn(properties ?? {}, name)).length,
    );
    const near = typeof value === "string" ? nearest(value, kinds) : undefined;
    const likeliest =
      near !== undefined && alike(String(value), near) ? near : kinds[overlap.indexOf(Math.max(...overlap))];
    this.report({
      path,
      value,
      allowed: `one of ${kinds.join(", ")}`,
      remedy: `${value === undefined ? "add" : "write"} ${key}: ${likeliest}`,
    });
    this.doubtful.push(path);
    if (isBlock(block) && likeliest !== undefined && Math.max(...overlap) > 0) block[key] = likeliest;
    else this.removals.push(path.slice(0, -1));
  }

  /** Puts something that fits in the place of something that does not, so that the rest can be read. */
  private mend(path: Path, node: SchemaNode | undefined, value: unknown): void {
    const step = path.at(-1);
    const parent = valueAt(path.slice(0, -1), this.value);
    const guess = meant(String(step), value, node);
    const guessed = JSON.stringify([...path, "guessed"]);
    if (guess !== undefined && !this.reported.has(guessed) && isBlock(parent)) {
      this.reported.add(guessed);
      parent[String(step)] = guess;
      return;
    }
    this.doubtful.push(path);
    if (value !== undefined && child(parent, step as string | number) !== undefined && node?.default !== undefined) {
      this.removals.push(path);
      return;
    }
    const example = node?.examples?.[0];
    const tried = JSON.stringify([...path, "mended"]);
    if (example !== undefined && !this.reported.has(tried) && (isBlock(parent) || Array.isArray(parent))) {
      this.reported.add(tried);
      (parent as Record<string | number, unknown>)[step as string | number] = structuredClone(example);
      return;
    }
    const removable = value !== undefined || path.length < 2 ? path : path.slice(0, -1);
    this.doubtful.push(removable);
    this.removals.push(removable);
  }

  private report(problem: RuleProblem): void {
    const path = this.asWritten(problem.path);
    const mended = this.doubtful.some((place) => pathText(this.asWritten(place)) === pathText(path));
    // What stood in a list was told, and taken out: that too little is left is no second problem.
    const emptied =
      Array.isArray(problem.value) &&
      this.problems.some(
        (told) => told.path.length === path.length + 1 && pathText(told.path.slice(0, -1)) === pathText(path),
      );
    if (mended || emptied || this.reported.has(pathText(path))) return;
    this.reported.add(pathText(path));
    this.problems.push({ ...problem, path });
  }

  private asWritten(path: Path): Path {
    return path.map((step, at) => this.renamed.get(JSON.stringify(path.slice(0, at + 1))) ?? step);
  }
}

/** A remedy for one item of a list, which has no key in front. */
function ofItem(remedy: string, key: string): string {
  return remedy
    .replaceAll(`${key}: `, "")
    .replace(`write ${key} in quotes`, "write it in quotes")
    .replace(`leave ${key} out`, "remove it");
}

/** Whether a message was written for this setting, rather than by the schema library for any. */
function custom(message: string): boolean {
  return !/^(Invalid|Too (small|big)|Unrecognized|Expected)/.test(message);
}

function rightType(node: SchemaNode | undefined, value: unknown): boolean {
  return (
    node?.type === (Array.isArray(value) ? "array" : isBlock(value) ? "object" : typeof value) &&
    choices(node).length === 0
  );
}

function compare(a: Path, b: Path): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const [x, y] = [a[at], b[at]];
    if (x === y) continue;
    if (typeof x === "number" && typeof y === "number") return x - y;
    return String(x) < String(y) ? -1 : 1;
  }
  return a.length - b.length;
}
