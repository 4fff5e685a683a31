import * as pulumi from "@pulumi/pulumi";
import { parseSettings } from "./parse";
import type { RuleProblem } from "./problems";
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
  for (const [key, text] of Object.entries(pulumi.runtime.allConfig())) {
    if (!key.startsWith(`${namespace}:`)) continue;
    const section = key.slice(namespace.length + 1);
    if (isSecret(key)) found.push(encrypted(section));
    else raw[section] = parsed(text);
  }
  return parseSettings(raw, { stackName: pulumi.getStack(), found });
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
