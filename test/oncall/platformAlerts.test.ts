import { expect } from "chai";
import { alertRules } from "../../components/observability/alerts/platform";
import { isAlert } from "../../components/observability/alerts/rule";
import { Promtool, type RuleCase } from "../support/promtool";

const context = { owner: "platform", runbooks: "docs/runbooks" };
const everything = {
  ...{ airflow: true, mlflow: true, jupyterhub: true, models: true, database: true, objectStore: true },
  databaseLossHours: 2,
  objectLossHours: 2,
  logs: { alertAtDailyMiB: 10, inCluster: true },
};
const nothing = {
  airflow: false,
  mlflow: false,
  jupyterhub: false,
  models: false,
  database: false,
  objectStore: false,
};
const groups = alertRules(everything, context);
const all = groups.flatMap(({ rules }) => rules).filter(isAlert);

const volume = (what: string, claim: string) =>
  `kubelet_volume_stats_${what}_bytes{namespace="mlplatform",persistentvolumeclaim="${claim}"}`;
const available = (claim: string) => volume("available", claim);
const capacity = (claim: string) => volume("capacity", claim);

const flushFailures = 'loki_ingester_chunks_flush_failures_total{job="logs/loki",pod="loki-0"}';

/** What Fluent Bit tells of one node. */
function ofNode(
  node: string,
  { taken = "5x240", delivered = "5x240", bytes = "0x240", lost = "3x240", held = "0x240" } = {},
): Record<string, string> {
  const series = (name: string, plugin: string) => `fluentbit_${name}{pod="fluent-bit-${node}",name="${plugin}.0"}`;
  return {
    [series("input_records_total", "tail")]: taken,
    [series("output_proc_records_total", "loki")]: delivered,
    [series("output_proc_bytes_total", "loki")]: bytes,
    [series("output_dropped_records_total", "loki")]: lost,
    [series("input_rate_gate_limited", "tail")]: held,
  };
}

/** What a healthy platform shows, so that each case changes one thing. */
const healthy: Record<string, string> = {
  airflow_scheduler_heartbeat: "0+60x240",
  airflow_dag_processor_heartbeat: "0+60x240",
  airflow_dag_processing_import_errors: "0x240",
  'airflow_dagrun_failed_count{dag_id="train_churn"}': "3x240",
  airflow_scheduler_tasks_starving: "0x240",
  airflow_task_instances_without_heartbeats_killed: "1x240",
  'up{job="mlflow",pod="mlflow-0"}': "1x240",
  'mlflow_http_request_total{status="200"}': "0+100x240",
  'mlflow_http_request_total{status="500"}': "0+1x240",
  'jupyterhub_server_spawn_duration_seconds_count{status="failure"}': "2x240",
  'jupyterhub_event_loop_interval_seconds_bucket{le="0.1"}': "0+100x240",
  'jupyterhub_event_loop_interval_seconds_bucket{le="5"}': "0+100x240",
  'jupyterhub_event_loop_interval_seconds_bucket{le="+Inf"}': "0+100x240",
  'kube_job_status_failed{namespace="mlflow",job_name="mlflow-migrate"}': "0x240",
  'kube_job_status_succeeded{namespace="mlflow",job_name="mlflow-migrate"}': "1x240",
  'kube_node_status_condition{node="a",condition="Ready",status="true"}': "1x240",
  'kube_node_status_condition{node="b",condition="Ready",status="true"}': "1x240",
  'kube_pod_status_unschedulable{namespace="models",pod="churn-1"}': "_x240",
  'kube_pod_container_status_restarts_total{namespace="mlflow",pod="mlflow-0",container="mlflow"}': "2x240",
  'kube_pod_container_status_last_terminated_reason{namespace="mlflow",pod="mlflow-0",container="mlflow",reason="OOMKilled"}':
    "1x240",
  'kube_node_status_allocatable{node="a",resource="nvidia_com_gpu"}': "1x240",
  'kube_pod_container_resource_requests{node="a",namespace="t",pod="t",container="t",resource="nvidia_com_gpu"}':
    "1x240",
  model_release_last_check_timestamp_seconds: "0+60x240",
  'cnpg_collector_up{pod="database-1"}': "1x240",
  'cnpg_backends_total{pod="database-1",datname="mlflow"}': "100x240",
  'cnpg_backends_total{pod="database-1",datname="airflow"}': "50x240",
  'cnpg_collector_last_available_backup_timestamp{pod="database-1"}': "0+60x240",
  // An instance that was made since then has not heard of it yet.
  'cnpg_collector_last_available_backup_timestamp{pod="database-2"}': "0x240",
  'up{job="monitoring/object-store"}': "1x240",
  'kube_cronjob_created{namespace="mlplatform",cronjob="object-copies"}': "0x240",
  'kube_cronjob_status_last_successful_time{namespace="mlplatform",cronjob="object-copies"}': "0+60x240",
  [available("database-1")]: "50x240",
  [capacity("database-1")]: "100x240",
  [available("seaweedfs-data")]: "50x240",
  [capacity("seaweedfs-data")]: "100x240",
  'up{job="fluent-bit",pod="fluent-bit-a"}': "1x240",
  'up{job="logs/loki",pod="loki-0"}': "1x240",
  [flushFailures]: "2x240",
  ...ofNode("a", { taken: "0+60x240", delivered: "0+60x240", bytes: "0+6000x240" }),
};

