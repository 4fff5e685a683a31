import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Backups: where they can be, and what can be undone. */
export function backupRules({ backup, foundation }: Partial<Settings>): RuleProblem[] {
  if (backup === undefined || foundation === undefined) return [];
  if (foundation.kind === "existing") {
    return [
      {
        path: ["backup"],
        value: undefined,
        allowed: "only with foundation.kind: aws",
        remedy: "leave the section out; docs/backup.md says how to back up a cluster",
        restsOn: [["foundation", "kind"]],
      },
    ];
  }
  const problems: RuleProblem[] = [];
  if (backup.lock === "compliance" && !foundation.dataProtection) {
    problems.push({
      path: ["backup", "lock"],
      value: backup.lock,
      allowed:
        "none or governance while foundation.dataProtection is false: nobody can ever delete a vault with this lock before its backups end",
      remedy: "write lock: governance, or dataProtection: true",
      restsOn: [["foundation", "dataProtection"]],
    });
  }
  const [, , , region, accountId] = backup.copyVaultArn?.split(":") ?? [];
  if (region === foundation.region && accountId === foundation.accountId) {
    problems.push({
      path: ["backup", "copyVaultArn"],
      value: backup.copyVaultArn,
      allowed: "a vault of another region or account: this one would be lost with what it is a copy of",
      remedy: "name a vault elsewhere, or leave copyVaultArn out",
      restsOn: [
        ["foundation", "region"],
        ["foundation", "accountId"],
      ],
    });
  }
  return problems;
}
