import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { alertRules } from "../../components/apps/alertRules";
import { onPath } from "../../simulator/engine";
import { runCommand } from "../../simulator/goBuild";
import { skip } from "../support/skip";

const everything = { airflow: true, mlflow: true, jupyterhub: true };
const nothing = { airflow: false, mlflow: false, jupyterhub: false };
const all = alertRules(everything).flatMap(({ rules }) => rules);

/** Series as promtool writes them, one value a minute, and the alerts that fire at a minute. */
interface Case {
  what: string;
  series: Record<string, string>;
  minute: number;
  fires: string[];
}

/** What a healthy platform shows, so that each case changes one thing. */
const healthy: Record<string, string> = {
  airflow_scheduler_heartbeat: "0+60x120",
  airflow_dag_processor_heartbeat: "0+60x120",
  airflow_dag_processing_import_errors: "0x120",
  'airflow_dagrun_failed_count{dag_id="train_churn"}': "3x120",
  airflow_scheduler_tasks_starving: "0x120",
  airflow_task_instances_without_heartbeats_killed: "1x120",
  'up{job="mlflow",pod="mlflow-0"}': "1x120",
  'mlflow_http_request_total{status="200"}': "0+100x120",
  'mlflow_http_request_total{status="500"}': "0+1x120",
  'jupyterhub_server_spawn_duration_seconds_count{status="failure"}': "2x120",
  'jupyterhub_event_loop_interval_seconds_bucket{le="0.1"}': "0+100x120",
  'jupyterhub_event_loop_interval_seconds_bucket{le="5"}': "0+100x120",
  'jupyterhub_event_loop_interval_seconds_bucket{le="+Inf"}': "0+100x120",
  'kube_job_status_failed{namespace="mlflow",job_name="mlflow-migrate"}': "0x120",
  'kube_job_status_succeeded{namespace="mlflow",job_name="mlflow-migrate"}': "1x120",
};

const cases: Case[] = [
  { what: "nothing on a healthy platform", series: {}, minute: 90, fires: [] },
  {
    what: "AirflowSchedulerDown when no scheduler beats",
    series: { airflow_scheduler_heartbeat: "0+60x30 1800x90" },
    minute: 60,
    fires: ["AirflowSchedulerDown"],
  },
  {
    what: "AirflowSchedulerDown when its metrics vanish, or never came",
    series: { airflow_scheduler_heartbeat: "_x120" },
    minute: 10,
    fires: ["AirflowSchedulerDown"],
  },
  {
    what: "nothing yet, three minutes after the last beat",
    series: { airflow_scheduler_heartbeat: "0+60x30 1800x90" },
    minute: 33,
    fires: [],
  },
  {
    what: "AirflowDagProcessorDown when no processor beats",
    series: { airflow_dag_processor_heartbeat: "7x120" },
    minute: 60,
    fires: ["AirflowDagProcessorDown"],
  },
  {
    what: "AirflowImportErrors when a file stays broken",
    series: { airflow_dag_processing_import_errors: "0x30 2x90" },
    minute: 60,
    fires: ["AirflowImportErrors"],
  },
  {
    what: "nothing when a file was broken for ten minutes",
    series: { airflow_dag_processing_import_errors: "0x30 2x10 0x80" },
    minute: 60,
    fires: [],
  },
  {
    what: "AirflowDagRunFailed when a run fails",
    series: { 'airflow_dagrun_failed_count{dag_id="train_churn"}': "3x50 4x70" },
    minute: 60,
    fires: ["AirflowDagRunFailed"],
  },
  {
    what: "AirflowTasksStarving when tasks wait for long",
    series: { airflow_scheduler_tasks_starving: "5x120" },
    minute: 60,
    fires: ["AirflowTasksStarving"],
  },
  {
    what: "AirflowTasksLostHeartbeat when tasks vanish",
    series: { airflow_task_instances_without_heartbeats_killed: "1x50 2x70" },
    minute: 60,
    fires: ["AirflowTasksLostHeartbeat"],
  },
  {
    what: "MlflowDown when no replica answers",
    series: { 'up{job="mlflow",pod="mlflow-0"}': "0x120" },
    minute: 60,
    fires: ["MlflowDown"],
  },
  {
    what: "nothing when one of two replicas of MLflow answers",
    series: { 'up{job="mlflow",pod="mlflow-1"}': "0x120" },
    minute: 60,
    fires: [],
  },
  {
    what: "MlflowErrors when one of six requests fails",
    series: { 'mlflow_http_request_total{status="500"}': "0+20x120" },
    minute: 60,
    fires: ["MlflowErrors"],
  },
  {
    what: "nothing when MLflow has nothing to do",
    series: { 'mlflow_http_request_total{status="200"}': "9x120", 'mlflow_http_request_total{status="500"}': "9x120" },
    minute: 60,
    fires: [],
  },
  {
    what: "JupyterHubSpawnFailures when notebooks fail to start again and again",
    series: { 'jupyterhub_server_spawn_duration_seconds_count{status="failure"}': "2x40 2+1x80" },
    minute: 60,
    fires: ["JupyterHubSpawnFailures"],
  },
  {
    what: "JupyterHubSlow when the loop stalls",
    series: { 'jupyterhub_event_loop_interval_seconds_bucket{le="0.1"}': "0x120" },
    minute: 60,
    fires: ["JupyterHubSlow"],
  },
  {
    what: "MigrationJobFailed when a migration failed",
    series: {
      'kube_job_status_failed{namespace="mlflow",job_name="mlflow-migrate"}': "1x120",
      'kube_job_status_succeeded{namespace="mlflow",job_name="mlflow-migrate"}': "0x120",
    },
    minute: 60,
    fires: ["MigrationJobFailed"],
  },
  {
    what: "nothing when a migration succeeded at its second attempt",
    series: { 'kube_job_status_failed{namespace="mlflow",job_name="mlflow-migrate"}': "1x120" },
    minute: 60,
    fires: [],
  },
];

