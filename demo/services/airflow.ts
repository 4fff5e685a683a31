import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { airflowNamespace, taskNamespace } from "../../components/contracts/airflowNames";
import { healthy } from "../answers";
import type { Demo } from "../demo";
import { type Container, one } from "../generated";
import { projectFolder } from "../settings";
import type { Program } from "../supervisor";

/** Processes of Airflow, as the chart has a Deployment for each; tasks run beside the scheduler and not in pods. */
export function airflow(demo: Demo): Program[] {
  const { ports } = demo;
  const env = airflowEnvironment(demo);
  const health = `http://127.0.0.1:${ports.airflow}/api/v2/monitor/health`;
  const program = (role: string, title: string, command: string, more: Partial<Program> = {}): Program => ({
    name: `airflow-${role}`,
    title: `Airflow's ${title}`,
    command: [join(dirname(demo.python("airflow")), "airflow"), command],
    env,
    folder: join(demo.folder, "airflow"),
    ports: [],
    ready: () => beats(health, role),
    readySeconds: 240,
    ...more,
  });
  return [
    program("api-server", "API and pages", "api-server", { ports: [ports.airflow], ready: () => healthy(health) }),
    program("scheduler", "scheduler", "scheduler"),
    program("dag-processor", "DAG processor", "dag-processor"),
    program("triggerer", "triggerer", "triggerer", { ports: [ports.triggerer] }),
  ];
}

/** Database, first user and pools, as the Jobs of chart and platform make them. */
export async function prepareAirflow(demo: Demo): Promise<void> {
  const env = airflowEnvironment(demo);
  const home = join(demo.folder, "airflow");
  mkdirSync(home, { recursive: true });
  const python = demo.python("airflow");
  const command = join(dirname(python), "airflow");
  await demo.run(command, ["db", "migrate"], { env, folder: home });
  const { defaultUser: user } = demo.generated.values("airflow").createUserJob;
  const who = ["--role", user.role, "--username", user.username, "--email", user.email];
  const named = ["--firstname", user.firstName, "--lastname", user.lastName];
  await demo.run(command, ["users", "create", ...who, ...named, "--password", adminPassword(demo)], {
    env,
    folder: home,
  });
  const job = one(
    demo.generated.objects("Job").filter(({ metadata }) => metadata.name.startsWith("airflow-pools")),
    "the Job of pools",
  );
  const container = job.spec.template.spec.containers[0] as Container;
  const pools = demo.generated.environment(container).POOLS!;
  await demo.run(
    "bash",
    container.args!.slice(1).map((word) => word.replaceAll("/tmp/", `${home}/`)),
    {
      env: { ...env, POOLS: pools, PATH: `${dirname(python)}:${process.env.PATH}` },
      folder: home,
    },
  );
}

export function adminPassword(demo: Demo): string {
  return demo.generated.secret("airflow-admin").password!;
}

/** Folder that stands for what git-sync keeps up to date beside Airflow's pods. */
export function dagsFolder(demo: Demo): string {
  return join(demo.folder, "airflow", "dags");
}

function airflowEnvironment(demo: Demo): Record<string, string> {
  const { generated, ports } = demo;
  const home = join(demo.folder, "airflow");
  const config = generated.values("airflow").config as Record<string, Record<string, unknown>>;
  const configured = Object.entries(config).flatMap(([section, options]) =>
    Object.entries(options).map(([option, value]) => [`AIRFLOW__${section}__${option}`.toUpperCase(), String(value)]),
  );
  const sources = ["examples", "mlplatform/src", "drift/src", "model-server/src"];
  return {
    HOME: home,
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__FERNET_KEY: generated.secret("airflow-fernet-key")["fernet-key"]!,
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: generated.secret("airflow-metadata").connection!,
    AIRFLOW__API__SECRET_KEY: generated.secret("airflow-api-secret-key")["api-secret-key"]!,
    AIRFLOW__API_AUTH__JWT_SECRET: generated.secret("airflow-jwt-secret")["jwt-secret"]!,
    ...generated.configMap("airflow-environment", airflowNamespace),
    ...generated.secret("airflow-environment", airflowNamespace),
    // One environment for all: tasks run beside the scheduler, which in a cluster holds neither.
    ...generated.secret("airflow-task-logs", airflowNamespace),
    ...generated.secret("airflow-tasks", taskNamespace),
    ...Object.fromEntries(configured),
    // Of this machine, where the chart has pods.
    AIRFLOW__CORE__EXECUTOR: "LocalExecutor",
    AIRFLOW__CORE__PARALLELISM: "4",
    AIRFLOW__CORE__DAGS_FOLDER: dagsFolder(demo),
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: "False",
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `http://127.0.0.1:${ports.airflow}/execution/`,
    AIRFLOW__API__HOST: "127.0.0.1",
    AIRFLOW__API__PORT: String(ports.airflow),
    AIRFLOW__API__WORKERS: "1",
    AIRFLOW__API__BASE_URL: `http://127.0.0.1:${ports.airflow}`,
    AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT: String(ports.triggerer),
    AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT: String(ports.triggerer + 1),
    AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: "15",
    AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC: "2",
    // What the chart gives where its exporter is on.
    AIRFLOW__METRICS__STATSD_ON: demo.scraped("airflow") ? "True" : "False",
    AIRFLOW__METRICS__STATSD_HOST: "127.0.0.1",
    AIRFLOW__METRICS__STATSD_PORT: String(ports.statsd),
    AIRFLOW__METRICS__STATSD_PREFIX: "airflow",
    // What the image of training has.
    TRAINING_PYTHON: demo.python("examples"),
    PYTHONPATH: sources.map((each) => join(projectFolder, "workloads", each)).join(":"),
    MODEL_DATA_URI: "s3://data",
    GIT_PYTHON_REFRESH: "quiet",
    PYTHONDONTWRITEBYTECODE: "1",
    MLFLOW_DISABLE_TELEMETRY: "true",
  };
}

/** Whether a process has told the database that it lives. */
async function beats(url: string, role: string): Promise<boolean> {
  const states = (await (await fetch(url)).json()) as Record<string, { status: string | null }>;
  return states[role.replace("-", "_")]?.status === "healthy";
}
