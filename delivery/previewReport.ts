/** What `pulumi preview --json` says, as a comment: numbers, what would be replaced or lost, and permissions that come and go. */
interface Step {
  op: string;
  urn: string;
  oldState?: { inputs?: Record<string, unknown> };
  newState?: { inputs?: Record<string, unknown> };
}
interface Preview {
  steps?: Step[];
  diagnostics?: { severity: string; message: string }[];
  changeSummary?: Record<string, number>;
}

const words: Record<string, string> = { create: "made", update: "changed", replace: "replaced", delete: "deleted" };
const most = 50;

/** What leads to nothing of its own: halves of a replacement, which is a step itself. */
const unheard = new Set(["same", "create-replacement", "delete-replaced"]);

/** `type name` of a resource. */
function named(urn: string): string {
  const [, , types = "", name = ""] = urn.split("::");
  return `${types.split("$").at(-1)} ${name}`;
}

/** A list that stays readable. */
function listed(lines: string[]): string[] {
  const rest = lines.length - most;
  return [...lines.slice(0, most).map((line) => `- ${line}`), ...(rest > 0 ? [`- and ${rest} more`] : [])];
}

/** All that a statement says, but its name: a line for each action, so that one that comes or goes is seen alone. */
function statementLines({ Sid, Effect, Action, Resource, ...rest }: Record<string, unknown>): string[] {
  const others = Object.keys(rest)
    .sort()
    .map((key) => `${key} ${JSON.stringify(rest[key])}`);
  const on = [...(Resource === undefined ? [] : [JSON.stringify(Resource)]), ...others];
  const actions = Action === undefined ? [] : [Action].flat();
  return actions.length === 0
    ? [[Effect, ...on].join(" ")]
    : actions.map((action) => [Effect, action, ...on].join(" "));
}

/** What a policy, a trust or an attachment gives, whatever resource holds it; nothing where it is not known before the update. */
function grants(inputs: Record<string, unknown> | undefined): Set<string> | undefined {
  const { policyArn, policy, policyDocument, assumeRolePolicy } = inputs ?? {};
  if (policyArn !== undefined) return /^arn:/.test(String(policyArn)) ? new Set([`Attached ${policyArn}`]) : undefined;
  const text = policy ?? policyDocument ?? assumeRolePolicy;
  if (text === undefined) return new Set();
  try {
    // A lifecycle policy has no statements: it permits nothing.
    const statements = [JSON.parse(String(text)).Statement ?? []].flat() as Record<string, unknown>[];
    return new Set(statements.flatMap(statementLines));
  } catch {
    return undefined;
  }
}

function permissionChanges({ urn, oldState, newState }: Step): string[] {
  const [before, after] = [grants(oldState?.inputs), grants(newState?.inputs)];
  const who = named(urn);
  if (before === undefined || after === undefined) return [`${who}: known when the update comes to it`];
  return [
    ...[...after].filter((each) => !before.has(each)).map((each) => `${who}: **+** \`${each}\``),
    ...[...before].filter((each) => !after.has(each)).map((each) => `${who}: **−** \`${each}\``),
  ];
}

/** @param text standard output of `pulumi preview --json`; a preview that failed may have left none */
export function previewReport(stack: string, text: string): string {
  let preview: Preview;
  try {
    preview = JSON.parse(text) as Preview;
  } catch {
    return `### Stack \`${stack}\`\n\nThe preview failed before it had a result: see the job's log.\n`;
  }
  const steps = preview.steps ?? [];
  const errors = (preview.diagnostics ?? []).filter(({ severity }) => severity === "error");
  const counts = Object.entries(words).flatMap(([op, word]) => {
    const count = preview.changeSummary?.[op] ?? 0;
    return count > 0 ? [`${count} ${word}`] : [];
  });
  const lost = steps
    .filter(({ op }) => op === "delete" || op === "replace")
    .map(({ op, urn }) => `${words[op]}: ${named(urn)}`);
  const permissions = steps
    .filter(({ op, urn }) => !unheard.has(op) && named(urn).startsWith("aws:"))
    .flatMap(permissionChanges);
  const section = (title: string, lines: string[]) =>
    lines.length === 0
      ? []
      : ["", `<details><summary>${title} (${lines.length})</summary>`, "", ...listed(lines), "", "</details>"];
  return `${[
    `### Stack \`${stack}\``,
    "",
    errors.length > 0
      ? "**The preview failed.**"
      : counts.length === 0
        ? "Nothing would change."
        : `Resources: ${counts.join(", ")}.`,
    ...section(
      "Errors",
      errors.map(({ message }) => message.trim().split("\n")[0] ?? ""),
    ),
    ...section("Would be replaced or deleted", lost),
    ...section("Permissions", permissions),
  ].join("\n")}\n`;
}
