/** Arithmetic on IPv4 ranges in CIDR notation. */

export interface Range {
  first: number;
  last: number;
  bits: number;
}

/** Nothing when the text is no IPv4 range; `10.0.0.1/16` counts as one, `10.0.0.0` does not. */
export function rangeOf(cidr: string): Range | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (match === null) return undefined;
  const bytes = match.slice(1, 5).map(Number);
  const bits = Number(match[5]);
  if (bytes.some((byte) => byte > 255) || bits > 32) return undefined;
  const address = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const size = 2 ** (32 - bits);
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1, bits };
}

export function contains(outer: Range, inner: Range): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlaps(one: Range, other: Range): boolean {
  return one.first <= other.last && other.first <= one.last;
}

export function format(first: number, bits: number): string {
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".")}/${bits}`;
}
