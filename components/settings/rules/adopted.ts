import { alike } from "../nearest";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Groups of the definitions that the platform's charts bring to a cluster of somebody else's. */
const ofMonitoring = ["monitoring.coreos.com"];
const ofOperators = ["cert-manager.io", "postgresql.cnpg.io"];
/** Definitions that come with those of another group, and are used with them. */
const comesWith: Readonly<Record<string, string>> = { "acme.cert-manager.io": "cert-manager.io" };

/** What `adopt` names and nothing would be made of: it would be passed over without a word. */
export function adoptedRules({ foundation }: Partial<Settings>): RuleProblem[] {
  if (foundation?.kind === "existing")
    return problems(["foundation", "adopt"], foundation.adopt, [...ofMonitoring, ...ofOperators]);
  if (foundation?.kind !== "aws" || foundation.cluster.kind !== "adopt") return [];
  return problems(["foundation", "cluster", "adopt"], foundation.cluster.adopt, ofMonitoring);
}

function problems(path: Path, adopt: readonly string[], groups: readonly string[]): RuleProblem[] {
  return adopt.flatMap((value, at): RuleProblem[] => {
    const group = value.startsWith("crds/") ? value.slice("crds/".length) : undefined;
    if (group === undefined || groups.includes(group)) return [];
    const main = comesWith[group];
    if (main !== undefined && adopt.includes(`crds/${main}`)) return [];
    const meant =
      groups.find((each) => main === each || group.endsWith(`.${each}`)) ?? groups.find((each) => alike(group, each));
    return [
      {
        path: [...path, at],
        value,
        allowed: `definitions by their group, of those that the platform has: ${groups.map((each) => `crds/${each}`).join(", ")}`,
        remedy: meant === undefined ? "remove it" : `write crds/${meant}`,
      },
    ];
  });
}