const cases: RuleCase[] = [
  { what: "nothing on a healthy platform", series: {}, minute: 90, fires: [] },
  {
    what: "AirflowSchedulerDown when no scheduler beats",
    series: { airflow_scheduler_heartbeat: "0+60x30 1800x210" },
    minute: 60,
    fires: ["AirflowSchedulerDown critical"],
  },
  {
    what: "AirflowSchedulerDown when its metrics vanish, or never came",
    series: { airflow_scheduler_heartbeat: "_x240" },
    minute: 10,
    fires: ["AirflowSchedulerDown critical"],
  },
  {
    what: "nothing yet, three minutes after the last beat",
    series: { airflow_scheduler_heartbeat: "0+60x30 1800x210" },
    minute: 33,
    fires: [],
  },
  {
    what: "AirflowDagProcessorDown when no processor beats",
    series: { airflow_dag_processor_heartbeat: "7x240" },
    minute: 60,
    fires: ["AirflowDagProcessorDown critical"],
  },
  {
    what: "AirflowImportErrors when a file stays broken",
    series: { airflow_dag_processing_import_errors: "0x30 2x210" },
    minute: 60,
    fires: ["AirflowImportErrors warning"],
  },
  {
    what: "nothing when a file was broken for ten minutes",
    series: { airflow_dag_processing_import_errors: "0x30 2x10 0x200" },
    minute: 60,
    fires: [],
  },
  {
    what: "AirflowDagRunFailed when a run fails",
    series: { 'airflow_dagrun_failed_count{dag_id="train_churn"}': "3x50 4x190" },
    minute: 60,
    fires: ["AirflowDagRunFailed warning"],
  },
  {
    what: "AirflowTasksStarving when tasks wait for long",
    series: { airflow_scheduler_tasks_starving: "5x240" },
    minute: 60,
    fires: ["AirflowTasksStarving warning"],
  },
  {
    what: "AirflowTasksLostHeartbeat when tasks vanish",
    series: { airflow_task_instances_without_heartbeats_killed: "1x50 2x190" },
    minute: 60,
    fires: ["AirflowTasksLostHeartbeat warning"],
  },
  {
    what: "MlflowDown when no replica answers",
    series: { 'up{job="mlflow",pod="mlflow-0"}': "0x240" },
    minute: 60,
    fires: ["MlflowDown critical"],
  },
  {
    what: "nothing when one of two replicas of MLflow answers",
    series: { 'up{job="mlflow",pod="mlflow-1"}': "0x240" },
    minute: 60,
    fires: [],
  },
  {
    what: "LogsNotDelivered when lines of one node get nowhere, while those of another do",
    series: ofNode("b", { taken: "0+60x240", delivered: "0+60x20 1200x220" }),
    minute: 60,
    fires: ["LogsNotDelivered warning"],
  },
  {
    what: "LogsNotDelivered when no Fluent Bit answers",
    series: { 'up{job="fluent-bit",pod="fluent-bit-a"}': "_x240" },
    minute: 60,
    fires: ["LogsNotDelivered warning"],
  },
  {
    what: "LogsNotDelivered when no file of any node can be read",
    series: ofNode("a", { taken: "7x240", delivered: "7x240" }),
    minute: 90,
    fires: ["LogsNotDelivered warning"],
  },
  {
    what: "nothing where lines of a node wait for eight minutes, or its pods write nothing",
    series: {
      ...ofNode("b", { taken: "0+60x240", delivered: "0+60x40 2400x8 2400+60x192" }),
      ...ofNode("c", { taken: "9x240", delivered: "9x240" }),
    },
    minute: 60,
    fires: [],
  },
  {
    what: "LogStoreDown alone when Loki is down, though no line gets there",
    series: {
      'up{job="logs/loki",pod="loki-0"}': "0x240",
      ...ofNode("a", { taken: "0+60x240", delivered: "7x240" }),
    },
    minute: 60,
    fires: ["LogStoreDown warning"],
  },
  {
    what: "LogsNotStored when the store refuses what Loki writes, again and again",
    series: { [flushFailures]: "2x10 2+1x229" },
    minute: 60,
    fires: ["LogsNotStored warning"],
  },
  {
    what: "nothing when the store was away for ten minutes",
    series: { [flushFailures]: "2x30 2+1x10 12x199" },
    minute: 60,
    fires: [],
  },
  {
    what: "LogLinesDropped when lines are given up",
    series: ofNode("b", { lost: "3x50 40x190" }),
    minute: 60,
    fires: ["LogLinesDropped warning"],
  },
  {
    what: "LogsHeldBack when a node is at its bound for long",
    series: ofNode("b", { held: "0x10 1x230" }),
    minute: 60,
    fires: ["LogsHeldBack warning"],
  },
  {
    what: "nothing when a node is at its bound now and then",
    series: ofNode("b", { held: "1 0 0 1 0 0 0 0 1 0x230" }),
    minute: 60,
    fires: [],
  },
  {
    what: "LogVolumeHigh when the bound of a day is passed",
    series: ofNode("b", { bytes: "0+200000x240" }),
    minute: 100,
    fires: ["LogVolumeHigh warning"],
  },
  {
    what: "MlflowErrors when one of six requests fails",
    series: { 'mlflow_http_request_total{status="500"}': "0+20x240" },
    minute: 60,
    fires: ["MlflowErrors warning"],
  },
  {
    what: "nothing when MLflow has nothing to do",
    series: { 'mlflow_http_request_total{status="200"}': "9x240", 'mlflow_http_request_total{status="500"}': "9x240" },
    minute: 60,
    fires: [],
  },
  {
    what: "JupyterHubSpawnFailures when notebooks fail to start again and again",
    series: { 'jupyterhub_server_spawn_duration_seconds_count{status="failure"}': "2x40 2+1x200" },
    minute: 60,
    fires: ["JupyterHubSpawnFailures warning"],
  },
  {
    what: "JupyterHubSlow when the loop stalls",
    series: { 'jupyterhub_event_loop_interval_seconds_bucket{le="0.1"}': "0x240" },
    minute: 60,
    fires: ["JupyterHubSlow warning"],
  },
  {
    what: "MigrationJobFailed when a migration failed",
    series: {
      'kube_job_status_failed{namespace="mlflow",job_name="mlflow-migrate"}': "1x240",
      'kube_job_status_succeeded{namespace="mlflow",job_name="mlflow-migrate"}': "0x240",
    },
    minute: 60,
    fires: ["MigrationJobFailed critical"],
  },
  {
    what: "nothing when a migration succeeded at its second attempt",
    series: { 'kube_job_status_failed{namespace="mlflow",job_name="mlflow-migrate"}': "1x240" },
    minute: 60,
    fires: [],
  },
  {
    what: "NodeDown when a node is not ready for long",
    series: { 'kube_node_status_condition{node="b",condition="Ready",status="true"}': "1x30 0x200" },
    minute: 60,
    fires: ["NodeDown critical"],
  },
  {
    what: "nothing when a node starts, or was taken away",
    series: { 'kube_node_status_condition{node="b",condition="Ready",status="true"}': "1x30 _x20 0x3 1x200" },
    minute: 54,
    fires: [],
  },
  {
    what: "PodsUnschedulable when no node takes a pod",
    series: { 'kube_pod_status_unschedulable{namespace="models",pod="churn-1"}': "1x240" },
    minute: 60,
    fires: ["PodsUnschedulable warning"],
  },
  {
    what: "nothing while a node is started for a pod",
    series: { 'kube_pod_status_unschedulable{namespace="models",pod="churn-1"}': "_x50 1x10 _x100" },
    minute: 60,
    fires: [],
  },
  {
    what: "NamespaceQuotaNear when a namespace has used nearly all that it may",
    series: {
      'kube_resourcequota{namespace="airflow-pods",resourcequota="tasks",resource="requests.cpu",type="used"}':
        "91x240",
      'kube_resourcequota{namespace="airflow-pods",resourcequota="tasks",resource="requests.cpu",type="hard"}':
        "100x240",
    },
    minute: 60,
    fires: ["NamespaceQuotaNear warning"],
  },
  {
    what: "nothing at nine tenths, nor where a namespace may have none",
    series: {
      'kube_resourcequota{namespace="airflow-pods",resourcequota="tasks",resource="pods",type="used"}': "180x240",
      'kube_resourcequota{namespace="airflow-pods",resourcequota="tasks",resource="pods",type="hard"}': "200x240",
      'kube_resourcequota{namespace="airflow-pods",resourcequota="tasks",resource="requests.nvidia.com/gpu",type="used"}':
        "0x240",
      'kube_resourcequota{namespace="airflow-pods",resourcequota="tasks",resource="requests.nvidia.com/gpu",type="hard"}':
        "0x240",
    },
    minute: 60,
    fires: [],
  },
  {
    what: "ContainerOutOfMemory when a container was killed for its memory",
    series: {
      'kube_pod_container_status_restarts_total{namespace="mlflow",pod="mlflow-0",container="mlflow"}': "2x50 3x190",
    },
    minute: 60,
    fires: ["ContainerOutOfMemory warning"],
  },
  {
    what: "GpuNodeIdle when nobody asks for a GPU for hours",
    series: {
      'kube_pod_container_resource_requests{node="a",namespace="t",pod="t",container="t",resource="nvidia_com_gpu"}':
        "1x10 _x230",
    },
    minute: 200,
    fires: ["GpuNodeIdle warning"],
  },
  {
    what: "nothing an hour after the last job on a GPU",
    series: {
      'kube_pod_container_resource_requests{node="a",namespace="t",pod="t",container="t",resource="nvidia_com_gpu"}':
        "1x50 _x190",
    },
    minute: 110,
    fires: [],
  },
  {
    what: "ReleaseControllerDown when it stops looking",
    series: { model_release_last_check_timestamp_seconds: "0+60x30 1800x210" },
    minute: 60,
    fires: ["ReleaseControllerDown critical"],
  },
  {
    what: "ReleaseControllerDown when it never came",
    series: { model_release_last_check_timestamp_seconds: "_x240" },
    minute: 20,
    fires: ["ReleaseControllerDown critical"],
  },
  {
    what: "PostgresDown when no instance is up",
    series: { 'cnpg_collector_up{pod="database-1"}': "1x30 0x210" },
    minute: 40,
    fires: ["PostgresDown critical"],
  },
  {
    what: "PostgresDown when its metrics never came",
    series: { 'cnpg_collector_up{pod="database-1"}': "_x240" },
    minute: 10,
    fires: ["PostgresDown critical"],
  },
  {
    what: "PostgresConnectionsHigh when most are taken",
    series: { 'cnpg_backends_total{pod="database-1",datname="airflow"}': "70x240" },
    minute: 40,
    fires: ["PostgresConnectionsHigh warning"],
  },
  {
    what: "PostgresVolumeLow when little is left",
    series: { [available("database-1")]: "14x240" },
    minute: 40,
    fires: ["PostgresVolumeLow critical"],
  },
  {
    what: "PostgresBackupLate when the last is older than may be lost",
    series: {
      'cnpg_collector_last_available_backup_timestamp{pod="database-1"}': "0x240",
      'cnpg_collector_last_available_backup_timestamp{pod="database-2"}': "0x240",
    },
    minute: 200,
    fires: ["PostgresBackupLate critical"],
  },
  {
    what: "ObjectCopiesLate when the last that ended well is older than may be lost",
    series: { 'kube_cronjob_status_last_successful_time{namespace="mlplatform",cronjob="object-copies"}': "0x240" },
    minute: 160,
    fires: ["ObjectCopiesLate critical"],
  },
  {
    what: "ObjectCopiesLate when none has ended well since they were asked for",
    series: {
      'kube_cronjob_status_last_successful_time{namespace="mlplatform",cronjob="object-copies"}': "_x240",
      'kube_cronjob_status_last_successful_time{namespace="mlplatform",cronjob="another"}': "0+60x240",
    },
    minute: 160,
    fires: ["ObjectCopiesLate critical"],
  },
  {
    what: "ObjectStoreDown when it cannot be scraped",
    series: { 'up{job="monitoring/object-store"}': "1x30 0x210" },
    minute: 40,
    fires: ["ObjectStoreDown critical"],
  },
  {
    what: "ObjectStoreVolumeLow when little is left",
    series: { [available("seaweedfs-data")]: "14x240" },
    minute: 40,
    fires: ["ObjectStoreVolumeLow critical"],
  },
];