describe("alert rules", () => {
  it("are there for the tools of the stack and no others: elsewhere they would fire for ever", () => {
    const names = (facts: typeof nothing) => alertRules(facts).map(({ name }) => name);
    expect(names(nothing)).to.deep.equal(["mlplatform.platform"]);
    expect(names({ ...nothing, mlflow: true })).to.deep.equal(["mlplatform.platform", "mlplatform.mlflow"]);
    expect(names(everything)).to.deep.equal(
      ["platform", "airflow", "mlflow", "jupyterhub"].map((tool) => `mlplatform.${tool}`),
    );
  });

  it("each have a name of their own, a severity, a tool and words", () => {
    expect(new Set(all.map(({ alert }) => alert)).size).to.equal(all.length);
    for (const { alert, labels, annotations } of all) {
      expect(labels.severity, alert).to.be.oneOf(["critical", "warning"]);
      expect(labels.tool, alert).to.be.oneOf(["platform", "airflow", "mlflow", "jupyterhub"]);
      expect(annotations.summary.length, alert).to.be.within(5, 80);
      expect(annotations.description, alert).to.match(/\.$/);
    }
  });

  it("are all put to the test below", () => {
    const fired = new Set(cases.flatMap(({ fires }) => fires));
    expect(all.map(({ alert }) => alert).filter((alert) => !fired.has(alert))).to.deep.equal([]);
  });
});

describe("Prometheus itself", () => {
  let directory: string;

  before(function () {
    if (onPath("promtool").length === 0) {
      return skip(this, "no promtool on PATH; install Prometheus (Debian: apt-get install prometheus)");
    }
    directory = mkdtempSync(join(tmpdir(), "rules-"));
    writeFileSync(join(directory, "rules.yaml"), stringify({ groups: alertRules(everything) }));
  });
  after(() => directory && rmSync(directory, { recursive: true }));

  it("accepts every rule", async () => {
    const { code, stdout, stderr } = await runCommand("promtool", ["check", "rules", join(directory, "rules.yaml")]);
    expect(code, stdout + stderr).to.equal(0);
    expect(stdout).to.contain(`${all.length} rules found`);
  });

  for (const { what, series, minute, fires } of cases) {
    it(`fires ${what}`, async () => {
      const input = Object.entries({ ...healthy, ...series }).map(([name, values]) => ({ series: name, values }));
      const path = join(directory, "case.yaml");
      const silent = all
        .filter(({ alert }) => !fires.includes(alert))
        .map(({ alert }) => ({ alertname: alert, eval_time: `${minute}m`, exp_alerts: [] }));
      const firing = fires.map((alert) => ({
        expr: `count(ALERTS{alertname="${alert}", alertstate="firing"})`,
        eval_time: `${minute}m`,
        exp_samples: [{ labels: "{}", value: 1 }],
      }));
      const tests = [{ interval: "1m", input_series: input, alert_rule_test: silent, promql_expr_test: firing }];
      writeFileSync(path, stringify({ rule_files: ["rules.yaml"], evaluation_interval: "1m", tests }));
      const { code, stdout, stderr } = await runCommand("promtool", ["test", "rules", path]);
      expect(code, stdout + stderr).to.equal(0);
    });
  }
});
