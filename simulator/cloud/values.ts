/**
 * Values as they travel between the engine and a provider: plain JSON in which three things are marked by a signature
 * (secrets, outputs with their dependencies, assets) and unknown values are one distinguished string.
 */
import * as rpc from "@pulumi/pulumi/runtime/rpc";
import * as struct from "google-protobuf/google/protobuf/struct_pb.js";

// biome-ignore lint/suspicious/noExplicitAny: property values have no type until a description gives them one.
export type Value = any;
export type Properties = Record<string, Value>;

/** Stands for a value that is not known before the update runs. */
export const unknown: string = rpc.unknownValue;

/** Reads a message field into plain values. Absent becomes `{}`. */
export function fromStruct(message: struct.Struct | undefined): Properties {
  return message === undefined ? {} : (message.toJavaScript() as Properties);
}

/** Writes plain values into a message field, leaving out what is undefined. */
export function toStruct(properties: Properties): struct.Struct {
  return struct.Struct.fromJavaScript(defined(properties));
}

function defined(value: Value): Value {
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(defined);
  if (value !== null && typeof value === "object") {
    const kept: Properties = {};
    for (const [key, member] of Object.entries(value)) {
      if (member !== undefined) kept[key] = defined(member);
    }
    return kept;
  }
  return value;
}

/** Marks a value secret for the engine. */
export function secret(value: Value): Value {
  return { [rpc.specialSigKey]: rpc.specialSecretSig, value };
}

/** A value without its marks, and what the marks said. */
export interface Unmarked {
  value: Value;
  isSecret: boolean;
  dependencies: string[];
}

/** Takes the marks of secrets and outputs off a value, at any depth. */
export function unmark(value: Value): Unmarked {
  const found = { isSecret: false, dependencies: [] as string[] };
  return { value: strip(value, found), ...found };
}

function strip(value: Value, found: { isSecret: boolean; dependencies: string[] }): Value {
  if (Array.isArray(value)) return value.map((member) => strip(member, found));
  if (value === null || typeof value !== "object") return value;
  const signature = value[rpc.specialSigKey];
  if (signature === rpc.specialSecretSig) {
    found.isSecret = true;
    return strip(value.value, found);
  }
  if (signature === rpc.specialOutputValueSig) {
    if (value.secret) found.isSecret = true;
    found.dependencies.push(...(value.dependencies ?? []));
    return "value" in value ? strip(value.value, found) : unknown;
  }
  if (signature === rpc.specialResourceSig) {
    found.dependencies.push(value.urn);
    if (value.id === undefined) return value.urn;
    return value.id === "" ? unknown : value.id;
  }
  if (signature !== undefined) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, strip(member, found)]));
}

/** Puts the secret marks of one value on another of the same shape. */
export function markLike(value: Value, marked: Value): Value {
  if (marked === null || typeof marked !== "object" || value === undefined || value === null) return value;
  const signature = marked[rpc.specialSigKey];
  if (signature === rpc.specialSecretSig) return secret(value);
  if (signature !== undefined) return marked.secret === true ? secret(value) : value;
  if (typeof value !== "object" || Array.isArray(value) !== Array.isArray(marked)) return value;
  if (Array.isArray(value)) return value.map((member, index) => markLike(member, marked[index]));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, markLike(member, marked[key])]));
}

/** Whether any part of the value is unknown. */
export function hasUnknown(value: Value): boolean {
  if (value === unknown) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (value === null || typeof value !== "object") return false;
  return Object.values(value).some(hasUnknown);
}

/** The same text for equal values, whatever the order of their keys; JSON documents in strings count by content. */
export function canonical(value: Value): string {
  if (typeof value === "string" && /^\s*[{[]/.test(value)) {
    try {
      return `json:${canonical(JSON.parse(value))}`;
    } catch {
      return JSON.stringify(value);
    }
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const keys = Object.keys(value)
      .filter((key) => value[key] !== undefined && value[key] !== null)
      .sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

/** One value found under a path pattern, with the path that leads to it. */
export interface Found {
  path: string;
  value: Value;
}

/**
 * Every value under a pattern such as `vpcConfig.subnetIds[]` or `tags.*`; `[]` means each element, `*` each member. An
 * object in place of a one-element list, and the reverse, are both followed, as the bridge of Terraform providers does.
 */
export function at(root: Value, pattern: string): Found[] {
  let found: Found[] = [{ path: "", value: root }];
  for (const step of pattern.match(/[^.[\]]+|\[\]/g) ?? []) {
    found = found.flatMap(({ path, value }) => {
      if (value === undefined || value === null) return [];
      if (value === unknown) return [{ path, value }];
      if (step === "[]") {
        return Array.isArray(value) ? value.map((member, index) => ({ path: `${path}[${index}]`, value: member })) : [];
      }
      if (step === "*") {
        return Object.entries(value).map(([key, member]) => ({
          path: path === "" ? key : `${path}.${key}`,
          value: member,
        }));
      }
      if (typeof value !== "object") return [];
      return [{ path: path === "" ? step : `${path}.${step}`, value: value[step] }];
    });
  }
  return found.filter(({ value }) => value !== undefined && value !== null);
}

/** Sets a nested member such as `vpcConfig.vpcId`, making the objects on the way. */
export function setAt(root: Properties, path: string, value: Value): void {
  const steps = path.split(".");
  const last = steps.pop()!;
  let owner = root;
  for (const step of steps) {
    if (owner[step] === unknown) return;
    owner[step] = { ...(owner[step] ?? {}) };
    owner = owner[step];
  }
  owner[last] = value;
}
