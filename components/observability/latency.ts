/** Upper bounds of the buckets in which the model server counts how long answers took. */
export const latencyBucketsSeconds = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2.5, 5, 10, 30, 60,
];

/** The bounds between which a time lies, as far as there are any: at most two. */
export function neighbouringBounds(seconds: number): number[] {
  const at = latencyBucketsSeconds.findIndex((bound) => bound >= seconds);
  if (at === -1) return latencyBucketsSeconds.slice(-1);
  return latencyBucketsSeconds[at] === seconds ? [seconds] : latencyBucketsSeconds.slice(Math.max(at - 1, 0), at + 1);
}

/**
 * Rate of the answers that came within a time, per second: what lies between two bounds is taken to be spread evenly, as
 * `histogram_quantile` takes it. Beyond the last bound nothing is known: there it is the answers within that bound.
 * @param recorded rates of such answers by bucket, per second
 */
export function answeredWithin(recorded: string, selector: string, seconds: number): string {
  const rate = (bound: number) => `sum(${recorded}{${selector},le=~"${latencyBound(bound)}"})`;
  const [first, upper] = neighbouringBounds(seconds) as [number, number | undefined];
  if (upper === undefined) return first <= seconds ? rate(first) : `${rate(first)} * ${share(seconds / first)}`;
  const lower = first;
  const part = share((seconds - lower) / (upper - lower));
  return `(${rate(lower)} * ${share(1 - part)} + ${rate(upper)} * ${part})`;
}

/** As a regular expression. Whole bounds are written with and without a fraction, by the version of who writes them. */
export function latencyBound(bound: number): string {
  const text = String(bound);
  return Number.isInteger(bound) ? `${text}([.]0)?` : text.replace(".", "[.]");
}

function share(value: number): number {
  return Number(value.toPrecision(6));
}
