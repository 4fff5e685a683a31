import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";

const folder = join(__dirname, "../../.github/workflows");

describe("workflows", () => {
  for (const file of readdirSync(folder)) {
    it(`name each action by its commit, which nobody can move: ${file}`, () => {
      const { jobs } = parse(readFileSync(join(folder, file), "utf8")) as {
        jobs: Record<string, { steps: { uses?: string }[] }>;
      };
      const used = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));
      expect(used).to.not.be.empty;
      for (const uses of used) expect(uses).to.match(/@[0-9a-f]{40}$/);
    });
  }
});
