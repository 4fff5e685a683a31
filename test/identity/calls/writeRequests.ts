/** Writes the table of requests anew, for a change of permissions that is meant: read its difference as that of a policy. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runWith } from "../../platform/program";
import { everythingOn } from "../../support/everythingOn";
import type { Request } from "../../support/policyEvaluator";
import { policiesOf } from "./policies";
import { requestsOf, written } from "./requests";

async function main(): Promise<void> {
  const found: Record<string, Request[]> = {};
  for (const config of Object.values(everythingOn)) {
    for (const { role, statements } of policiesOf(await runWith(config))) {
      found[role] = [...(found[role] ?? []), ...requestsOf(statements)];
    }
  }
  const sorted = Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1));
  const table = Object.fromEntries(sorted.map(([role, requests]) => [role, written(requests)]));
  writeFileSync(join(__dirname, "requests.json"), `${JSON.stringify(table, null, 2)}\n`);
}

void main().then(() => process.exit(0));
