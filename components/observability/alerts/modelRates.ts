import { latencyBound, neighbouringBounds } from "../latency";
import { answeredByAny } from "../watchedModel";
import { recordedEverySeconds } from "./burnRates";
import { modelLabel } from "./labels";
import type { RecordingRule, RuleGroup } from "./rule";

/** Rates of each model, per second over five minutes. Alerts and dashboards read these, never the answers themselves. */
export const recorded = {
  requests: "model:requests:rate5m",
  failures: "model:failures:rate5m",
  /** Answers that took longer than the model's own objective. */
  slow: "model:slow:rate5m",
} as const;

/** What a model's own rules make `recorded.slow` of. */
export const timed = {
  answers: "model:timed:rate5m",
  /** By bucket, as far as some model's objective lies next to it. */
  within: "model:timed_within:rate5m",
} as const;

/** Deployments of any name that are seen: with none, nobody looks, and no model is known to be down. */
export const deploymentsSeen = "mlplatform:deployments:count";

type Bad = "failures" | "slow";

/** Share of the requests of a window that were bad. */
export function ratio(bad: Bad, window: string): string {
  return `model:${bad}:ratio${window}`;
}

/** How many answers of a window were bad. */
export function increase(what: keyof typeof recorded, window: string): string {
  return `model:${what}:increase${window}`;
}

/** Rates as they were every five minutes: what windows of days are made of, for a tenth of the samples. */
export function seldom(what: keyof typeof recorded): string {
  return `model:${what}:rate5m_each5m`;
}

/** Windows of days need no answer within half a minute. */
const slowInterval = "5m";
const slowIntervalSeconds = 300;

/**
 * What the alerts of all models read, recorded once for all of them: a rule for each model would look through the series of
 * all models each time.
 * @param p99Millis objectives of the models that answer from the cluster; none: nothing is recorded
 */
export function modelRates(p99Millis: number[]): RuleGroup[] {
  if (p99Millis.length === 0) return [];
  return [
    { name: "mlplatform.model-rates", interval: `${recordedEverySeconds}s`, rules: [...rates(p99Millis), ...hours()] },
    { name: "mlplatform.model-rates-slow", interval: slowInterval, rules: days() },
  ];
}

function record(name: string, expr: string): RecordingRule {
  return { record: name, expr };
}

function rates(p99Millis: number[]): RecordingRule[] {
  const selector = answeredByAny;
  const duration = "model_server_request_duration_seconds";
  const bounds = [...new Set(p99Millis.flatMap((millis) => neighbouringBounds(millis / 1000)))].sort((a, b) => a - b);
  const labels = bounds.map(latencyBound).join("|");
  const rate = (metric: string, by = modelLabel, more = "") =>
    `sum by (${by}) (rate(${metric}{${selector}${more}}[5m]))`;
  return [
    record(recorded.requests, rate("model_server_requests_total")),
    // A status that was never answered has no series.
    record(
      recorded.failures,
      `${rate("model_server_requests_total", modelLabel, ',status=~"5.."')} or ${recorded.requests} * 0`,
    ),
    record(timed.answers, rate(`${duration}_count`)),
    record(timed.within, rate(`${duration}_bucket`, `${modelLabel}, le`, `,le=~"${labels}"`)),
    record(deploymentsSeen, "count(kube_deployment_status_replicas_available)"),
  ];
}

function hours(): RecordingRule[] {
  const sum = (what: keyof typeof recorded, window: string) => `sum_over_time(${recorded[what]}[${window}])`;
  const counted = (what: keyof typeof recorded, window: string) =>
    record(increase(what, window), `${sum(what, window)} * ${recordedEverySeconds}`);
  return [
    ...(["failures", "slow"] as const).flatMap((bad) => [
      ...["5m", "30m", "1h", "6h"].map((window) =>
        record(ratio(bad, window), `${sum(bad, window)} / ${sum("requests", window)}`),
      ),
      counted(bad, "1h"),
      counted(bad, "6h"),
    ]),
    counted("requests", "1h"),
  ];
}

function days(): RecordingRule[] {
  const sum = (what: keyof typeof recorded, range: string) => `sum_over_time(${seldom(what)}[${range}])`;
  const all = Object.keys(recorded) as (keyof typeof recorded)[];
  return [
    ...all.map((what) => record(seldom(what), recorded[what])),
    ...(["failures", "slow"] as const).flatMap((bad) => [
      ...["2h", "1d", "3d"].map((window) =>
        record(ratio(bad, window), `${sum(bad, window)} / ${sum("requests", window)}`),
      ),
      // Every five minutes of rates of five minutes are all answers, once, however often they are recorded.
      ...["1d", "3d"].map((window) =>
        record(increase(bad, window), `${sum(bad, `${window}:${slowInterval}`)} * ${slowIntervalSeconds}`),
      ),
    ]),
  ];
}
