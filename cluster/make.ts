import type { Progress } from "../simulator/progress";
import { UsageError } from "../simulator/usageError";
import { type Step, stepsFor } from "./steps";
import type { WantedCluster } from "./wanted";

/** How a command ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  /** There is no such command. */
  missing: boolean;
  timedOut: boolean;
}

export type Run = (step: Omit<Step, "title">) => Promise<Ended>;

/** What must be there, how that is asked, and where it comes from. */
const needed: { command: Step["command"]; args: string[]; remedy: string }[] = [
  { command: "docker", args: ["info"], remedy: "install Docker: https://docs.docker.com/get-docker/" },
  {
    command: "kind",
    args: ["version"],
    remedy: "install kind 0.24 or newer: https://kind.sigs.k8s.io/docs/user/quick-start/",
  },
  {
    command: "kubectl",
    args: ["version", "--client"],
    remedy: "install kubectl: https://kubernetes.io/docs/tasks/tools/",
  },
  { command: "helm", args: ["version"], remedy: "install Helm: https://helm.sh/docs/intro/install/" },
];

const lastLines = ({ stdout, stderr }: Ended) => (stderr.trim() || stdout.trim()).split("\n").slice(-6).join("\n");

/** Everything that is missing, at once. */
async function missing(run: Run): Promise<string[]> {
  const faults: string[] = [];
  for (const { command, args, remedy } of needed) {
    const ended = await run({ command, args, limitSeconds: 60 });
    if (ended.missing) faults.push(`${command} is not on the PATH: ${remedy}`);
    else if (ended.timedOut)
      faults.push(`${command} ${args.join(" ")} does not answer: start Docker, and see that you may use it`);
    else if (ended.code !== 0) faults.push(`${command} ${args.join(" ")} fails: ${lastLines(ended)}`);
  }
  return faults;
}

/**
 * Makes the cluster that a stack asks for, or what a cluster of that name lacks.
 * @returns whether the cluster was there
 * @throws UsageError before anything is made, where Docker or a command is missing
 * @throws Error with the command that failed and its last lines; run again, it goes on from there
 */
export async function makeCluster(
  wanted: WantedCluster,
  folder: string,
  run: Run,
  progress: Pick<Progress, "update" | "note">,
): Promise<boolean> {
  const faults = await missing(run);
  if (faults.length > 0) {
    throw new UsageError(
      `No cluster can be made on this machine:\n${faults.map((each) => `  ${each}`).join("\n")}\n` +
        "Without Docker: k3s, or a cluster that exists: docs/local-cluster.md",
    );
  }
  const clusters = await run({ command: "kind", args: ["get", "clusters"], limitSeconds: 60 });
  if (clusters.code !== 0) throw new Error(`kind get clusters failed:\n${lastLines(clusters)}`);
  const exists = clusters.stdout.split("\n").includes(wanted.name);
  for (const { title, ...step } of stepsFor(wanted, folder, exists)) {
    progress.update(title);
    const begun = performance.now();
    const ended = await run(step);
    if (ended.code !== 0) {
      const why = ended.timedOut ? `did not end in ${step.limitSeconds} s` : "failed";
      throw new Error(
        `${step.command} ${step.args.join(" ")} ${why}:\n${lastLines(ended)}\nWhat was made stays; make cluster goes on from there.`,
      );
    }
    progress.note(`${title}: ${Math.round((performance.now() - begun) / 1000)} s`);
  }
  return exists;
}
