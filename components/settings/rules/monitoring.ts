import { nearest } from "../nearest";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Receivers that settings name. */
export function monitoringRules({ monitoring, models }: Partial<Settings>): RuleProblem[] {
  if (monitoring === undefined) return [];
  const { defaultReceiver, watchdogReceiver } = monitoring;
  const receivers = Object.keys(monitoring.receivers);
  const problems: RuleProblem[] = [];

  for (const key of ["defaultReceiver", "watchdogReceiver"] as const) {
    const named = monitoring[key];
    if (named === undefined || receivers.includes(named)) continue;
    const none = receivers.length === 0;
    problems.push({
      path: ["monitoring", key],
      value: named,
      allowed: none ? "a name from monitoring.receivers, which is empty" : `one of ${receivers.join(", ")}`,
      remedy: none ? "add it to monitoring.receivers" : `write ${key}: ${nearest(named, receivers)}`,
      restsOn: [["monitoring", "receivers"]],
    });
  }
  if (watchdogReceiver === undefined) return problems;

  const kind = monitoring.receivers[watchdogReceiver]?.kind;
  if (kind !== undefined && kind !== "webhook") {
    problems.push({
      path: ["monitoring", "receivers", watchdogReceiver, "kind"],
      value: kind,
      allowed:
        "webhook, since monitoring.watchdogReceiver names it: the sign of life comes every few minutes, to a machine",
      remedy: "write kind: webhook with the address of a dead-man's switch, or leave watchdogReceiver out",
      restsOn: [["monitoring", "watchdogReceiver"]],
    });
  }
  const refuse = (path: Path) =>
    problems.push({
      path,
      value: watchdogReceiver,
      allowed: "a receiver of alerts; monitoring.watchdogReceiver hears nothing but the sign of life",
      remedy: "name another of monitoring.receivers",
      restsOn: [["monitoring", "watchdogReceiver"]],
    });
  if (defaultReceiver === watchdogReceiver) refuse(["monitoring", "defaultReceiver"]);
  for (const [name, { owner }] of Object.entries(models ?? {})) {
    if (owner === watchdogReceiver) refuse(["models", name, "owner"]);
  }
  return problems;
}
