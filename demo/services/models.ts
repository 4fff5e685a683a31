import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environmentsName } from "../../components/serving/environmentBuilder";
import { healthy } from "../answers";
import type { Demo } from "../demo";
import { type Container, type KubernetesObject, one } from "../generated";
import { patience, projectFolder } from "../settings";
import type { Program } from "../supervisor";

export const model = "churn";

const source = (...names: string[]) => names.map((name) => join(projectFolder, "workloads", name)).join(":");

/** The simulated cluster: an API, and a node on which the Deployments of the model's chart run as processes. */
export async function cluster(demo: Demo): Promise<Program> {
  const { ports } = demo;
  const folder = join(demo.folder, "cluster");
  mkdirSync(folder, { recursive: true });
  const rendered = await demo.generated.rendered(model);
  const deployments = rendered.filter(({ kind }) => kind === "Deployment");
  const services = rendered.filter(({ kind }) => kind === "Service");
  const objects = join(folder, "wanted.json");
  const wanted = {
    deployments: deployments.map((each) => asProcesses(demo, each)),
    cronJobs: [builder(demo)],
    selectors: Object.fromEntries(services.map(({ metadata, spec }) => [metadata.name, spec.selector])),
  };
  writeFileSync(objects, JSON.stringify(wanted), { mode: 0o600 });
  const numbers = ["--api-port", String(ports.kubernetes), "--service-port", String(ports.model)];
  return {
    name: "cluster",
    title: "simulated cluster with the model servers",
    command: [
      demo.python("release"),
      ...["-m", "local_platform", "--folder", folder, "--model", model, "--objects", objects, ...numbers],
    ],
    env: demo.pythonEnvironment("demo/src"),
    folder,
    ports: [ports.kubernetes, ports.model],
    configuration: wanted,
    ready: () => healthy(`http://127.0.0.1:${ports.kubernetes}/targets/9090`),
    readySeconds: 60,
  };
}

/** The template of Jobs that build packages of models, with a process of this machine as its container. */
function builder(demo: Demo): KubernetesObject {
  const { kind, metadata, spec } = demo.generated.object("CronJob", environmentsName);
  const job = spec.jobTemplate.spec;
  const container = job.template.spec.containers[0] as Container;
  const env = {
    ...demo.generated.environment(container),
    GIT_PYTHON_REFRESH: "quiet",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONPATH: source("model-server/src", "mlplatform/src"),
  };
  const process = {
    name: "environment",
    command: [demo.python("model-server"), "-m", "model_server"],
    args: container.args,
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
  };
  const template = { ...job.template, spec: { containers: [process] } };
  return {
    kind,
    metadata: { name: metadata.name },
    spec: { ...spec, jobTemplate: { ...spec.jobTemplate, spec: { ...job, template } } },
  };
}

/** A Deployment of the chart, in the form that the simulated node takes: paths below the pod's folder, addresses of its own. */
function asProcesses(demo: Demo, deployment: KubernetesObject): KubernetesObject {
  const template = deployment.spec.template;
  const container = template.spec.containers[0] as Container & {
    readinessProbe: { httpGet: { path: string; port: string }; failureThreshold: number };
    ports: { name: string; containerPort: number }[];
  };
  const probe = container.readinessProbe.httpGet;
  const port = one(
    container.ports.filter(({ name }) => name === probe.port),
    `port ${probe.port}`,
  ).containerPort;
  const env: Record<string, string> = {
    ...demo.generated.environment(container),
    MODEL_SERVER_HOST: "$(POD_IP)",
    MODEL_SERVER_RELEASE_FILE: "$(POD_DIR)/release/release.json",
    MODEL_SERVER_SCRATCH: "$(POD_DIR)/tmp",
    MODEL_SERVER_WORKERS: "1",
    GIT_PYTHON_REFRESH: "quiet",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONPATH: source("model-server/src", "mlplatform/src"),
  };
  if (env.MODEL_SERVER_CANARY_URL) env.MODEL_SERVER_CANARY_URL = "$(CANARY_URL)";
  const canary = deployment.metadata.name.endsWith("-canary");
  return {
    ...deployment,
    metadata: { name: deployment.metadata.name },
    spec: {
      ...deployment.spec,
      replicas: canary ? 0 : 2,
      template: {
        metadata: template.metadata,
        spec: {
          containers: [
            {
              name: "server",
              command: [demo.python("model-server"), "-m", "model_server"],
              env: Object.entries(env).map(([name, value]) => ({ name, value })),
              readinessProbe: { ...container.readinessProbe, httpGet: { path: probe.path, port } },
              volumeMounts: [{ name: "release", mountPath: "release" }],
            },
          ],
          volumes: [{ name: "release", configMap: { name: `${model}-release` } }],
        },
      },
    },
  };
}

/** The release controller, with the configuration and the credentials of its Deployment. */
export function releaseController(demo: Demo): Program {
  const folder = join(demo.folder, "releases");
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "models.json");
  const released = demo.generated.configMap("release-controller")["models.json"]!;
  writeFileSync(config, released);
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "here",
      contexts: [{ name: "here", context: { cluster: "here", user: "nobody" } }],
      clusters: [{ name: "here", cluster: { server: `http://127.0.0.1:${demo.ports.kubernetes}` } }],
      users: [{ name: "nobody", user: {} }],
    }),
  );
  const often = ["--interval-seconds", String(patience.releaseSeconds), "--port", String(demo.ports.releases)];
  return {
    name: "releases",
    title: "release controller",
    command: [demo.python("release"), "-m", "model_release", "follow", "--config", config, ...often],
    env: {
      ...demo.pythonEnvironment("release/src", "mlplatform/src"),
      ...containerEnvironment(demo, "release-controller"),
      METRICS_HOST: "127.0.0.1",
      HOME: folder,
      KUBECONFIG: kubeconfig,
    },
    folder,
    ports: [demo.ports.releases],
    configuration: released,
    ready: () => healthy(`http://127.0.0.1:${demo.ports.releases}/metrics`),
    readySeconds: 60,
  };
}

/** The drift monitor, with the configuration and the credentials of its Deployment, but less patience. */
export function driftMonitor(demo: Demo): Program {
  const folder = join(demo.folder, "drift");
  mkdirSync(folder, { recursive: true });
  const watched = JSON.parse(demo.generated.configMap("drift-monitor")["models.json"]!);
  for (const each of watched.models) each.drift.everyHours = patience.driftHours;
  const config = join(folder, "models.json");
  writeFileSync(config, JSON.stringify(watched));
  const { drift } = demo.ports;
  return {
    name: "drift",
    title: "drift monitor",
    command: [
      demo.python("examples"),
      ...["-m", "drift", "--config", config, "monitor", "--port", String(drift), "--settle-seconds", "5"],
    ],
    env: {
      ...demo.pythonEnvironment("drift/src", "mlplatform/src"),
      ...containerEnvironment(demo, "drift-monitor"),
      METRICS_HOST: "127.0.0.1",
      HOME: folder,
    },
    folder,
    ports: [drift],
    ready: () => healthy(`http://127.0.0.1:${drift}/metrics`),
    readySeconds: 60,
  };
}

function containerEnvironment(demo: Demo, deployment: string): Record<string, string> {
  const { spec } = demo.generated.object("Deployment", deployment);
  return demo.generated.environment(spec.template.spec.containers[0]);
}
