import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { usedTypes } from "./usedTypes";

/** What takes an instance that no setting names. */
const chosen = "a run checks its data and its candidate on one";

/** What the stack's own limits forbid. */
export function governanceRules(settings: Partial<Settings>): RuleProblem[] {
  const { foundation, governance } = settings;
  if (governance === undefined) return [];
  const problems: RuleProblem[] = [];
  if (foundation?.kind === "aws") {
    for (const [at, tag] of governance.requiredTags.entries()) {
      if (Object.hasOwn(foundation.tags, tag)) continue;
      problems.push({
        path: ["foundation", "tags", tag],
        value: undefined,
        allowed: `required by governance.requiredTags[${at}]`,
        remedy: `add the tag ${tag}`,
        restsOn: [["foundation", "tags"]],
      });
    }
  }
  for (const { path, type, fixed } of usedTypes(settings)) {
    const family = type.replace(/^(ml|db)\./, "").split(".")[0] ?? "";
    if (governance.deniedInstanceFamilies.includes(family)) {
      problems.push({
        path,
        value: type,
        allowed: `no family of governance.deniedInstanceFamilies: ${governance.deniedInstanceFamilies.join(", ")}`,
        remedy: fixed ? `${chosen}: take ${family} off the list, or write engine: airflow` : "choose another family",
      });
    } else if (governance.allowedInstanceFamilies?.includes(family) === false) {
      problems.push({
        path,
        value: type,
        allowed: `a family of governance.allowedInstanceFamilies: ${governance.allowedInstanceFamilies.join(", ")}`,
        remedy: fixed ? `${chosen}: add ${family} to the list, or write engine: airflow` : "choose one of these",
      });
    }
  }
  return problems;
}
