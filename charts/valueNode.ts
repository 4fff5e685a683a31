/**
 * What a chart knows of one value. A word names its types, joined by `|`: map, list, string, integer, number, boolean, any. A list of
 * one node describes what stands in a list. An object names the keys of a map; under `*` stands what any other key may hold, and
 * without it there are no others.
 */
export type ValueNode = string | readonly [ValueNode] | ValueMap;
export interface ValueMap {
  readonly [key: string]: ValueNode;
}

export function isMap(node: ValueNode): node is ValueMap {
  return typeof node === "object" && !Array.isArray(node);
}
