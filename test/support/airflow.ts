import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Airflow, type AirflowArgs } from "../../components/apps/airflow/component";
import { database, store, surroundings } from "./apps";
import { awsOutputs } from "./awsAnswers";
import { building, RecordedIdentity } from "./foundation";
import { inputs } from "./outline";
import type { Registration } from "./record";

/** Airflow as a small stack asks for it. */
export function airflowArgs(over: Partial<AirflowArgs> = {}): AirflowArgs {
  return {
    ...surroundings(),
    database: database("airflow"),
    logs: store("made-up-logs"),
    data: store("made-up-data"),
    identity: new RecordedIdentity(),
    region: "eu-west-1",
    executor: { kind: "kubernetes" },
    dags: { kind: "none" },
    schedulers: 1,
    apiServers: 1,
    workerCpu: "500m",
    workerMemoryMiB: 1024,
    workerPlacement: { nodeSelector: { "mlplatform/purpose": "training" }, tolerations: [] },
    historyDays: 180,
    taskQuota: { maxPods: 200, cpu: "100", memoryGiB: 400, gpus: 8 },
    nodeClasses: {},
    sources: {},
    pools: {},
    ...over,
  };
}

/** What Airflow registers. Random values are random, as in the cloud. */
export function buildAirflow(over: () => Partial<AirflowArgs> = () => ({})): Promise<Registration[]> {
  return building(() => new Airflow("airflow", airflowArgs(over())), {
    outputs: (type, name) => {
      if (type === "random:index/randomBytes:RandomBytes") return { base64: randomBytes(32).toString("base64") };
      if (type === "random:index/randomPassword:RandomPassword") return { result: randomBytes(32).toString("hex") };
      return awsOutputs(type, name);
    },
  });
}

/** Values the chart gets. */
export function chartValues(made: Registration[]): Record<string, unknown> {
  return inputs(made, "kubernetes:helm.sh/v4:Chart airflow").values as Record<string, unknown>;
}

/** What a Secret of Airflow holds. */
export function secretData(made: Registration[], role: string): Record<string, string> {
  return inputs(made, `kubernetes:core/v1:Secret airflow-secrets-${role}`).stringData as Record<string, string>;
}

/** What the pods of tasks have beside that. */
function taskSecrets(made: Registration[]): Record<string, string> {
  const there = made.map(({ name }) => name);
  const roles = ["tasks-airflow-tasks", "taskLogs"].filter((role) => there.includes(`airflow-secrets-${role}`));
  return Object.assign({}, ...roles.map((role) => secretData(made, role)));
}

/** What stands in the configuration file of a pod, as environment variables. */
export function configured(made: Registration[]): Record<string, string> {
  return Object.fromEntries(
    options(made).map(([section, option, value]) => [`AIRFLOW__${section}__${option}`.toUpperCase(), value]),
  );
}

/** `section`, `option` and value of everything the values configure. */
export function options(made: Registration[]): [string, string, string][] {
  const config = chartValues(made).config as Record<string, Record<string, unknown>>;
  return Object.entries(config).flatMap(([section, values]) =>
    Object.entries(values).map(([option, value]): [string, string, string] => [section, option, String(value)]),
  );
}

/** Environment variables of a pod: the chart's, from the Secrets, and what stands in its configuration file. */
export function podEnvironment(made: Registration[], home: string): Record<string, string> {
  mkdirSync(join(home, "dags"), { recursive: true });
  const configMap = inputs(made, "kubernetes:core/v1:ConfigMap airflow-environment").data as Record<string, string>;
  return {
    HOME: home,
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__FERNET_KEY: secretData(made, "fernetKey")["fernet-key"]!,
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: secretData(made, "metadata").connection!,
    AIRFLOW__API__SECRET_KEY: secretData(made, "apiSecretKey")["api-secret-key"]!,
    AIRFLOW__API_AUTH__JWT_SECRET: secretData(made, "jwtSecret")["jwt-secret"]!,
    ...configMap,
    ...secretData(made, "environment"),
    ...taskSecrets(made),
    ...configured(made),
  };
}
