import type { Settings } from "../../components/settings/settings";
import { type Finding, findings } from "../../policy/evaluate";
import exceptions from "../../policy/exceptions.json";
import type { Config } from "../../policy/rule";
import { rules } from "../../policy/rules";
import type { PlanIndex } from "../planIndex";

/** What the stack's own settings say of rules that have no opinion without. */
function configuration({ foundation, governance }: Partial<Settings>, stack: string): Record<string, Config> {
  return {
    ...exceptions,
    "data-protection": { stacks: foundation?.kind === "aws" && foundation.dataProtection ? [stack] : [] },
    "required-tags": { tags: governance?.requiredTags ?? [] },
    "instance-families": {
      allowed: governance?.allowedInstanceFamilies ?? [],
      denied: governance?.deniedInstanceFamilies ?? [],
    },
  };
}

/** What the policy pack finds in a plan, without an engine. */
export function broken(index: PlanIndex, settings: Partial<Settings>): Finding[] {
  const config = configuration(settings, index.plan.stack);
  const providers = new Map(index.resources.map(({ urn, inputs }) => [urn, inputs]));
  const resources = index.resources.map(({ inputs, ...each }) => ({
    ...{ ...each, props: inputs },
    provider: providers.get(each.provider) ?? {},
  }));
  return rules.flatMap((rule) => findings(rule, resources, config[rule.name]));
}
