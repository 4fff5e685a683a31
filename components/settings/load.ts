import * as pulumi from "@pulumi/pulumi";
import { parseSettings } from "./parse";
import type { Settings } from "./settings";

/** Namespace of the platform's keys in a stack file, as in `mlplatform:foundation`. */
export const namespace = "mlplatform";

/**
 * Reads the current stack's config.
 * @throws SettingsProblems with every problem found, before any resource exists.
 */
export function loadSettings(): Settings {
  const raw: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(pulumi.runtime.allConfig())) {
    if (key.startsWith(`${namespace}:`)) raw[key.slice(namespace.length + 1)] = parsed(text);
  }
  return parseSettings(raw, { stackName: pulumi.getStack() });
}

/** The engine hands objects over as JSON and plain values as they are. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
