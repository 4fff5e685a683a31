import * as pulumi from "@pulumi/pulumi";
import { parseSettings } from "./parse";
import type { RuleProblem } from "./problems";
import { isBlock } from "./schemaTree";
import type { Settings } from "./settings";

/** Namespace of the platform's keys in a stack file, as in `mlplatform:foundation`. */
export const namespace = "mlplatform";

/**
 * Reads the current stack's config.
 * @throws SettingsProblems with every problem found, before any resource exists.
 */
export function loadSettings(): Settings {
  const raw: Record<string, unknown> = {};
  const found: RuleProblem[] = [];
  const all = pulumi.runtime.allConfig();
  for (const [key, text] of Object.entries(all)) {
    if (!key.startsWith(`${namespace}:`)) continue;
    const section = key.slice(namespace.length + 1);
    if (isSecret(key)) found.push(encrypted(section));
    else raw[section] = parsed(text);
  }
  return parseSettings(raw, { stackName: pulumi.getStack(), found: [...found, ...unheard(all, raw.foundation)] });
}

/** What a provider's own key is said by here, where anything does. */
const instead: Record<string, string> = {
  "aws:region": "write foundation.region",
  "aws:allowedAccountIds": "write foundation.accountId",
  "aws:assumeRole": "write foundation.assumeRoleArn",
  "aws:assumeRoles": "write foundation.assumeRoleArn",
  "aws:defaultTags": "write foundation.tags",
  "aws:profile": "set AWS_PROFILE in the environment",
  "kubernetes:kubeconfig": "write foundation.kubeconfig, the path of the file",
  "kubernetes:context": "write foundation.context",
};

/** Keys whose values are no secrets, whoever wrote them: others may hold credentials, such as `aws:secretKey`. */
const shown = ["aws:region", "aws:profile", "kubernetes:context"];

/** The platform's providers are told all by the settings: a key of theirs in the stack's config would not be heard. */
function unheard(all: Record<string, string>, foundation: unknown): RuleProblem[] {
  const said: Record<string, unknown> = isBlock(foundation) ? foundation : {};
  const same: Record<string, unknown> = { "aws:region": said.region, "kubernetes:context": said.context };
  return Object.entries(all).flatMap(([key, text]) => {
    if (!/^(aws|awsx|eks|kubernetes):/.test(key) || same[key] === text) return [];
    return [
      {
        path: [key],
        value: shown.includes(key) && !isSecret(key) ? text : "(not shown)",
        allowed: "nothing: the settings of the platform alone say where and as whom it is built",
        remedy: `${instead[key] === undefined ? "" : `${instead[key]}, and `}remove it: pulumi config rm ${key}`,
      },
    ];
  });
}

/** The engine hands objects over as JSON and plain values as they are. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Whether a key was set with `--secret`, anywhere inside it. The SDK knows but does not declare it; without that
 * function nothing would tell an encrypted section from a plain one, so its absence is an error.
 */
function isSecret(key: string): boolean {
  return (pulumi.runtime as unknown as { isConfigSecret(key: string): boolean }).isConfigSecret(key);
}

/** Settings become names, tags and chart values, which are stored in the clear: an encrypted one would come out of hiding. */
function encrypted(section: string): RuleProblem {
  return {
    path: [section],
    value: "(encrypted)",
    allowed: "plain values; settings take the names of secrets, never secrets",
    remedy: `keep the secret in AWS Secrets Manager or a Kubernetes Secret, give its name, and set ${namespace}:${section} without --secret`,
  };
}
