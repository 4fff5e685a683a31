/** Upper bounds of the buckets in which the model server counts how long answers took. */
export const latencyBucketsSeconds = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2.5, 5, 10, 30, 60,
];

/**
 * Rate of the answers that came within a time, per second: what lies between two bounds is taken to be spread evenly, as
 * `histogram_quantile` takes it. Beyond the last bound nothing is known: there it is the answers within that bound.
 */
export function answeredWithin(bucket: string, selector: string, seconds: number, window: string): string {
  const rate = (bound: number) => `sum(rate(${bucket}{${selector},le=~"${label(bound)}"}[${window}]))`;
  const upper = latencyBucketsSeconds.find((bound) => bound >= seconds);
  if (upper === undefined) return rate(latencyBucketsSeconds.at(-1)!);
  if (upper === seconds) return rate(upper);
  const at = latencyBucketsSeconds.indexOf(upper);
  if (at === 0) return `${rate(upper)} * ${share(seconds / upper)}`;
  const lower = latencyBucketsSeconds[at - 1]!;
  const part = share((seconds - lower) / (upper - lower));
  return `(${rate(lower)} * ${share(1 - part)} + ${rate(upper)} * ${part})`;
}

/** Whole bounds are written with and without a fraction, by the version of who writes them. */
function label(bound: number): string {
  const text = String(bound);
  return Number.isInteger(bound) ? `${text}([.]0)?` : text.replace(".", "[.]");
}

function share(value: number): number {
  return Number(value.toPrecision(6));
}
