import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type Cost, measure } from "./measure";

/** Preview of a stack with many models on the simulated cloud: whether time and memory grow with their number, or faster. */

const projectDir = join(__dirname, "..");
const cli = join(projectDir, "simulator", "cli.ts");
const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 10, 100, 300, 1000];
const aim = { timesPerModel: 2 };

interface Measured extends Cost {
  count: number;
  resources: number;
}

/** The dev stack, with its model as often as asked. */
function stackFile(folder: string, count: number): string {
  const stack = parse(readFileSync(join(projectDir, "Pulumi.dev.yaml"), "utf8"));
  const { churn } = stack.config["mlplatform:models"];
  stack.config["mlplatform:models"] = Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`model-${at}`, { ...churn, from: `models:/model-${at}@champion` }]),
  );
  const file = join(folder, "stack.yaml");
  writeFileSync(file, stringify(stack, { aliasDuplicateObjects: false }));
  return file;
}

async function preview(count: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const config = stackFile(folder, count);
    const args = ["preview", "--stack", "dev", "--config", config, "--json", "--out", join(folder, "out")];
    const cost = await measure(cli, args, projectDir);
    const plan = JSON.parse(readFileSync(join(folder, "out", "dev", "plan.json"), "utf8"));
    return { ...cost, count, resources: plan.resources.length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const all: Measured[] = [];
  await preview(counts[0]!); // The first run also fills caches.
  for (const count of counts) {
    const measured = await preview(count);
    all.push(measured);
    const { resources, seconds, peakMiB } = measured;
    process.stdout.write(
      `${String(count).padStart(4)} models, ${resources} resources: ${seconds.toFixed(1)} s, ${peakMiB.toFixed(0)} MiB\n`,
    );
  }
  const [first, ...others] = all;
  if (first === undefined || others.length < 2) return;
  const each = (to: Measured, what: "seconds" | "peakMiB") => (to[what] - first[what]) / (to.count - first.count);
  const [last, before] = [all.at(-1)!, all.at(-2)!];
  for (const [what, unit] of [
    ["seconds", "s"],
    ["peakMiB", "MiB"],
  ] as const) {
    const [few, many] = [each(before, what), each(last, what)];
    const ratio = many / few;
    const verdict = few <= 0 ? "not told, the machine was busy" : ratio < aim.timesPerModel ? "ok" : "over";
    process.stdout.write(
      `one more model: ${few.toFixed(3)} ${unit} up to ${before.count}, ${many.toFixed(3)} ${unit} up to ${last.count}: ` +
        `${ratio.toFixed(2)} times; aim: under ${aim.timesPerModel}, ${verdict}\n`,
    );
  }
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
