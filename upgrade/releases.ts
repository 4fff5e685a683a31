/** What is kept of each release, to try later programs on: `releases/<version>/`. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import type { StackHome } from "../simulator/stackHome";

export interface Release {
  version: string;
  /** Of which it was recorded. */
  commit: string;
  /** What it pinned, as `pinnedVersions` calls it. */
  pins: Record<string, string>;
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

/** Every setting that a release knew and each choice of it, as `settingPaths` writes them. */
export const releasedSettings = (version: string): string[] =>
  readFileSync(at(version, "settings.txt"), "utf8").trimEnd().split("\n");

export function readStack(version: string, stack: string): ReleasedStack {
  const kept = brotliDecompressSync(readFileSync(at(version, `${stack}.json.br`))).toString();
  return { stackFile: readFileSync(at(version, `Pulumi.${stack}.yaml`), "utf8"), ...JSON.parse(kept) };
}

export function writeRelease(release: Release, settings: readonly string[]): void {
  mkdirSync(join(folder, release.version), { recursive: true });
  writeFileSync(at(release.version, "release.json"), `${JSON.stringify(release, null, 2)}\n`);
  writeFileSync(at(release.version, "settings.txt"), `${settings.join("\n")}\n`);
}

export function writeStack(version: string, stack: string, { stackFile, ...made }: ReleasedStack): void {
  const text = Buffer.from(JSON.stringify(made));
  const params = { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS };
  writeFileSync(at(version, `Pulumi.${stack}.yaml`), stackFile);
  writeFileSync(at(version, `${stack}.json.br`), brotliCompressSync(text, { params }));
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
