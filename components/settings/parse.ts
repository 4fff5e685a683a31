import { pathText, SettingsProblems, valueText } from "./problems";
import { type Settings, settings } from "./settings";

/** What parsing may know beside the config itself. */
export interface ParseContext {
  /** Name of the stack, for messages. */
  stackName?: string;
}

/**
 * Turns raw stack config (an object of sections) into settings with every default filled in.
 * @throws SettingsProblems with every problem found, not only the first.
 */
export function parseSettings(raw: unknown, context: ParseContext = {}): Settings {
  const result = settings.safeParse(raw);
  if (result.success) return result.data;
  throw new SettingsProblems(
    result.error.issues.map((issue) => ({
      path: pathText(issue.path as (string | number)[]),
      value: valueText(undefined),
      allowed: issue.message,
      remedy: "see docs/settings.md",
    })),
    context.stackName,
  );
}
