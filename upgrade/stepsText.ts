import type { Step } from "./steps";

/** Steps as a numbered list for a terminal. */
export function stepsText(
  steps: readonly Step[],
  { stack, from, to }: { stack: string; from: string; to: string },
): string {
  const lines = steps.flatMap(({ title, details, commands }, index) => [
    `${String(index + 1).padStart(2)}. ${title}`,
    ...details.map((detail) => `      - ${detail}`),
    ...commands.map((command) => `      $ ${command}`),
  ]);
  return `${[`${stack}: ${from} → ${to}. Nothing was changed.`, "", ...lines].join("\n")}\n`;
}
