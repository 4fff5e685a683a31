import { ratio, recorded } from "../alerts/modelRates";
import { answered, type WatchedModel } from "../watchedModel";
import { type Dashboard, dashboard, type Mark, modelsFolder, type ToolLinks } from "./dashboard";
import { figure, graph, spread, word } from "./panels";
import { sagemakerRows } from "./sagemaker";

export function modelDashboardName(model: string): string {
  return `model-${model}`;
}

/** When versions went live or were rolled back, as marks on every panel. */
export function releaseMarks(selector: string): Mark[] {
  return [
    {
      name: "Versions loaded",
      color: "blue",
      expr: `max by (model, version, track) (model_server_model_loaded_timestamp_seconds{${selector}}) * 1000`,
      title: "{{model}} {{version}} loaded ({{track}})",
      valueIsTime: true,
    },
    {
      name: "Releases",
      color: "orange",
      expr: `sum by (model, target, outcome) (increase(model_releases_total{${selector}}[2m])) > 0`,
      title: "{{model}} on {{target}}: {{outcome}}",
    },
  ];
}

/** How one model does: is it up, does it keep what it promises, what changed, and what does it see. */
export function modelDashboard(model: WatchedModel, links: ToolLinks): Dashboard {
  const { name, kubernetes, sagemaker, objectives, drift } = model;
  return dashboard({
    name: modelDashboardName(name),
    uid: name,
    folder: modelsFolder,
    title: `Model ${name}`,
    description: `${objectives.errorRatePercent} % of its answers may fail, 1 % may take longer than ${objectives.p99Millis} ms.`,
    links,
    marks: releaseMarks(`model="${name}"`),
    rows: [
      { title: "Now", panels: kubernetes ? now(model, kubernetes) : released(name) },
      ...(kubernetes ? [{ title: "Kubernetes: what it promises", panels: promises(model) }] : []),
      ...(sagemaker ? sagemakerRows(sagemaker, objectives) : []),
      ...(kubernetes
        ? [
            { title: "Canary beside stable", panels: canary(model) },
            { title: "Predictions", panels: predictions(name) },
          ]
        : []),
      ...(drift ? [{ title: "Drift", panels: drifting(model, drift) }] : []),
      ...(kubernetes ? [{ title: "Pods", panels: pods(name, kubernetes) }] : []),
    ],
  });
}

const series = (record: string, model: string) => `${record}{model="${model}"}`;

function released(name: string) {
  const state = `max by (target, version, state) (model_release_state{model="${name}"}) == 1`;
  return [
    word(
      "Releases",
      { expr: state, legend: "{{target}} {{version}}: {{state}}" },
      { width: 8, description: "Which version is where. A canary that stays for hours is stuck." },
    ),
    figure("Releases in a day", "none", [
      {
        expr: `sum by (outcome) (increase(model_releases_total{model="${name}"}[24h]))`,
        legend: "{{outcome}}",
      },
    ]),
  ];
}

function now(model: WatchedModel, { namespace, deployment }: NonNullable<WatchedModel["kubernetes"]>) {
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
    ...released(name),
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

function promises({ name, objectives }: WatchedModel) {
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

function canary({ name, objectives }: WatchedModel) {
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

function predictions(name: string) {
  const mine = `{model="${name}"}`;
  return [
    graph(
      "Predictions by outcome",
      "cps",
      [
        {
          expr: `sum by (version, outcome) (rate(model_predictions_total${mine}[5m]))`,
          legend: "{{version}} {{outcome}}",
        },
      ],
      { stacked: true },
    ),
    graph(
      "Input refused, by reason",
      "cps",
      [{ expr: `sum by (reason) (rate(model_input_rejected_total${mine}[5m]))`, legend: "{{reason}}" }],
      { stacked: true, description: "A caller sends what the model's signature does not allow." },
    ),
    graph(
      "Median and 90th percentile of predictions",
      "none",
      [0.5, 0.9].map((share) => ({
        // Where values below zero can be, there is neither a sum nor a mean of them.
        expr: `histogram_quantile(${share}, sum by (le, version) (rate(model_prediction_value_bucket${mine}[15m])))`,
        legend: `{{version}} p${share * 100}`,
      })),
      { description: "A step without a new version means that the input changed." },
    ),
    spread("How predictions are spread", "none", `sum by (le) (increase(model_prediction_value_bucket${mine}[15m]))`, {
      width: 24,
    }),
  ];
}

function drifting({ name }: WatchedModel, { maxPsi, everyHours }: NonNullable<WatchedModel["drift"]>) {
  const mine = `{model="${name}"}`;
  return [
    graph(
      "Stability index by feature",
      "none",
      [{ expr: `max by (feature) (model_drift_psi${mine})`, legend: "{{feature}}" }],
      { width: 12, limit: maxPsi, description: "Live input against the training data; the line is what is allowed." },
    ),
    figure(
      "Last check",
      "s",
      [{ expr: `time() - max(model_drift_last_check_timestamp_seconds${mine})`, legend: "ago" }],
      { limit: (2 * everyHours + 1) * 3600 },
    ),
    graph("Input kept for the check", "cps", [
      { expr: `sum(rate(model_server_samples_total${mine}[5m]))`, legend: "kept" },
      { expr: `sum(rate(model_server_samples_dropped_total${mine}[5m]))`, legend: "dropped" },
    ]),
  ];
}

function pods(name: string, { namespace, deployment, canaryDeployment }: NonNullable<WatchedModel["kubernetes"]>) {
  const mine = `namespace="${namespace}",pod=~"(${deployment}|${canaryDeployment})-[a-z0-9]+-[a-z0-9]{5}",container!=""`;
  const both = `namespace="${namespace}",deployment=~"${deployment}|${canaryDeployment}"`;
  return [
    graph("Pods wanted and ready", "none", [
      { expr: `max by (deployment) (kube_deployment_spec_replicas{${both}})`, legend: "{{deployment}} wanted" },
      {
        expr: `max by (deployment) (kube_deployment_status_replicas_available{${both}})`,
        legend: "{{deployment}} ready",
      },
    ]),
    graph("CPU", "cores", [
      { expr: `sum by (pod) (rate(container_cpu_usage_seconds_total{${mine}}[5m]))`, legend: "{{pod}}" },
    ]),
    graph("Memory", "bytes", [
      { expr: `sum by (pod) (container_memory_working_set_bytes{${mine}})`, legend: "{{pod}}" },
      { expr: `max(kube_pod_container_resource_limits{${mine},resource="memory"})`, legend: "limit of one pod" },
    ]),
    graph("Requests at once, and rows waiting", "none", [
      { expr: `sum by (track) (model_server_inflight_requests{model="${name}"})`, legend: "{{track}} at once" },
      { expr: `sum by (track) (model_server_queue_rows{model="${name}"})`, legend: "{{track}} rows waiting" },
    ]),
    graph("Rows answered together", "none", [
      {
        expr: `sum by (track) (rate(model_server_batch_rows_sum{model="${name}"}[5m])) / sum by (track) (rate(model_server_batch_rows_count{model="${name}"}[5m]))`,
        legend: "{{track}}",
      },
    ]),
    graph("Restarts, and loads that failed", "none", [
      { expr: `sum by (pod) (increase(kube_pod_container_status_restarts_total{${mine}}[1h]))`, legend: "{{pod}}" },
      {
        expr: `sum by (version) (increase(model_server_model_load_failures_total{model="${name}"}[1h]))`,
        legend: "load of {{version}}",
      },
    ]),
  ];
}
