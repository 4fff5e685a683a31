import { randomBytes } from "node:crypto";
import { Airflow, type AirflowArgs } from "../../components/apps/airflow";
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
    nodeClasses: {},
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
