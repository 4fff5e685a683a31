import { isMap, type ValueNode } from "./valueNode";

/** What a chart without a schema tells of its values: its defaults and its templates. */
export interface ChartText {
  /** The chart's own values, parsed. */
  values: unknown;
  /** Text of every template. */
  templates: readonly string[];
}

/** A value that templates name, and whether one hands it on whole, so that any key in it has an effect. */
interface Mention {
  path: readonly string[];
  whole: boolean;
}

/**
 * Names that a chart without a schema knows: the keys of its defaults, and those that only its templates read. A map is open where its
 * default is empty, or where a template hands it on whole instead of reading it key by key.
 */
export function treeOfTemplates({ values, templates }: ChartText): ValueNode {
  const mentions = templates.flatMap(mentionsIn);
  const whole = new Set(mentions.filter((each) => each.whole).map(({ path }) => JSON.stringify(path)));
  const tree = treeOfDefaults(values, whole, []);
  for (const { path } of mentions) addPath(tree, path);
  return tree;
}

type Growing = { [key: string]: ValueNode };

function treeOfDefaults(value: unknown, whole: ReadonlySet<string>, path: readonly string[]): ValueNode {
  if (!isBlock(value) || Object.keys(value).length === 0) return "any";
  if (path.length > 0 && whole.has(JSON.stringify(path))) return "map";
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, treeOfDefaults(v, whole, [...path, key])]));
}

/** Names a value that only templates mention; what lies below an open map is known already. */
function addPath(tree: ValueNode, path: readonly string[]): void {
  let place = tree;
  for (const [at, key] of path.entries()) {
    if (!isMap(place)) return;
    if (!Object.hasOwn(place, key)) (place as Growing)[key] = at === path.length - 1 ? "any" : {};
    place = place[key]!;
  }
}

function mentionsIn(template: string): Mention[] {
  return [...template.matchAll(/\{\{[\s\S]*?\}\}/g)].flatMap(([action]) => {
    const condition = /^\{\{-?\s*(else\s+)?if\b/.test(action);
    const dotted = [...action.matchAll(/\.Values((?:\.[A-Za-z_]\w*)+)/g)].map(([, path]) => path!.slice(1).split("."));
    const indexed = [...action.matchAll(/index\s+\$?\.Values((?:\.[A-Za-z_]\w*)*)((?:\s+"[^"]+")+)/g)].map(
      ([, path, keys]) => [...path!.split(".").slice(1), ...[...keys!.matchAll(/"([^"]+)"/g)].map(([, key]) => key!)],
    );
    return [...dotted, ...indexed].map((path) => ({ path, whole: !condition }));
  });
}

const isBlock = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Names of the same values from two sources in one. Where they differ on what a value is, and on whether a map is open, the first is
 * right.
 */
export function united(first: ValueNode, second: ValueNode): ValueNode {
  if (!isMap(first) || !isMap(second)) return first;
  const tree: Growing = Object.hasOwn(first, "*") ? { ...first } : { ...second, ...first };
  for (const [key, node] of Object.entries(second)) {
    if (Object.hasOwn(first, key)) tree[key] = united(first[key]!, node);
  }
  return tree;
}
