import { cores } from "../../lib/cores";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { isSsh } from "../url";

/** What is run on GPUs. */
type GpuPurpose = "notebooks" | "serving" | "training";

/** Whether nodes of a purpose with GPUs exist; somebody else's cluster whose nodes are not described may have them. */
export function offersGpu({ foundation }: Partial<Settings>, purpose: GpuPurpose): boolean {
  if (foundation === undefined) return true;
  const offered = (nodes: { gpu: boolean; purpose: string }[]) =>
    nodes.some((each) => each.gpu && each.purpose === purpose);
  if (foundation.kind === "existing") return foundation.nodeClasses.length === 0 || offered(foundation.nodeClasses);
  if (foundation.cluster.kind === "create") return offered(Object.values(foundation.cluster.nodeGroups));
  if (foundation.cluster.kind === "none") return false;
  const { nodeClasses, gpuNodeClasses } = foundation.cluster;
  return nodeClasses.length + gpuNodeClasses.length === 0 || gpuNodeClasses.includes(purpose);
}

/** Where to say that GPUs of a purpose exist. */
export function gpuRemedy({ foundation }: Partial<Settings>, purpose: GpuPurpose): string {
  if (foundation?.kind === "existing") {
    return `write gpus: 0, or add { purpose: ${purpose}, gpu: true } to foundation.nodeClasses`;
  }
  if (foundation?.kind === "aws" && foundation.cluster.kind === "adopt") {
    return `write gpus: 0, or add ${purpose} to foundation.cluster.gpuNodeClasses`;
  }
  return `write gpus: 0, or add a group with purpose: ${purpose} and gpu: true`;
}

/** Airflow and JupyterHub against the rest. */
export function applicationRules(settings: Partial<Settings>): RuleProblem[] {
  const { airflow, foundation, jupyterhub } = settings;
  const problems: RuleProblem[] = [];
  const nodes: Path[] = [["foundation"]];

  if (airflow?.dags.kind === "git" && isSsh(airflow.dags.repository) && airflow.dags.secretName === undefined) {
    problems.push({
      path: ["airflow", "dags", "secretName"],
      value: undefined,
      allowed: "the name of the secret with the deploy key: nobody is let into a repository by ssh without one",
      remedy: "add secretName, or write the https address of a public repository",
      restsOn: [["airflow", "dags", "repository"]],
    });
  }
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
  if (airflow?.dags.kind === "volume" && foundation?.kind === "aws" && foundation.cluster.kind === "adopt") {
    problems.push({
      path: ["airflow", "dags", "kind"],
      value: "volume",
      allowed: `git or none: of the volumes of ${foundation.cluster.name}, which somebody else keeps, none is known to be shared`,
      remedy: "write kind: git",
      restsOn: [["foundation", "cluster", "kind"]],
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
        remedy: gpuRemedy(settings, "notebooks"),
        restsOn: nodes,
      });
    }
  }
  return [...problems, ...serverQuotaRules(settings)];
}

/** What the hub and its proxy ask for, which count as servers do. */
const ofHub = { cpu: 0.3, memoryMiB: 640 };

/** A profile that no server can ever be started of. */
function serverQuotaRules({ jupyterhub }: Partial<Settings>): RuleProblem[] {
  if (jupyterhub === undefined) return [];
  const { cpu, memoryGiB, gpus } = jupyterhub.serverQuota;
  return Object.entries(jupyterhub.profiles).flatMap(([name, profile]) =>
    (
      [
        ["cpu", cores(profile.cpu), Math.round((cores(cpu) - ofHub.cpu) * 1000) / 1000, "CPU", cores(profile.cpu) + 1],
        [
          "memoryMiB",
          profile.memoryMiB,
          memoryGiB * 1024 - ofHub.memoryMiB,
          "MiB",
          Math.ceil((profile.memoryMiB + ofHub.memoryMiB) / 1024),
        ],
        ["gpus", profile.gpus, gpus, "GPUs", profile.gpus],
      ] as const
    ).flatMap(([key, asked, most, unit, enough]): RuleProblem[] => {
      if (asked <= most) return [];
      const bound = key === "memoryMiB" ? "memoryGiB" : key;
      return [
        {
          path: ["jupyterhub", "profiles", name, key],
          value: profile[key],
          allowed: `at most ${most} ${unit}: what jupyterhub.serverQuota has for all servers together, less the hub's own`,
          remedy: `raise jupyterhub.serverQuota.${bound} to ${key === "cpu" ? JSON.stringify(String(enough)) : enough} or more`,
          restsOn: [["jupyterhub", "serverQuota", bound]],
        },
      ];
    }),
  );
}
