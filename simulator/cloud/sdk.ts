/** Facts on a type that its SDK states: which properties it takes, which it requires, which only the cloud can tell. */
import * as fs from "node:fs";
import * as path from "node:path";

export interface TypeFacts {
  inputs: Set<string>;
  required: string[];
  /** Properties that are outputs only: unknown until the thing exists. */
  computed: string[];
  secretOutputs: string[];
}

const cache = new Map<string, TypeFacts | undefined>();

/** Facts of a type token such as `aws:ec2/subnet:Subnet`, or nothing where the SDK has no such type. */
export function factsOf(sdk: string, type: string): TypeFacts | undefined {
  if (!cache.has(type)) cache.set(type, read(sdk, type));
  return cache.get(type);
}

function read(sdk: string, type: string): TypeFacts | undefined {
  const modulePath = type.split(":")[1]!.split("/");
  const folder = path.dirname(require.resolve(`${sdk}/package.json`));
  const candidates = [`${modulePath.join("/")}.js`, `${modulePath.at(-1)}.js`].filter(
    (file) => !file.startsWith("index/"),
  );
  const file = candidates
    .map((candidate) => path.join(folder, candidate))
    .find((candidate) => fs.existsSync(candidate));
  if (file === undefined) return undefined;
  const text = fs.readFileSync(file, "utf8");
  // The assignments for a new resource come after those for a looked-up one.
  const assignments = text.slice(text.lastIndexOf("else {\n            const args = argsOrState"));
  const facts: TypeFacts = { inputs: new Set(), required: [], computed: [], secretOutputs: [] };
  for (const [, property, value] of assignments.matchAll(/resourceInputs\["(\w+)"\] = (.*?);/g)) {
    if (value!.startsWith("undefined")) facts.computed.push(property!);
    else facts.inputs.add(property!);
  }
  for (const [, property] of text.matchAll(/Missing required property '(\w+)'/g)) facts.required.push(property!);
  const secrets = text.match(/additionalSecretOutputs: \[([^\]]*)\]/)?.[1] ?? "";
  for (const [, property] of secrets.matchAll(/"(\w+)"/g)) facts.secretOutputs.push(property!);
  return facts;
}
