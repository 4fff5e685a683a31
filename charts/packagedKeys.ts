import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { treeOfSchema } from "./schemaKeys";
import { treeOfTemplates, united } from "./templateKeys";
import { isMap, type ValueNode } from "./valueNode";
import type { ChartKeys } from "./valueTree";

/** As much of a Chart.yaml as is read here. */
interface ChartFile {
  version: string;
  dependencies?: { name: string; alias?: string; condition?: string }[];
}

/** Names of the values of a packaged chart and of the charts inside it. */
export function packagedKeys(file: string): ChartKeys {
  const unpacked = mkdtempSync(join(tmpdir(), "chart-"));
  try {
    execFileSync("tar", ["-xzf", file, "-C", unpacked]);
    const directory = join(unpacked, readdirSync(unpacked)[0]!);
    const keys = treeOf(directory);
    if (!isMap(keys)) throw new Error(`${file} names no values`);
    return { version: chartFile(directory).version, keys };
  } finally {
    rmSync(unpacked, { recursive: true, force: true });
  }
}

/** A chart inside another decides on its own values; what the outer one says of them only adds names. */
function treeOf(directory: string): ValueNode {
  const { dependencies = [] } = chartFile(directory);
  const inner = dependencies.map(({ name, alias }) => ({ [alias ?? name]: treeOf(join(directory, "charts", name)) }));
  const conditions = dependencies.flatMap(({ condition }) => condition?.split(",") ?? []);
  return [
    ...(dependencies.length > 0 ? [{ global: "any" }, ...inner] : []),
    ownTree(directory),
    ...conditions.map((path) => nested(path.trim().split("."), "boolean")),
  ].reduce<ValueNode>(united, {});
}

/** What a chart says of its own values: in its schema, where it has one, and in its defaults. */
function ownTree(directory: string): ValueNode {
  const values: unknown = parse(textOf(directory, "values.yaml") ?? "") ?? {};
  const schema = textOf(directory, "values.schema.json");
  if (schema === undefined) return treeOfTemplates({ values, templates: templates(join(directory, "templates")) });
  return united(treeOfSchema(JSON.parse(schema)), treeOfTemplates({ values, templates: [] }));
}

function templates(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}

function nested(path: readonly string[], leaf: ValueNode): ValueNode {
  return path.reduceRight<ValueNode>((below, key) => ({ [key]: below }), leaf);
}

function chartFile(directory: string): ChartFile {
  return parse(readFileSync(join(directory, "Chart.yaml"), "utf8")) as ChartFile;
}

function textOf(directory: string, file: string): string | undefined {
  const path = join(directory, file);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
