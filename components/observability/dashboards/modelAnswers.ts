import { ratio, recorded } from "../alerts/modelRates";
import { answered, type WatchedModel } from "../watchedModel";
import { figure, graph, spread, word } from "./panels";

const series = (record: string, model: string) => `${record}{model="${model}"}`;

/** How its pods answer at the moment. */
export function now(model: WatchedModel, { namespace, deployment }: NonNullable<WatchedModel["kubernetes"]>) {
  const { name, objectives } = model;
  const selector = answered(name);
  const available = `kube_deployment_status_replicas_available{namespace="${namespace}",deployment="${deployment}"}`;
  return [
    word(
      "Live version",
      {
        expr: `max by (version) (model_server_model_info{model="${name}",track="stable"}) == 1`,
        legend: "{{version}}",
      },
      { description: "More than one while pods switch." },
    ),
    figure("Pods ready", "none", [{ expr: `max(${available})`, legend: "ready" }], { limit: 1, limitIsLeast: true }),
    figure("Requests", "reqps", [{ expr: series(recorded.requests, name), legend: "requests" }]),
    figure(
      "Failed, of the last hour",
      "percentunit",
      [
        {
          expr: failed(selector, "", "1h"),
          legend: "failed",
        },
      ],
      { limit: objectives.errorRatePercent / 100 },
    ),
    figure("p99", "s", [{ expr: quantile(0.99, selector), legend: "p99" }], { limit: objectives.p99Millis / 1000 }),
  ];
}

/** Share of the answers that failed; a status that was never answered has no series, and counts as none. */
function failed(selector: string, by: string, window: string): string {
  const rate = (more: string) => `sum${by} (rate(model_server_requests_total{${selector}${more}}[${window}]))`;
  return `(${rate(',status=~"5.."')} or ${rate("")} * 0) / ${rate("")}`;
}

function quantile(share: number, selector: string): string {
  return `histogram_quantile(${share}, sum by (le) (rate(model_server_request_duration_seconds_bucket{${selector}}[5m])))`;
}

/** What it promises, and whether it is kept. */
export function promises({ name, objectives }: WatchedModel) {
  const selector = answered(name);
  const burn = (bad: "failures" | "slow", share: number, window: string) =>
    `${series(ratio(bad, window), name)} / ${share}`;
  return [
    graph(
      "Traffic by status",
      "reqps",
      [{ expr: `sum by (status) (rate(model_server_requests_total{${selector}}[5m]))`, legend: "{{status}}" }],
      { stacked: true },
    ),
    graph(
      "Latency",
      "s",
      [0.5, 0.95, 0.99].map((share) => ({ expr: quantile(share, selector), legend: `p${share * 100}` })),
      { limit: objectives.p99Millis / 1000, description: "The line is the objective of p99." },
    ),
    graph(
      "Failed",
      "percentunit",
      [
        {
          expr: failed(selector, "", "5m"),
          legend: "failed",
        },
      ],
      { limit: objectives.errorRatePercent / 100, description: "The line is the objective." },
    ),
    graph(
      "How fast the objectives are used up",
      "none",
      [
        { expr: burn("failures", objectives.errorRatePercent / 100, "1h"), legend: "failed, 1 h" },
        { expr: burn("failures", objectives.errorRatePercent / 100, "6h"), legend: "failed, 6 h" },
        { expr: burn("slow", 0.01, "1h"), legend: "slow, 1 h" },
        { expr: burn("slow", 0.01, "6h"), legend: "slow, 6 h" },
      ],
      {
        width: 12,
        limit: 6,
        description: "1 is exactly what is allowed. Over 6 for six hours, or 14.4 for one, somebody is woken.",
      },
    ),
    spread(
      "How long answers take",
      "s",
      `sum by (le) (increase(model_server_request_duration_seconds_bucket{${selector}}[5m]))`,
    ),
  ];
}

/** What decides whether a version goes on. */
export function canary({ name, objectives }: WatchedModel) {
  const tried = `model_server_canary_requests_total{model="${name}"}`;
  const share = (selector: string) =>
    `sum by (version) (rate(model_server_canary_requests_total{model="${name}"${selector}}[5m]))`;
  return [
    graph(
      "Requests handed to the canary",
      "reqps",
      [{ expr: `sum by (version, outcome) (rate(${tried}[5m]))`, legend: "{{version}} {{outcome}}" }],
      {
        stacked: true,
        description: "What the canary fails at is answered by the stable version: callers see none of it.",
      },
    ),
    graph(
      "Failed: canary and stable",
      "percentunit",
      [
        { expr: `(${share(',outcome!="ok"')} or ${share("")} * 0) / ${share("")}`, legend: "canary {{version}}" },
        {
          expr: failed(answered(name), " by (model)", "5m"),
          legend: "stable",
        },
      ],
      { limit: objectives.errorRatePercent / 100 },
    ),
    graph(
      "p99: canary and stable",
      "s",
      [
        {
          expr: `histogram_quantile(0.99, sum by (le, version) (rate(model_server_canary_duration_seconds_bucket{model="${name}"}[5m])))`,
          legend: "canary {{version}}",
        },
        { expr: quantile(0.99, answered(name)), legend: "stable" },
      ],
      { limit: objectives.p99Millis / 1000 },
    ),
  ];
}
