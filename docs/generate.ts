import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { settingsReference } from "./reference";
import { stackFileSchema } from "./schema";
import { upgradePage } from "./upgradePage";

/** What `npm run docs` writes, by file name in this folder. */
export function generated(): Record<string, string> {
  return {
    "settings.md": settingsReference(),
    "settings.schema.json": `${JSON.stringify(stackFileSchema(), null, 2)}\n`,
    "upgrades.md": upgradePage(),
  };
}

if (require.main === module) {
  for (const [name, text] of Object.entries(generated())) writeFileSync(join(__dirname, name), text);
}
