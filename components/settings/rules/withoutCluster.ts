import type { ModelSettings } from "../models";
import { monitoring as monitoringSection } from "../monitoring";
import { hasCluster } from "../needs";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

const restsOn: Path[] = [["foundation", "cluster", "kind"]];
const needsCluster = "only with a cluster, and foundation.cluster.kind is none";
const orCluster = "or foundation.cluster: { kind: create }";

/** Sections that are nothing but pods, with what there is in their place. */
const sections = {
  access: "leave access out: nothing is published, and requests to endpoints are signed",
  airflow: "leave airflow out, and write batch.schedule where a model scores regularly",
  mlflow: "leave mlflow out, and write from: s3://bucket/model.tar.gz for each model",
  jupyterhub: "leave jupyterhub out, and write training.studio.enabled: true",
  promotion: "leave promotion out",
} as const;

/** Settings of `monitoring` that CloudWatch has a use for. */
const ofCloudWatch = ["receivers", "defaultReceiver", "cloudWatch", "runbooks"];
const usual: Record<string, unknown> = monitoringSection.parse({});

/** What is asked of a stack without a cluster that only pods can do. */
export function withoutClusterRules(settings: Partial<Settings>): RuleProblem[] {
  if (hasCluster(settings)) return [];
  const problems: RuleProblem[] = Object.entries(sections)
    .filter(([section]) => settings[section as keyof typeof sections] !== undefined)
    .map(([section, remedy]) => refused([section], undefined, remedy));
  problems.push(...monitoringProblems(settings.monitoring));
  for (const [name, model] of Object.entries(settings.models ?? {})) {
    problems.push(...modelProblems(model, ["models", name]));
  }
  return problems;
}

function refused(path: Path, value: unknown, remedy: string, allowed = needsCluster): RuleProblem {
  return { path, value, allowed, remedy: `${remedy}, ${orCluster}`, restsOn };
}

function monitoringProblems(monitoring: Settings["monitoring"]): RuleProblem[] {
  if (monitoring === undefined) return [];
  const asked = Object.entries(monitoring).filter(
    ([key, value]) => !ofCloudWatch.includes(key) && JSON.stringify(value) !== JSON.stringify(usual[key]),
  );
  const receivers = Object.entries(monitoring.receivers).filter(([, { kind }]) => kind !== "email" && kind !== "sns");
  return [
    ...asked.map(([key, value]) =>
      refused(
        ["monitoring", key],
        value,
        `leave ${key} out`,
        `only ${ofCloudWatch.join(", ")} while foundation.cluster.kind is none: there is CloudWatch and no Prometheus`,
      ),
    ),
    ...receivers.map(([owner, { kind }]) =>
      refused(
        ["monitoring", "receivers", owner, "kind"],
        kind,
        "write kind: email or kind: sns",
        "email or sns, which CloudWatch tells; foundation.cluster.kind is none, so there is no Alertmanager",
      ),
    ),
  ];
}

function modelProblems({ from, serve, batch, drift, monitor, training }: ModelSettings, path: Path): RuleProblem[] {
  const problems: RuleProblem[] = [];
  if (!/^s3:.*\.tar\.gz$/.test(from)) {
    problems.push(
      refused(
        [...path, "from"],
        from,
        "write from: s3://bucket/model.tar.gz",
        "a package such as s3://bucket/model.tar.gz: foundation.cluster.kind is none, so there is no registry and nobody who packs",
      ),
    );
  }
  if (serve.flask !== undefined) problems.push(refused([...path, "serve", "flask"], undefined, "write sagemaker: {}"));
  if (batch?.with === "kubernetes")
    problems.push(refused([...path, "batch", "with"], batch.with, "write with: sagemaker"));
  if (training !== undefined)
    problems.push(
      refused(
        [...path, "training"],
        training.engine,
        "leave training out",
        "only with a cluster: versions are registered in MLflow, and foundation.cluster.kind is none",
      ),
    );
  for (const [key, block] of Object.entries({ drift, monitor })) {
    if (block !== undefined) problems.push(refused([...path, key], undefined, `leave ${key} out`));
  }
  return problems;
}
