import { listOf, paragraph, type Section } from "../document";
import type { Risk } from "./risk";

/** What has to be known first; nothing where nothing is lost. */
export function riskSummary({ lost, singlePoints, reachable, broken }: Risk): string[] {
  const data = lost?.filter(({ data: held }) => held !== undefined) ?? [];
  return [
    ...(data.length === 0
      ? []
      : [`Data would be lost: ${data.map(({ op, name, data: held }) => `${name} is ${op} (${held})`).join("; ")}.`]),
    `Single points of failure: ${singlePoints.length}. Ways in from the internet: ${reachable.length}.`,
    ...(broken.length === 0 ? [] : [`Rules broken: ${[...new Set(broken.map(({ rule }) => rule))].join(", ")}.`]),
  ];
}

export function riskSection({ lost, singlePoints, reachable, quotas, unprotected, stops, broken }: Risk): Section {
  return {
    id: "risk",
    title: "Risk",
    blocks: [
      ...(lost === undefined
        ? []
        : [
            paragraph("The update replaces or deletes:"),
            listOf(
              lost.map(({ op, type, name, data }) =>
                [`${type} ${name} is ${op}`, ...(data === undefined ? [] : [`with it goes: ${data}`])].join("; "),
              ),
              "Nothing.",
            ),
          ]),
      paragraph("Single points of failure, each with the setting that ends it:"),
      listOf(singlePoints, "None that a setting of this stack would end."),
      paragraph("Reachable from the internet:"),
      listOf(reachable, "Nothing."),
      paragraph("Quotas that a new account lacks, each with the command that asks for it:"),
      listOf(quotas, "None."),
      paragraph("Holds data and goes with `pulumi destroy`:"),
      listOf(unprotected, "Nothing."),
      ...(stops.length === 0 ? [] : [paragraph("Stops by itself:"), listOf(stops, "Nothing.")]),
      paragraph("Rules of the policy pack that it breaks:"),
      listOf(
        broken.map(
          ({ rule, level, urn, what, reason, remedy }) =>
            `${urn.split("::").at(-1)}: ${what}. ${reason} ${remedy} \`${rule}\`, ${level}`,
        ),
        "None.",
      ),
    ],
  };
}

export function byHandSection(items: string[]): Section {
  return { id: "by-hand", title: "To do by hand", blocks: [listOf(items, "Nothing.")] };
}
