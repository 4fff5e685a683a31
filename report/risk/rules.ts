import type { Settings } from "../../components/settings/settings";
import { type Finding, findings } from "../../policy/evaluate";
import { rules } from "../../policy/rules";
import type { PlanIndex } from "../planIndex";
import { policyConfig } from "./policyConfig";

/** What the policy pack finds in a plan, without an engine. */
export function broken(index: PlanIndex, settings: Partial<Settings>): Finding[] {
  const config = policyConfig(settings, index.plan.stack);
  const providers = new Map(index.resources.map(({ urn, inputs }) => [urn, inputs]));
  const resources = index.resources.map(({ inputs, ...each }) => ({
    ...{ ...each, props: inputs },
    provider: providers.get(each.provider) ?? {},
  }));
  return rules.flatMap((rule) => findings(rule, resources, config[rule.name]));
}
