import type { CloudFacts } from "./cloud";
import { cloudGraph, logLines, type Metric } from "./cloudWatch";
import { type Dashboard, dashboard, platformFolder, uids } from "./dashboard";
import { figure, graph, grid, type PanelOf } from "./panels";
import type { PlatformFacts } from "./platform";

/** Jobs that train, wherever they run: Kubernetes Jobs and Airflow's pods here, SageMaker and Step Functions in CloudWatch. */
export function training({ links, airflow, cloud }: PlatformFacts): Dashboard {
  return dashboard({
    name: "training",
    uid: uids.training,
    folder: platformFolder,
    title: "Training jobs",
    description: "What runs, what failed, what waits for a node.",
    from: "now-24h",
    links,
    rows: [
      { title: "Jobs of the cluster", panels: jobs() },
      { title: "Airflow's tasks", panels: airflow ? tasks() : [] },
      { title: "AWS", panels: cloud ? inCloud(cloud) : [] },
    ],
  });
}

function jobs(): PanelOf[] {
  return [
    figure("Running", "none", [{ expr: "sum(kube_job_status_active)", legend: "jobs" }]),
    figure("Failed", "none", [{ expr: "sum(kube_job_status_failed > bool 0)", legend: "jobs" }], { limit: 1 }),
    graph(
      "Jobs by namespace",
      "none",
      [
        { expr: "sum by (namespace) (kube_job_status_active)", legend: "{{namespace}} running" },
        { expr: "sum by (namespace) (kube_job_status_failed > bool 0)", legend: "{{namespace}} failed" },
      ],
      { width: 16 },
    ),
    grid("Jobs that failed", "none", [
      { expr: "sum by (namespace, job_name, reason) (kube_job_status_failed > 0)", legend: "pods" },
    ]),
    grid("Running for, seconds", "s", [
      {
        expr: "max by (namespace, job_name) (time() - kube_job_status_start_time unless on (namespace, job_name) kube_job_status_completion_time)",
        legend: "seconds",
      },
    ]),
  ];
}

function tasks(): PanelOf[] {
  return [
    graph(
      "Tasks that ended, by state",
      "none",
      [{ expr: "sum by (state) (increase(airflow_ti_finish[1h]))", legend: "{{state}}" }],
      { width: 12, stacked: true },
    ),
    graph(
      "Pods of tasks by phase",
      "none",
      [{ expr: 'sum by (phase) (kube_pod_status_phase{namespace=~"airflow(-.*)?"})', legend: "{{phase}}" }],
      { width: 12, stacked: true },
    ),
  ];
}

/**
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
 */
function inCloud({ region, failedRuns }: CloudFacts): PanelOf[] {
  const runs = (name: string, legend: string): Metric => ({
    namespace: "AWS/States",
    name,
    dimensions: { StateMachineArn: "*" },
    statistic: "Sum",
    legend,
  });
  const job = (name: string): Metric => ({
    namespace: "/aws/sagemaker/TrainingJobs",
    name,
    dimensions: { Host: "*" },
    statistic: "Average",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of CloudWatch
    legend: "${PROP('Dim.Host')}",
  });
  return [
    cloudGraph("Runs of Step Functions", "none", region, [
      runs("ExecutionsStarted", "begun"),
      runs("ExecutionsSucceeded", "succeeded"),
      runs("ExecutionsFailed", "failed"),
      runs("ExecutionsTimedOut", "too long"),
    ]),
    cloudGraph("CPU of training jobs", "percent", region, [job("CPUUtilization")]),
    cloudGraph("Memory of training jobs", "percent", region, [job("MemoryUtilization")]),
    ...(failedRuns
      ? [
          logLines(
            "Failed runs of state machines",
            [failedRuns],
            "fields @timestamp, detail.name, detail.status, detail.error, detail.cause, detail.executionArn | sort @timestamp desc | limit 100",
            "Each with what it failed by, newest first.",
          ),
        ]
      : []),
  ];
}
