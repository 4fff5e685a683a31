import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { machineSecret, mlflow as names } from "../../charts/values/mlflow";
import { healthy } from "../answers";
import type { Demo } from "../demo";
import { type Container, type KubernetesObject, one } from "../generated";
import type { Program } from "../supervisor";

/** MLflow as the chart runs it: its command, flags, environment and files, with paths and ports of this machine. */
export async function mlflow(demo: Demo): Promise<Program> {
  const objects = await demo.generated.rendered("mlflow");
  const folder = mlflowFolder(demo);
  const pod = one(
    objects.filter(({ kind }) => kind === "Deployment"),
    "MLflow's Deployment",
  ).spec.template.spec;
  writeFiles(demo, objects, folder);
  for (const each of ["tmp", "metrics"]) mkdirSync(join(folder, each), { recursive: true });
  const container = pod.containers[0] as Container;
  const args = container.args!.map((argument) =>
    argument
      .replace(/^--port=.*/, `--port=${demo.ports.mlflow}`)
      .replace(/^--host=.*/, "--host=127.0.0.1")
      .replace(/^--workers=.*/, "--workers=1")
      .replace("$(POD_IP)", "127.0.0.1")
      .replace("/var/run/mlflow/metrics", join(folder, "metrics")),
  );
  const python = demo.python("mlflow");
  return {
    name: "mlflow",
    title: "MLflow",
    command: [join(dirname(python), container.command![0]!), ...container.command!.slice(1), ...args],
    env: mlflowEnvironment(demo, container),
    folder: join(folder, "tmp"),
    ports: [demo.ports.mlflow],
    ready: () => healthy(`http://127.0.0.1:${demo.ports.mlflow}/health`),
    readySeconds: 180,
  };
}

/** Brings the schema up to date, as the chart's Job does before a rollout. */
export async function migrateMlflow(demo: Demo): Promise<void> {
  const objects = await demo.generated.rendered("mlflow");
  const folder = mlflowFolder(demo);
  writeFiles(demo, objects, folder);
  const job = one(
    objects.filter(({ kind }) => kind === "Job"),
    "MLflow's migration",
  );
  const container = job.spec.template.spec.containers[0] as Container;
  const [, , ...args] = container.command!;
  await demo.run(demo.python("mlflow"), [join(folder, "python/schema.py"), ...args, ...(container.args ?? [])], {
    env: mlflowEnvironment(demo, container),
  });
}

/** As whom a machine talks to MLflow. */
export function machine(demo: Demo, name: string): { username: string; password: string } {
  const { username, password } = demo.generated.secret(machineSecret(name));
  return { username: username!, password: password! };
}

export function basic({ username, password }: { username: string; password: string }): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

function mlflowFolder(demo: Demo): string {
  return join(demo.folder, "mlflow");
}

function mlflowEnvironment(demo: Demo, container: Container): Record<string, string> {
  const folder = mlflowFolder(demo);
  const entries = Object.entries(demo.generated.environment(container)).map(([key, value]) => [
    key,
    // Where the pod has its own files and its scratch space.
    value.replace(/^\/etc\/mlflow/, folder).replace(/^\/tmp$/, join(folder, "tmp")),
  ]);
  return {
    ...Object.fromEntries(entries),
    PYTHONWARNINGS: "ignore",
    TMPDIR: join(folder, "tmp"),
    MLFLOW_SIGN_IN_FOLDER: folder,
    MLFLOW_DISABLE_TELEMETRY: "true",
    PGPORT: String(demo.ports.postgres),
  };
}

function writeFiles(demo: Demo, objects: KubernetesObject[], folder: string): void {
  const write = (file: string, text: string, mode = 0o644) => {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
  };
  for (const map of ["sign-in", "python"]) {
    const name = `${names.name}-${map}`;
    const { data } = one(
      objects.filter(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === name),
      name,
    );
    for (const [file, text] of Object.entries(data as Record<string, string>)) write(`${map}/${file}`, text);
  }
  const pod = one(
    objects.filter(({ kind }) => kind === "Deployment"),
    "MLflow's Deployment",
  ).spec.template.spec;
  const machines = one(
    pod.volumes.filter((volume: { name: string }) => volume.name === "machines"),
    "volume of machines",
  ) as { projected: { sources: { secret: { name: string; items: { key: string; path: string }[] } }[] } };
  for (const { secret } of machines.projected.sources) {
    for (const { key, path } of secret.items) {
      write(`machines/${path}`, demo.generated.secret(secret.name)[key]!, 0o600);
    }
  }
}
