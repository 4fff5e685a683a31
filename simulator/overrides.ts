import { parse } from "yaml";
import { UsageError } from "./usageError";

/** One `--set path=value`. */
export interface Override {
  /** Full config key, such as `mlplatform:foundation` or `aws:region`. */
  key: string;
  /** Steps inside that key's value: names, and positions in lists. */
  steps: (string | number)[];
  /** What to put there; `null` removes it. */
  value: unknown;
}

const example = "for example --set foundation.network.nat=perZone";

/** `a.b[0].c` and `a.b.0.c` as steps. A quoted step, `a["x.y"]`, may hold any character. */
function stepsOf(path: string, whole: string): (string | number)[] {
  const steps: (string | number)[] = [];
  const pattern = /\.?([^.[\]"]+)|\[(\d+)\]|\["([^"]+)"\]/y;
  while (pattern.lastIndex < path.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(path);
    if (!match || (match[1] !== undefined && at > 0 && path[at] !== ".")) {
      throw new UsageError(`--set ${whole}: cannot read the path from "${path.slice(at)}" on; ${example}`);
    }
    const [, name, index, quoted] = match;
    if (quoted !== undefined) steps.push(quoted);
    else if (index !== undefined) steps.push(Number(index));
    else steps.push(/^\d+$/.test(name!) ? Number(name) : name!);
  }
  return steps;
}

/**
 * Reads one `--set` argument. The value is YAML, so numbers, booleans, lists and maps keep their type.
 * @throws UsageError when there is no `=`, no path, or no valid YAML.
 */
export function parseOverride(text: string, projectName: string): Override {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UsageError(`--set ${text}: a path, "=" and a value are needed, ${example}`);
  const path = text.slice(0, equals).trim();
  let value: unknown;
  try {
    value = parse(text.slice(equals + 1)) ?? null;
  } catch (error) {
    throw new UsageError(`--set ${text}: the value is not YAML (${(error as Error).message.split("\n")[0]})`);
  }
  const namespaced = /^([A-Za-z][\w-]*):(.+)$/.exec(path);
  const steps = stepsOf(namespaced ? namespaced[2]! : path, text);
  const [first, ...rest] = steps;
  if (typeof first !== "string") throw new UsageError(`--set ${text}: the path starts with a section name, ${example}`);
  return { key: `${namespaced?.[1] ?? projectName}:${first}`, steps: rest, value };
}

type Container = Record<string | number, unknown>;

/** `config` with one override in place. Maps on the way are made where they are missing; lists are not grown by gaps. */
export function applyOverride(config: Record<string, unknown>, override: Override): Record<string, unknown> {
  const result = structuredClone(config);
  const steps = [override.key, ...override.steps];
  const last = steps.pop()!;
  let at = result as Container;
  let walked = "";
  for (const step of steps) {
    walked += typeof step === "number" ? `[${step}]` : walked === "" ? step : `.${step}`;
    checkIndex(at, step, walked);
    const next = at[step];
    if (next === undefined || next === null) at[step] = {};
    else if (typeof next !== "object") {
      throw new UsageError(`--set: ${walked} is ${JSON.stringify(next)}, so nothing can be set below it`);
    }
    at = at[step] as Container;
  }
  checkIndex(at, last, `${walked}[${last}]`);
  if (override.value !== null) at[last] = override.value;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete at[last];
  return result;
}

function checkIndex(container: Container, step: string | number, path: string): void {
  if (!Array.isArray(container)) return;
  if (typeof step === "number" && step <= container.length) return;
  throw new UsageError(`--set: ${path} does not exist; the list has ${container.length} entries, counted from 0`);
}
