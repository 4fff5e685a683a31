/** What is kept of each release, to try later programs on: `releases/<version>/`. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import type { StackHome } from "../simulator/stackHome";

export interface Release {
  version: string;
  /** Of which it was recorded. */
  commit: string;
  /** SHA-256 of what CHANGELOG.md says of it: what lands later belongs to a later one. */
  notesSha256: string;
  /** What it pinned, as `pinnedVersions` calls it. */
  pins: Record<string, string>;
}

/** The digest of what a changelog says of a version; undefined where it has no such heading. */
export function notesSha256(changelog: string, version: string): string | undefined {
  const notes = changelog.split(/^(?=## )/m).find((each) => each.startsWith(`## ${version} `));
  return notes === undefined ? undefined : createHash("sha256").update(notes.trim()).digest("hex");
}

/** A stack of a release on the simulated cloud. */
export interface ReleasedStack {
  /** The stack file of then, as text. */
  stackFile: string;
  /** The engine's record of the stack. */
  state: unknown;
  /** What was in the simulated account. */
  account: unknown;
}

export const releasedStacks = ["dev", "prod", "local"] as const;

const folder = join(__dirname, "releases");
const at = (version: string, file: string) => join(folder, version, file);
const numbers = (version: string) => version.split(".").map(Number);

/** All of which something is kept, the oldest first. */
export function releaseVersions(): string[] {
  return readdirSync(folder).sort((a, b) => {
    const [one, other] = [numbers(a), numbers(b)];
    const differs = one.findIndex((each, index) => each !== other[index]);
    return differs === -1 ? 0 : one[differs]! - other[differs]!;
  });
}

export const readRelease = (version: string): Release => JSON.parse(readFileSync(at(version, "release.json"), "utf8"));

/** What a person writes: every setting and choice that the release knew, as `settingPaths` has them, and the stack files, as text. */
interface Written {
  settings: string[];
  stackFiles: Record<string, string>;
}

const writtenFile = "written.json.br";
/** In one piece for all stacks, which have most in common. */
const madeFile = "made.json.br";

const unpacked = (version: string, file: string) =>
  JSON.parse(brotliDecompressSync(readFileSync(at(version, file))).toString());

/** Where in a program a resource was asked for, and when, says nothing of the resource, and much of a machine. */
const traces = new Set(["sourcePosition", "stackTrace", "created", "modified"]);

function pack(version: string, file: string, content: object): void {
  const text = JSON.stringify(content, (key, value) => (traces.has(key) ? undefined : value));
  const params = { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS };
  writeFileSync(at(version, file), brotliCompressSync(text, { params }));
}

export const releasedSettings = (version: string): string[] => (unpacked(version, writtenFile) as Written).settings;

export function readStack(version: string, stack: string): ReleasedStack {
  const { stackFiles } = unpacked(version, writtenFile) as Written;
  return { stackFile: stackFiles[stack]!, ...unpacked(version, madeFile)[stack] };
}

export function writeRelease(
  release: Release,
  settings: string[],
  stacks: Readonly<Record<string, ReleasedStack>>,
): void {
  const { version } = release;
  const each = <T>(of: (stack: ReleasedStack) => T) =>
    Object.fromEntries(Object.entries(stacks).map(([name, stack]) => [name, of(stack)]));
  mkdirSync(join(folder, version), { recursive: true });
  writeFileSync(at(version, "release.json"), `${JSON.stringify(release, null, 2)}\n`);
  pack(version, writtenFile, { settings, stackFiles: each(({ stackFile }) => stackFile) } satisfies Written);
  pack(
    version,
    madeFile,
    each(({ state, account }) => ({ state, account })),
  );
}

/**
 * Settings that a stack file takes on the simulated cloud alone: `local` is of a cluster on one's own machine, and the file that says how to reach it
 * has to be there.
 */
export function simulatedOverrides(stack: string, outDir: string): string[] {
  if (stack !== "local") return [];
  const [name, context] = ["made-up", "kind-mlplatform"];
  const kubeconfig = {
    ...{ apiVersion: "v1", kind: "Config" },
    contexts: [{ name: context, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster: { server: "https://made-up.invalid:6443" } }],
    users: [{ name, user: {} }],
  };
  const file = join(outDir, "kubeconfig");
  mkdirSync(outDir, { recursive: true });
  writeFileSync(file, JSON.stringify(kubeconfig));
  return [`foundation.kubeconfig=${file}`];
}

/** Puts a stack of a release where a simulated run looks for it. */
export function restore(home: StackHome, { state, account }: ReleasedStack): void {
  for (const [file, content] of [
    [home.stateFile, state],
    [home.cloudFile, account],
  ] as const) {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, JSON.stringify(content));
  }
}
