import { hasCluster, isProduction } from "../needs";
import { workMinutes } from "../offHours";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { hasTopic } from "./endpointEnds";

const path: Path = ["governance", "offHours"];
/** Nodes start a quarter of an hour after the database, and somebody is told half an hour before they stop. */
const leastWorkMinutes = 60;

/** Stacks that may not be off at night, or would not come back. */
export function offHoursRules(settings: Partial<Settings>): RuleProblem[] {
  const { foundation, governance, monitoring, backup, training } = settings;
  const asked = governance?.offHours;
  if (asked === undefined || foundation === undefined) return [];
  const problems: RuleProblem[] = [];
  const refuse = (at: Path, value: unknown, allowed: string, remedy: string, restsOn: Path[] = []) =>
    problems.push({ path: at, value, allowed, remedy, restsOn });
  const leaveOut = "leave offHours out";

  if (foundation.kind !== "aws") {
    refuse(path, undefined, "only on foundation.kind: aws, whose machines the stack starts", leaveOut, [
      ["foundation", "kind"],
    ]);
    return problems;
  }
  if (!hasCluster(settings) && Object.keys(training?.studio.notebooks ?? {}).length === 0) {
    refuse(
      path,
      undefined,
      "only where something stops: a cluster, or a notebook instance in training.studio.notebooks",
      leaveOut,
      [
        ["foundation", "cluster", "kind"],
        ["training", "studio", "notebooks"],
      ],
    );
  }
  if (isProduction(settings)) {
    refuse(
      path,
      undefined,
      "none in a stack that is production: foundation.dataProtection is true, or the tag environment says so",
      `${leaveOut}, or write foundation.dataProtection: false where nothing is worth keeping`,
      [["foundation", "dataProtection"]],
    );
  }
  if (foundation.cluster.kind === "adopt") {
    refuse(path, undefined, "not with an adopted cluster: its nodes are somebody else's", leaveOut, [
      ["foundation", "cluster", "kind"],
    ]);
  }
  if (foundation.cluster.kind === "create" && foundation.cluster.scaling.kind === "karpenter") {
    refuse(
      ["foundation", "cluster", "scaling", "kind"],
      "karpenter",
      "nodeGroups with governance.offHours: Karpenter stops with the system nodes, and those that it started would stand all night",
      "write scaling: { kind: nodeGroups }, or leave governance.offHours out",
      [path],
    );
  }
  if (workMinutes(asked) < leastWorkMinutes) {
    refuse(
      [...path, "stopAt"],
      asked.stopAt,
      `at least an hour after startAt, ${asked.startAt}, on the same day`,
      'write for example startAt: "07:00" and stopAt: "20:00"',
      [[...path, "startAt"]],
    );
  }
  if (asked.stopAt > "23:30") {
    refuse(
      [...path, "stopAt"],
      asked.stopAt,
      "at most 23:30: the database stops after the nodes, on the same day",
      'write stopAt: "23:30"',
    );
  }
  if (!hasTopic(settings)) {
    refuse(
      path,
      undefined,
      "only where somebody is told before: with a receiver of the kind email or sns in monitoring.receivers",
      "add one, for example monitoring: { receivers: { team: { kind: email, addresses: [team@example.com] } } }",
      [["monitoring"]],
    );
  }
  if (monitoring?.watchdogReceiver !== undefined) {
    refuse(
      ["monitoring", "watchdogReceiver"],
      monitoring.watchdogReceiver,
      "none with governance.offHours: the sign of life stops each evening, and whoever waits for it is woken",
      "leave watchdogReceiver out, or leave governance.offHours out",
      [path],
    );
  }
  if (backup !== undefined) {
    refuse(
      ["backup"],
      undefined,
      "no backups with governance.offHours: AWS Backup takes none of a database that is stopped",
      "leave backup out, or leave governance.offHours out",
      [path],
    );
  }
  return problems;
}