describe("alert rules of the platform", () => {
  const tools = [
    ...["platform", "airflow", "mlflow", "jupyterhub", "releases"],
    ...["database", "databaseBackup", "objectStore", "objectCopies", "logs"],
  ];

  it("are there for the pieces of the stack and no others: elsewhere they would fire for ever", () => {
    const names = (facts: typeof nothing) => alertRules(facts, context).map(({ name }) => name);
    expect(names(nothing)).to.deep.equal(["mlplatform.platform"]);
    expect(names({ ...nothing, mlflow: true })).to.deep.equal(["mlplatform.platform", "mlplatform.mlflow"]);
    expect(names(everything)).to.deep.equal(tools.map((tool) => `mlplatform.${tool}`));
  });

  it("each have a name of their own, a severity, an owner, a tool, words and a runbook", () => {
    expect(new Set(all.map(({ alert }) => alert)).size).to.equal(all.length);
    for (const { alert, labels, annotations } of all) {
      expect(labels.severity, alert).to.be.oneOf(["critical", "warning"]);
      expect(labels.owner, alert).to.equal("platform");
      expect(labels.tool, alert).to.be.oneOf(tools);
      expect(annotations.summary.length, alert).to.be.within(5, 80);
      expect(annotations.description, alert).to.match(/\.$/);
      expect(annotations.runbook_url, alert).to.equal(`docs/runbooks/${alert}.md`);
    }
  });

  it("are all put to the test below", () => {
    const fired = new Set(cases.flatMap(({ fires }) => fires.map((each) => each.split(" ")[0])));
    expect(all.map(({ alert }) => alert).filter((alert) => !fired.has(alert))).to.deep.equal([]);
  });
});

describe("Prometheus itself, given the rules of the platform", () => {
  const promtool = new Promtool(groups);
  before(function () {
    promtool.start(this);
  });
  after(() => promtool.stop());

  it("accepts every rule", () => promtool.check());

  for (const each of cases) it(`fires ${each.what}`, () => promtool.test(healthy, each));
});
