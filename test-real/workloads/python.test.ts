import { homedir } from "node:os";
import { join } from "node:path";
import { findPython, type PythonEnvironment, pythonEnvironment } from "../../test/support/pythonEnvironment";
import { skip } from "../../test/support/skip";

const project = join(__dirname, "../..");

describe("Python, everywhere in the project", function () {
  this.timeout(180_000);
  let ruff: PythonEnvironment;

  before(async function () {
    if (findPython() === undefined) skip(this, "no Python 3.11, 3.12 or 3.13 with venv here; install one");
    ruff = await pythonEnvironment("lint", 120);
  });

  for (const [what, ...args] of [
    ["keeps the rules of ruff.toml", "check", "--output-format=concise"],
    ["is formatted as ruff does it", "format", "--check"],
  ]) {
    it(what!, async () => {
      await ruff
        .run("ruff", [...args, "--no-cache", project], { env: { HOME: homedir() }, timeoutSeconds: 60 })
        .catch((error: Error & { stdout?: string }) => {
          throw new Error(`${error.stdout ?? error.message}\nTo mend most of it: ruff check --fix . && ruff format .`);
        });
    });
  }
});
