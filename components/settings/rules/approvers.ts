import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** The alias by which people ask for a version. */
const asking = "candidate";

/** Who says that a version may go live, and by which alias. */
export function approverRules(settings: Partial<Settings>): RuleProblem[] {
  return [...askingProblems(settings), ...sharedProblems(settings)];
}

/** Approvers and the tag of what was promoted belong to a registered model, whichever block asks for it. */
function sharedProblems({ models = {} }: Partial<Settings>): RuleProblem[] {
  const first = new Map<string, string>();
  return Object.entries(models).flatMap(([model, { from, training }]): RuleProblem[] => {
    const name = /^models:\/([^@/]+)@/.exec(from)?.[1];
    if (name === undefined || training === undefined) return [];
    if (training.gate === undefined && training.approve !== "manual") return [];
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, model);
      return [];
    }
    return [
      {
        path: ["models", model, "from"],
        value: from,
        allowed: `a registered model of its own: versions of ${name} already go live by the gate or the approvers of models.${other}, whose approvals would count here too`,
        remedy: `write from: models:/${model}@champion, or leave gate out of models.${model}.training and write approve: automatic`,
        restsOn: [
          ["models", other, "from"],
          ["models", other, "training"],
        ],
      },
    ];
  });
}

function askingProblems({ models = {}, access }: Partial<Settings>): RuleProblem[] {
  return Object.entries(models).flatMap(([model, { from, training }]): RuleProblem[] => {
    if (training === undefined) return [];
    const problems: RuleProblem[] = [];
    const path = ["models", model, "training", "approvers"];
    if (from.endsWith(`@${asking}`)) {
      problems.push({
        path: ["models", model, "from"],
        value: from,
        allowed: `another alias than ${asking}: by that one people ask for a version of a model with a training block`,
        remedy: `write from: ${from.replace(/@.*$/, "@champion")}`,
      });
    }
    const groups = access?.groups ?? {};
    for (const [at, group] of (training.approvers ?? []).entries()) {
      const role = groups[group];
      if (role === "admin" || role === "editor") continue;
      const allowed = Object.keys(groups).filter((each) => groups[each] !== "viewer");
      problems.push({
        path: [...path, at],
        value: group,
        allowed: `a group of access.groups with the role admin or editor: ${allowed.join(", ") || "there is none"}`,
        remedy:
          role === "viewer"
            ? `write ${group}: editor in access.groups, or name another group`
            : `add ${group}: editor to access.groups, or leave approvers out`,
        restsOn: [["access", "groups"]],
      });
    }
    return problems;
  });
}
