import { ratio, recorded } from "../alerts/modelRates";
import { type Dashboard, dashboard, platformFolder, uids } from "./dashboard";
import { releaseMarks } from "./model";
import { figure, graph, grid } from "./panels";
import type { PlatformFacts } from "./platform";

/** The first page: what fires, which tools answer, which model does badly, how full the cluster is. */
export function overview(facts: PlatformFacts): Dashboard {
  return dashboard({
    name: "platform-overview",
    uid: uids.overview,
    folder: platformFolder,
    title: "Platform overview",
    description: "Begin here: red figures and firing alerts lead to their dashboard.",
    links: facts.links,
    marks: facts.models ? releaseMarks("") : [],
    rows: [
      { title: "Now", panels: now(facts) },
      { title: "Models", panels: facts.models ? models() : [] },
      { title: "Cluster", panels: cluster() },
    ],
  });
}

function now(facts: PlatformFacts) {
  const to = (title: string, uid: string) => ({ link: { title, url: `/d/${uid}?\${__url_time_range}` } });
  const good = { limit: 1, limitIsLeast: true };
  return [
    figure(
      "Alerts that wake somebody",
      "none",
      [{ expr: 'count(ALERTS{alertstate="firing",severity="critical"}) or vector(0)', legend: "critical" }],
      { limit: 1, link: { title: "Alerts", url: "/alerting/list?search=state:firing" } },
    ),
    figure(
      "Other alerts",
      "none",
      [{ expr: 'count(ALERTS{alertstate="firing",severity="warning"}) or vector(0)', legend: "warning" }],
      { limit: 1, link: { title: "Alerts", url: "/alerting/list?search=state:firing" } },
    ),
    ...(facts.airflow
      ? [
          figure(
            "Airflow's scheduler",
            "none",
            [{ expr: "sum(rate(airflow_scheduler_heartbeat[5m])) > bool 0", legend: "beats" }],
            { ...good, ...to("Airflow", uids.airflow) },
          ),
        ]
      : []),
    ...(facts.mlflow
      ? [
          figure("MLflow's replicas", "none", [{ expr: 'sum(up{job="mlflow"})', legend: "up" }], {
            ...good,
            ...to("MLflow", uids.mlflow),
          }),
        ]
      : []),
    ...(facts.jupyterhub
      ? [
          figure("Notebooks running", "none", [{ expr: "sum(jupyterhub_running_servers)", legend: "notebooks" }], {
            ...to("JupyterHub", uids.jupyterhub),
          }),
        ]
      : []),
    figure(
      "Nodes ready",
      "none",
      [{ expr: 'sum(kube_node_status_condition{condition="Ready",status="true"})', legend: "ready" }],
      { ...good, ...to("Cluster and nodes", uids.cluster) },
    ),
    figure(
      "Pods without a node",
      "none",
      [{ expr: "sum(kube_pod_status_unschedulable) or vector(0)", legend: "pods" }],
      {
        limit: 1,
        ...to("Cost and idle capacity", uids.capacity),
      },
    ),
    grid(
      "Alerts that fire",
      "none",
      [
        {
          expr: 'sum by (alertname, severity, owner, model, tool, namespace) (ALERTS{alertstate="firing",severity=~"critical|warning"})',
          legend: "alerts",
        },
      ],
      { width: 24 },
    ),
  ];
}

function models() {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of Grafana
  const link = { title: "Open this model", url: "/d/${__data.fields.model}?${__url_time_range}" };
  return [
    grid(
      "Models in the last hour",
      "none",
      [
        { expr: `sum by (model) (${recorded.requests})`, legend: "requests per second" },
        { expr: `sum by (model) (${ratio("failures", "1h")})`, legend: "failed, share" },
        { expr: `sum by (model) (${ratio("slow", "1h")})`, legend: "slow, share" },
        { expr: "max by (model) (model_drift_psi)", legend: "drift" },
      ],
      { width: 24, link, description: "A click on a model's row opens its dashboard." },
    ),
    graph(
      "Requests by model",
      "reqps",
      [{ expr: `topk(10, sum by (model) (${recorded.requests}))`, legend: "{{model}}" }],
      {
        width: 12,
      },
    ),
    graph(
      "Releases",
      "none",
      [
        {
          expr: "sum by (model, target, outcome) (increase(model_releases_total[1h]))",
          legend: "{{model}} {{target}} {{outcome}}",
        },
      ],
      { width: 12 },
    ),
  ];
}

function cluster() {
  const used = (resource: string, expr: string) => ({
    expr: `${expr} / sum(kube_node_status_allocatable{resource="${resource}"})`,
    legend: `${resource} used`,
  });
  const requested = (resource: string) => ({
    expr: `sum(kube_pod_container_resource_requests{resource="${resource}"}) / sum(kube_node_status_allocatable{resource="${resource}"})`,
    legend: `${resource} asked for`,
  });
  return [
    graph(
      "Cluster",
      "percentunit",
      [
        used("cpu", 'sum(rate(container_cpu_usage_seconds_total{container!=""}[5m]))'),
        requested("cpu"),
        used("memory", 'sum(container_memory_working_set_bytes{container!=""})'),
        requested("memory"),
      ],
      { width: 12, max: 1 },
    ),
    graph("Pods by phase", "none", [{ expr: "sum by (phase) (kube_pod_status_phase)", legend: "{{phase}}" }], {
      width: 12,
      stacked: true,
    }),
  ];
}
