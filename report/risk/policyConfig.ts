import type { Settings } from "../../components/settings/settings";
import exceptions from "../../policy/exceptions.json";
import type { Config } from "../../policy/rule";

/** What a stack's own settings say of rules that have no opinion without, in the words of `--policy-pack-config`. */
export function policyConfig({ foundation, governance }: Partial<Settings>, stack: string): Record<string, Config> {
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
