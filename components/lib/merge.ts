type Tree = Record<string, unknown>;

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * Lays one tree of values over another, as Helm lays `--values` over a chart's own: objects merge key by key, everything else,
 * lists among it, is replaced whole. Neither argument is changed. `null` replaces too: it is how Helm drops a default.
 */
export function merge<Base extends object>(base: Base, over: object): Base & Tree {
  const merged: Tree = { ...(base as Tree) };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(merged, key) ? merged[key] : undefined;
    // Defined, not assigned: a key named `__proto__` is a key like any other.
    Object.defineProperty(merged, key, {
      value: isTree(below) && isTree(value) ? merge(below, value) : value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return merged as Base & Tree;
}
