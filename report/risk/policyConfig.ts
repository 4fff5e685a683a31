import type { Settings } from "../../components/settings/settings";
import exceptions from "../../policy/exceptions.json";
import type { Config } from "../../policy/rule";

/** What `certificates: none` asks for, which the settings take for a domain of one's own machine alone. */
const withoutTls = {
  except: [
    {
      resource: "kubernetes:networking.k8s.io/v1:Ingress::*",
      because: "The domain is one of the machine itself, which nothing is sent out of.",
    },
  ],
};

/** What a stack's own settings say of rules that have no opinion without, in the words of `--policy-pack-config`. */
export function policyConfig({ foundation, governance }: Partial<Settings>, stack: string): Record<string, Config> {
  return {
    ...exceptions,
    ...(foundation?.kind === "existing" && foundation.certificates.kind === "none"
      ? { "listener-tls": withoutTls }
      : {}),
    "data-protection": { stacks: foundation?.kind === "aws" && foundation.dataProtection ? [stack] : [] },
    "required-tags": { tags: governance?.requiredTags ?? [] },
    "instance-families": {
      allowed: governance?.allowedInstanceFamilies ?? [],
      denied: governance?.deniedInstanceFamilies ?? [],
    },
  };
}
