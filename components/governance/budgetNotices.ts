/** What people are told of a budget that stops. */
import type { BudgetStopFacts } from "./budgetStopWords";

const sum = "$formatNumber($spentUsd, '0.00')";

/** What people are told once. */
export function stoppedNotice(facts: BudgetStopFacts): { Subject: string; Message: string } {
  const { endpoints, notebooks, domainId, groups, tableName } = facts;
  const what = [
    ...(endpoints.length > 0 ? [`the endpoints ${endpoints.join(", ")} are deleted`] : []),
    ...(notebooks.length > 0 ? [`the notebook instances ${notebooks.join(", ")} stop`] : []),
    ...(domainId === undefined ? [] : ["Studio's apps are closed; files stay"]),
    ...(groups.length > 0 ? ["JupyterHub's servers end with their nodes; homes stay"] : []),
    ...(tableName === undefined ? [] : ["no run of training begins but those that somebody starts"]),
  ];
  const sentences = `${what.join("; ")}. It is so until the month ends. Write a higher governance.budget and run pulumi up to go on before.`;
  return {
    Subject: `${facts.stack}: its budget is used up`,
    Message: `{% ${quoted(`This month ${facts.stack} has cost `)} & ${sum} & ${quoted(` dollars of the ${facts.limitUsd} at which it stops: ${sentences}`)} %}`,
  };
}

/** And once it is over. */
export function resumedNotice({ stack, groups, groupsComeBack, tableName, endpoints, notebooks }: BudgetStopFacts): {
  Subject: string;
  Message: string;
} {
  const back = [
    ...(tableName === undefined ? [] : ["Training is started by its clock and by data again."]),
    ...(groups.length === 0
      ? []
      : [`JupyterHub's nodes are back${groupsComeBack ? " with the others, in the morning" : ""}.`]),
    ...(notebooks.length > 0 ? ["Notebook instances wait for you to start them."] : []),
    ...(endpoints.length > 0 ? ["Endpoints that were deleted come back with pulumi up --refresh."] : []),
  ];
  return {
    Subject: `${stack}: below its budget again`,
    Message: `{% ${quoted(`This month ${stack} has cost `)} & ${sum} & ${quoted(` dollars. ${back.join(" ")}`)} %}`,
  };
}

/** A text of JSONata. */
const quoted = (text: string) => JSON.stringify(text);
