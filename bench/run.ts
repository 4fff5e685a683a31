import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type Cost, measure, median } from "./measure";

/** Time and memory of the platform against a flat program with as many resources, on the same engine and simulated cloud. */

const projectDir = join(__dirname, "..");
const cli = join(projectDir, "simulator", "cli.ts");
const steps = ["first preview", "up", "second preview"] as const;
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const aim = { ratio: 1.5, loadSeconds: 1.5, loadMiB: 300 };

type Costs = Record<(typeof steps)[number], Cost[]>;
const noCosts = (): Costs => ({ "first preview": [], up: [], "second preview": [] });

/** One round of a stack in a fresh folder. Returns how many resources the program has. */
async function round(costs: Costs, stack: string, more: string[]): Promise<number> {
  const out = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    for (const step of steps) {
      const command = step === "up" ? "up" : "preview";
      const cost = await measure(cli, [command, "--stack", stack, "--json", "--out", out, ...more], projectDir);
      costs[step].push(cost);
      process.stderr.write(`  ${stack} ${step}: ${cost.seconds.toFixed(1)} s, ${cost.peakMiB.toFixed(0)} MiB\n`);
    }
    return JSON.parse(readFileSync(join(out, stack, "plan.json"), "utf8")).resources.length;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

interface Row {
  stack: string;
  resources: number;
  step: string;
  seconds: number;
  flatSeconds: number;
  timeRatio: number;
  peakMiB: number;
  flatPeakMiB: number;
  memoryRatio: number;
}

async function compare(stack: string): Promise<Row[]> {
  const own = noCosts();
  const flat = noCosts();
  let resources = 0;
  for (let done = 0; done < rounds; done++) {
    process.stderr.write(`${stack}, round ${done + 1} of ${rounds}\n`);
    resources = await round(own, stack, []);
    // The flat program has a stack and a provider beside its topics.
    const project = ["--project", join(__dirname, "flat"), "--set", `topics=${resources - 2}`];
    await round(flat, "flat", project);
  }
  return steps.map((step) => {
    const seconds = median(own[step].map((cost) => cost.seconds));
    const flatSeconds = median(flat[step].map((cost) => cost.seconds));
    const peakMiB = median(own[step].map((cost) => cost.peakMiB));
    const flatPeakMiB = median(flat[step].map((cost) => cost.peakMiB));
    const ratios = { timeRatio: seconds / flatSeconds, memoryRatio: peakMiB / flatPeakMiB };
    return { stack, resources, step, seconds, flatSeconds, peakMiB, flatPeakMiB, ...ratios };
  });
}

async function load(): Promise<{ seconds: number; moduleSeconds: number; peakMiB: number }> {
  const all: { seconds: number; moduleSeconds: number; peakMiB: number }[] = [];
  for (let done = 0; done < Math.max(3, rounds); done++) {
    const cost = await measure(join(__dirname, "load.ts"), [], projectDir);
    const inside = JSON.parse(cost.stdout) as { seconds: number; peakMiB: number };
    all.push({ seconds: cost.seconds, moduleSeconds: inside.seconds, peakMiB: inside.peakMiB });
  }
  return {
    seconds: median(all.map((each) => each.seconds)),
    moduleSeconds: median(all.map((each) => each.moduleSeconds)),
    peakMiB: median(all.map((each) => each.peakMiB)),
  };
}

function verdict(reached: boolean): string {
  return reached ? "ok" : "over";
}

function table(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

async function main(): Promise<void> {
  const loading = await load();
  const stacks = process.argv.length > 2 ? process.argv.slice(2) : ["dev", "prod"];
  const rows: Row[] = [];
  for (const stack of stacks) rows.push(...(await compare(stack)));

  const seconds = (value: number) => `${value.toFixed(2)} s`;
  const memory = (value: number) => `${value.toFixed(0)} MiB`;
  const ratio = (value: number) => `${value.toFixed(2)} ${verdict(value <= aim.ratio)}`;
  process.stdout.write(
    `\nMedians of ${rounds} rounds, ${availableParallelism()} cores; aim: at most ${aim.ratio} times the flat program\n\n`,
  );
  process.stdout.write(
    `${table([
      ["stack", "resources", "step", "time", "flat", "ratio", "memory", "flat", "ratio"],
      ...rows.map((row) => [
        row.stack,
        String(row.resources),
        row.step,
        seconds(row.seconds),
        seconds(row.flatSeconds),
        ratio(row.timeRatio),
        memory(row.peakMiB),
        memory(row.flatPeakMiB),
        ratio(row.memoryRatio),
      ]),
    ])}\n\n`,
  );
  process.stdout.write(
    `Loading the program alone: ${seconds(loading.seconds)} (modules ${seconds(loading.moduleSeconds)}), ${memory(loading.peakMiB)}; ` +
      `aim ${aim.loadSeconds} s ${verdict(loading.seconds < aim.loadSeconds)}, ${aim.loadMiB} MiB ${verdict(loading.peakMiB < aim.loadMiB)}\n`,
  );
  mkdirSync(join(projectDir, "out"), { recursive: true });
  const file = join(projectDir, "out", "bench.json");
  writeFileSync(file, `${JSON.stringify({ rounds, cores: availableParallelism(), loading, rows }, null, 2)}\n`);
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
