import type { Path, RuleProblem } from "./problems";
import { isBlock } from "./schemaTree";

const shapes: readonly { what: string; pattern: RegExp }[] = [
  { what: "an AWS access key", pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/ },
  { what: "a private key", pattern: /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*/ },
  { what: "a GitHub token", pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/ },
  { what: "a GitLab token", pattern: /\bgl(?:pat|dt|rt|ptt|ft|agent|cbt)-[A-Za-z0-9_-]{16,}/ },
  { what: "a Slack token", pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/ },
  { what: "a Slack webhook", pattern: /https:\/\/hooks\.slack\.com\/\S+/ },
  { what: "an address with a password", pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i },
];

const telling = /(?:password|passwd|token|secret|api_?key|private_?key|secret_?access_?key)$/i;
/** Chart values that hold the *name* of a Secret, in spite of how their key ends. */
const nameOfSecret = /(?:existing|credentials|sshkey|imagepull|tls|basicauth)_?secret$/i;

/** Secrets that stand in plain config. Their values never reach a message. */
export function secretProblems(raw: unknown): RuleProblem[] {
  const problems: RuleProblem[] = [];
  visit(raw, [], (path, text) => {
    const what = secretIn(text, path);
    if (what === undefined) return;
    problems.push({
      path,
      value: "***",
      allowed: `no secret in plain config; this is ${what}`,
      remedy:
        "revoke it if it was committed; keep the new one in AWS Secrets Manager or a Kubernetes Secret, and give its name",
    });
  });
  return problems;
}

/** A copy of a value that may be shown: every secret in it is replaced by `***`. */
export function redacted(value: unknown, path: Path = []): unknown {
  if (typeof value === "string") return secretIn(value, path) === undefined ? value : "***";
  if (Array.isArray(value)) return value.map((item, at) => redacted(item, [...path, at]));
  if (!isBlock(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [masked(key), redacted(item, [...path, key])]));
}

/** A text in which whatever has the shape of a secret is replaced by `***`. */
export function masked(text: string): string {
  return shapes.reduce(
    (rest, { pattern }) => rest.replace(new RegExp(pattern.source, `${pattern.flags}g`), "***"),
    text,
  );
}

function secretIn(text: string, path: Path): string | undefined {
  const key = path.findLast((step) => typeof step === "string") ?? "";
  if (text !== "" && telling.test(String(key)) && !nameOfSecret.test(String(key)))
    return `the value of ${masked(String(key))}`;
  return shapes.find(({ pattern }) => pattern.test(text))?.what;
}

function visit(value: unknown, path: Path, see: (path: Path, text: string) => void): void {
  if (typeof value === "string") see(path, value);
  else if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) visit(item, [...path, at], see);
  } else if (isBlock(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (masked(key) !== key) see([...path, key], key);
      visit(item, [...path, key], see);
    }
  }
}
