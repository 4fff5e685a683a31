import type { Stoppable } from "../budgetStop";
import { trainedOnAws } from "../engines";
import { endingModels, notebookGroups } from "../needs";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { hasTopic } from "./endpointEnds";

const path: Path = ["governance", "budget", "stop"];

/** A budget that would stop nothing, or not what it says, or without a word. */
export function budgetStopRules(settings: Partial<Settings>): RuleProblem[] {
  const budget = settings.governance?.budget;
  // Elsewhere there is no budget at all.
  if (budget?.stop === undefined || settings.foundation?.kind !== "aws") return [];
  const { atPercent, what } = budget.stop;
  const problems: RuleProblem[] = [];
  const least = Math.min(...budget.alertAtPercent);
  if (least >= atPercent) {
    problems.push({
      path: [...path, "atPercent"],
      value: atPercent,
      allowed: `above ${least}, the least of alertAtPercent: people are told before`,
      remedy: `write atPercent: ${least + 1} or more, or a smaller share in alertAtPercent`,
      restsOn: [["governance", "budget", "alertAtPercent"]],
    });
  }
  if (!hasTopic(settings)) {
    problems.push({
      path,
      value: undefined,
      allowed:
        "only where somebody is told what stopped: with a receiver of the kind email or sns in monitoring.receivers",
      remedy:
        "add one, for example monitoring: { receivers: { team: { kind: email, addresses: [team@example.com] } } }",
      restsOn: [["monitoring"]],
    });
  }
  if (what.includes("notebooks") && settings.jupyterhub !== undefined && notebookGroups(settings).length === 0) {
    problems.push({
      path: [...path, "what"],
      value: what,
      allowed:
        "notebooks only where JupyterHub's servers have a node group of their own that the stack scales: on shared nodes they would go on",
      remedy: `give a group of foundation.cluster.nodeGroups purpose: notebooks, with scaling: { kind: nodeGroups }${others(what)}`,
      restsOn: [["foundation", "cluster"], ["jupyterhub"]],
    });
  } else if (!what.some((each) => there[each](settings))) {
    problems.push({
      path: [...path, "what"],
      value: what,
      allowed: "something that there is: an endpoint with ttlHours, a notebook or Studio, a model that AWS trains",
      remedy: "leave stop out, or add what is to stop",
      restsOn: [["models"], ["training"], ["jupyterhub"]],
    });
  }
  return problems;
}

const others = (what: readonly Stoppable[]) => {
  const rest = what.filter((each) => each !== "notebooks");
  return rest.length > 0 ? `, or write what: [${rest.join(", ")}]` : ", or leave stop out";
};

/** What of each kind a stack has. */
const there: Record<Stoppable, (settings: Partial<Settings>) => boolean> = {
  experiments: ({ models = {} }) => endingModels({ models }).length > 0,
  notebooks: (settings) => settings.training?.studio.enabled === true || notebookGroups(settings).length > 0,
  training: ({ models = {} }) => Object.values(models).some(({ training }) => trainedOnAws(training)),
};
