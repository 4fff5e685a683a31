/** Blocks whose versions have to be let through each follow a registered model of their own name, as a stack has it. */
export function registeredApart<T extends object>(models: Record<string, T>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(models).map(([name, block]) => [
      name,
      "training" in block ? { ...block, from: `models:/${name}@champion` } : block,
    ]),
  );
}
