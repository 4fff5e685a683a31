import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parse } from "yaml";
import { applyOverride, parseOverride } from "./overrides";
import { UsageError } from "./usageError";

/** What stands in for every encrypted value: the stack's real key is not here, and nothing simulated needs it. */
export const simulatedSecret = ["simulated", "value", "of", "a", "secret"].join("-");

/** A project: what its Pulumi.yaml says that a run needs. */
export interface Project {
  dir: string;
  name: string;
  /** Everything else of Pulumi.yaml that the engine reads, such as the `config` declarations. */
  settings: Record<string, unknown>;
}

/** Config of one stack as the program will see it. */
export interface StackConfig {
  /** File it was read from. */
  file: string;
  /** Values by full key (`namespace:name`), each secret replaced by `simulatedSecret`. */
  values: Record<string, unknown>;
  /** Paths of the encrypted values: the full key, then steps inside its value. */
  secretPaths: (string | number)[][];
}

/** Reads a file as a YAML map. */
function readMap(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${file}: ${code === "ENOENT" ? "no such file" : message}`);
  }
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new UsageError(`${file}: it is not YAML (${(error as Error).message.trim().split("\n")[0]})`);
  }
  if (content === null || content === undefined) return {};
  if (typeof content !== "object" || Array.isArray(content))
    throw new UsageError(`${file}: a map of settings is needed`);
  return content as Record<string, unknown>;
}

/** Reads the Pulumi.yaml of a folder. */
export function readProject(folder: string): Project {
  const dir = resolve(folder);
  const { name, runtime: _runtime, main: _main, ...settings } = readMap(join(dir, "Pulumi.yaml"));
  return { dir, name: String(name), settings };
}

/** Names of the stacks that have a file in `dir`. */
export function stackNames(dir: string): string[] {
  return readdirSync(dir)
    .map((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1])
    .filter((name) => name !== undefined)
    .sort();
}

/** Refuses names that are no file name or that the engine would refuse later. */
function checkStackName(stack: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(stack)) return;
  throw new UsageError(
    `Stack ${JSON.stringify(stack)}: a stack name has letters, digits, "-" and "_", at most 100, and begins with a letter or digit`,
  );
}

/** Replaces `{secure: …}` by a made-up value, at any depth, and tells where. */
function replaceSecrets(value: unknown, path: (string | number)[], found: (string | number)[][]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => replaceSecrets(item, [...path, index], found));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]![0] === "secure" && typeof entries[0]![1] === "string") {
    found.push(path);
    return simulatedSecret;
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, replaceSecrets(item, [...path, key], found)]));
}

/**
 * Reads a stack's config: `Pulumi.<stack>.yaml`, or `configFile` in the same shape or as a bare map of sections, and then
 * the overrides in their order.
 * @throws UsageError when the file is missing or unreadable, or an override cannot be applied.
 */
export function readStackConfig(
  project: Project,
  stack: string,
  configFile: string | undefined,
  overrides: readonly string[],
): StackConfig {
  checkStackName(stack);
  const file = configFile ?? join(project.dir, `Pulumi.${stack}.yaml`);
  if (configFile === undefined && !existsSync(file)) {
    const existing = stackNames(project.dir);
    throw new UsageError(
      `Stack "${stack}" has no file ${basename(file)}. ` +
        (existing.length > 0
          ? `Stacks that have one: ${existing.join(", ")}. Copy one of them, or name a file with --config.`
          : "Name a file with --config."),
    );
  }
  const content = readMap(file);
  const stackFileKeys = ["config", "environment", "encryptionsalt", "secretsprovider", "encryptedkey"];
  const isStackFile = Object.keys(content).every((key) => stackFileKeys.includes(key));
  const written = isStackFile ? ((content.config ?? {}) as Record<string, unknown>) : content;

  let values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(written))
    values[key.includes(":") ? key : `${project.name}:${key}`] = value;
  for (const text of overrides) values = applyOverride(values, parseOverride(text, project.name));

  const secretPaths: (string | number)[][] = [];
  values = replaceSecrets(values, [], secretPaths) as Record<string, unknown>;
  return { file, values, secretPaths };
}

/** The sections of one namespace, as plain objects: what the program's own parser gets. */
export function sectionsOf(config: StackConfig, namespace: string): Record<string, unknown> {
  const prefix = `${namespace}:`;
  return Object.fromEntries(
    Object.entries(config.values)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}
