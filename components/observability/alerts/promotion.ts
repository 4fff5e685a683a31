import type { WatchedModel } from "../watchedModel";
import type { Written } from "./rule";

/** A look is due each minute. With the time that the alert is held it is a quarter of an hour. */
const lateSeconds = 300;
const held = "10m";

/** Alerts of a model whose versions go from stack to stack: it comes from another, or is offered to others. */
export function promotion({ name, takenFrom, offeredTo = [] }: WatchedModel): Written[] {
  return [
    ...(takenFrom === undefined ? [] : taken(name, takenFrom)),
    ...(offeredTo.length === 0 ? [] : offered(name, offeredTo.join(", "))),
  ];
}

function taken(name: string, stack: string): Written[] {
  const mine = `{model="${name}"}`;
  return [
    {
      alert: "ModelPromotionRefused",
      severity: "critical",
      expr: `max(model_promotion_refused${mine}) == 1`,
      summary: `What ${stack} offers of ${name} is refused`,
      description: "It is not what that stack has signed, or older than what was heard before. What is live goes on.",
    },
    {
      alert: "ModelApprovalRevoked",
      severity: "critical",
      expr: `max(model_promotion_revoked${mine}) == 1`,
      summary: `A version of ${name} is live that ${stack} approves no more`,
      description: "No other version that is approved is here to go back to. It goes on, and the next update stops.",
    },
    {
      alert: "ModelPromotionRejected",
      severity: "warning",
      expr: `max(model_promotion_rejected${mine}) == 1`,
      summary: `What ${stack} approves of ${name} was rejected here`,
      description: "No version is left that was neither rejected nor rolled back in this stack. What is live goes on.",
    },
    {
      ...stale(name, "taken"),
      summary: `Nobody sees what ${stack} approves of ${name}`,
      description: "No look has come to its end for 15 minutes. What is live goes on, also if it was revoked there.",
    },
  ];
}

function offered(name: string, stacks: string): Written[] {
  return [
    {
      alert: "ModelPromotionRefused",
      severity: "critical",
      expr: `max(model_promotion_refused{model="${name}"}) == 1`,
      summary: `${name} is not offered to ${stacks}`,
      description: "Files of the live version are not those that were recorded. What was offered before goes on there.",
    },
    {
      ...stale(name, "offered"),
      summary: `${stacks} is not told what is approved of ${name}`,
      description: "No look has come to its end for 15 minutes: neither a new version nor a rejection gets there.",
    },
  ];
}

function stale(name: string, direction: "taken" | "offered"): Pick<Written, "alert" | "severity" | "held" | "expr"> {
  const looked = `model_promotion_last_look_timestamp_seconds{model="${name}",direction="${direction}"}`;
  return {
    alert: "ModelPromotionStale",
    severity: "warning",
    held,
    // By one name for both: the alert goes on where a pod that could not look is replaced.
    expr: `max(time() - max(${looked}) > ${lateSeconds} or absent(${looked}))`,
  };
}
