/** Bytes in each unit of size that people write. */
const bytes: Record<string, number> = {
  b: 1,
  k: 1e3,
  kb: 1e3,
  ki: 1024,
  kib: 1024,
  m: 1e6,
  mb: 1e6,
  mi: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1e9,
  gb: 1e9,
  gi: 1024 ** 3,
  gib: 1024 ** 3,
  t: 1e12,
  tb: 1e12,
  ti: 1024 ** 4,
  tib: 1024 ** 4,
};

/** Milliseconds in each unit of time that people write. */
const millis: Record<string, number> = {};
for (const [size, names] of [
  [1, "ms milli millis millisecond milliseconds"],
  [1e3, "s sec secs second seconds"],
  [6e4, "m min mins minute minutes"],
  [36e5, "h hr hrs hour hours"],
  [864e5, "d day days"],
  [6048e5, "w week weeks"],
] as const) {
  for (const name of names.split(" ")) millis[name] = size;
}

const scales: Record<string, { from: Record<string, number>; size: number }> = {
  MiB: { from: bytes, size: 1024 ** 2 },
  GiB: { from: bytes, size: 1024 ** 3 },
  Millis: { from: millis, size: 1 },
  Seconds: { from: millis, size: 1e3 },
  Minutes: { from: millis, size: 6e4 },
  Hours: { from: millis, size: 36e5 },
  Days: { from: millis, size: 864e5 },
  Percent: { from: { "%": 1, percent: 1 }, size: 1 },
  Usd: { from: { $: 1, usd: 1 }, size: 1 },
};

/** The unit at the end of a key, such as `MiB` in `memoryMiB`. */
export function unitOf(key: string): string | undefined {
  return Object.keys(scales).find((unit) => key.endsWith(unit) || key === unit.toLowerCase());
}

/** A key without its unit: `memory` for `memoryMiB`. */
export function withoutUnit(key: string): string {
  const unit = unitOf(key);
  return unit === undefined ? key : key.slice(0, -unit.length);
}

/**
 * A value with a unit of its own, as the number that a key with another unit expects: `"2Gi"` is 2048 for `memoryMiB`.
 * Sizes are rounded up, so that nothing gets less than was asked for. Undefined where it makes no sense.
 */
export function converted(value: unknown, key: string): number | undefined {
  const scale = scales[unitOf(key) ?? ""];
  if (scale === undefined || typeof value !== "string" || value.length > 40) return undefined;
  const match = /^\s*(\$?)\s*(\d+(?:\.\d+)?)\s*([a-z%]*)\s*$/i.exec(value);
  if (match === null) return undefined;
  const unit = (match[3] || match[1] || "").toLowerCase();
  const factor = Object.hasOwn(scale.from, unit) ? scale.from[unit] : undefined;
  return factor === undefined ? undefined : Math.ceil((Number(match[2]) * factor) / scale.size);
}

/** The number under one key, in the unit of another: 2 under `memoryGiB` is 2048 under `memoryMiB`. */
export function carried(value: unknown, fromKey: string, toKey: string): unknown {
  const unit = unitOf(fromKey);
  if (typeof value !== "number" || unit === undefined || unit === unitOf(toKey)) return value;
  return converted(`${value}${unit}`, toKey) ?? value;
}
