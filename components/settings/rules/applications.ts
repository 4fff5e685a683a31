import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Whether nodes of a purpose with GPUs exist; a cluster whose nodes are not described may have them. */
export function offersGpu({ foundation }: Partial<Settings>, purpose: "notebooks" | "serving" | "training"): boolean {
  if (foundation === undefined) return true;
  const classes = foundation.kind === "existing" ? foundation.nodeClasses : undefined;
  if (classes !== undefined) return classes.length === 0 || classes.some((one) => one.gpu && one.purpose === purpose);
  if (foundation.kind === "aws" && foundation.cluster.kind === "create") {
    return Object.values(foundation.cluster.nodeGroups).some((group) => group.gpu && group.purpose === purpose);
  }
  return true;
}

/** Where to say that GPUs of a purpose exist. */
export function gpuRemedy(purpose: string, key = "gpus"): string {
  return `write ${key}: 0, or add a group with purpose: ${purpose} and gpu: true`;
}

/** Airflow and JupyterHub against the rest. */
export function applicationRules(settings: Partial<Settings>): RuleProblem[] {
  const { airflow, foundation, jupyterhub } = settings;
  const problems: RuleProblem[] = [];
  const nodes: Path[] = [["foundation"]];

  if (airflow?.executor.kind === "celery" && airflow.executor.maxWorkers < airflow.executor.minWorkers) {
    problems.push({
      path: ["airflow", "executor", "maxWorkers"],
      value: airflow.executor.maxWorkers,
      allowed: `at least minWorkers, ${airflow.executor.minWorkers}`,
      remedy: `write maxWorkers: ${airflow.executor.minWorkers}`,
      restsOn: [["airflow", "executor", "minWorkers"]],
    });
  }
  if (
    airflow?.executor.kind === "mwaa" &&
    airflow.executor.environmentClass === "mw1.micro" &&
    airflow.executor.maxWorkers > 1
  ) {
    problems.push({
      path: ["airflow", "executor", "maxWorkers"],
      value: airflow.executor.maxWorkers,
      allowed: "1 with mw1.micro, which has one worker and no more",
      remedy: "write maxWorkers: 1, or environmentClass: mw1.small",
      restsOn: [["airflow", "executor", "environmentClass"]],
    });
  }
  if (airflow?.executor.kind === "mwaa" && airflow.dags.kind !== "bucket") {
    problems.push({
      path: ["airflow", "dags", "kind"],
      value: airflow.dags.kind,
      allowed: "bucket with MWAA, which reads DAGs from S3 only",
      remedy: "write dags: { kind: bucket }",
      restsOn: [["airflow", "executor"]],
    });
  }
  if (airflow !== undefined && airflow.executor.kind !== "mwaa" && airflow.dags.kind === "bucket") {
    problems.push({
      path: ["airflow", "dags", "kind"],
      value: "bucket",
      allowed: "git, volume or none; only MWAA reads DAGs from a bucket",
      remedy: "write kind: git",
      restsOn: [["airflow", "executor"]],
    });
  }
  if (
    airflow?.dags.kind === "volume" &&
    foundation?.kind === "aws" &&
    foundation.cluster.kind === "create" &&
    !foundation.cluster.sharedStorage
  ) {
    problems.push({
      path: ["airflow", "dags", "kind"],
      value: "volume",
      allowed: "git or none, while foundation.cluster.sharedStorage is false",
      remedy: "write kind: git, or foundation.cluster.sharedStorage: true",
      restsOn: [["foundation", "cluster", "sharedStorage"]],
    });
  }
  for (const [name, profile] of Object.entries(jupyterhub?.profiles ?? {})) {
    if (profile.gpus > 0 && !offersGpu(settings, "notebooks")) {
      problems.push({
        path: ["jupyterhub", "profiles", name, "gpus"],
        value: profile.gpus,
        allowed: "0, since no GPU nodes have the purpose notebooks",
        remedy: gpuRemedy("notebooks"),
        restsOn: nodes,
      });
    }
  }
  return problems;
}
