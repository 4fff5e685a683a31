import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { during } from "../simulator/progress";
import { Demo, missingCommands } from "./demo";
import { screenshots } from "./screenshots";
import { defaultFirstPort, ports, projectFolder } from "./settings";
import { Story } from "./story";
import { summary } from "./summary";
import { Supervisor } from "./supervisor";

interface Flags {
  state: string;
  firstPort?: number;
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1024 || value > 65000) {
    throw new InvalidArgumentError("A port from 1024 to 65000 is needed.");
  }
  return value;
}

/** The first port of this demo: what is asked for now, else what it had before. */
function firstPort(folder: string, asked: number | undefined): number {
  const file = join(folder, "first-port");
  const before = existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
  const running = existsSync(folder) ? new Supervisor(folder).running() : [];
  if (asked !== undefined && before !== undefined && asked !== before && running.length > 0) {
    throw new Error(`The demo runs from port ${before}: stop it first, by \`make demo-stop\`.`);
  }
  const chosen = asked ?? before ?? defaultFirstPort;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, String(chosen));
  return chosen;
}

async function up(flags: Flags): Promise<void> {
  const missing = missingCommands();
  if (missing.length > 0) throw new Error(`Not on this machine: ${missing.join(", ")}.`);
  const begun = Date.now();
  const { demo, notes } = await started(flags);
  const story = new Story(demo);
  const happened = await during(async (progress) => {
    const all =
      story.told() ??
      (await story.run(
        (what, detail) => progress.note(`  ${what.padEnd(20)} ${detail}`),
        (text) => progress.update(text),
      ));
    progress.done(`The demo runs, after ${Math.round((Date.now() - begun) / 1000)} s.`);
    return all;
  });
  process.stdout.write(`${summary(demo, happened, notes)}\n`);
}

async function started(flags: Flags): Promise<{ demo: Demo; notes: string[] }> {
  const folder = resolve(flags.state);
  const at = ports(firstPort(folder, flags.firstPort));
  return during(async (progress) => {
    const demo = await Demo.prepare(folder, at, progress);
    const { notes } = await demo.start(progress);
    return { demo, notes };
  });
}

async function stop({ state }: Flags): Promise<void> {
  const folder = resolve(state);
  if (!existsSync(folder)) {
    process.stdout.write("There is no demo.\n");
    return;
  }
  await during(async (progress) => {
    const ended = await new Supervisor(folder).endAll((name) => progress.update(`Ending ${name}`));
    const kept = `What they made is kept in ${folder}; \`make demo\` goes on with it.`;
    progress.done(`${ended.length} processes ended. ${kept}`);
  });
}

/** Ends one process the hard way and starts it again, as when a node is lost. */
async function restart(name: string, flags: Flags): Promise<void> {
  const supervisor = new Supervisor(resolve(flags.state));
  const known = supervisor.running();
  if (!known.includes(name)) throw new Error(`Nothing named ${name} runs, only: ${known.join(", ") || "nothing"}.`);
  await supervisor.end(name, "SIGKILL");
  await started(flags);
}

const cli = new Command("demo").description(
  "The platform's tools as processes of this machine; only Kubernetes is simulated.",
);
const common = (command: Command) =>
  command
    .option("--state <folder>", "where everything is kept", join(projectFolder, "out", "demo"))
    .option("--first-port <port>", `first of the ports that are used; ${defaultFirstPort} at first`, port);
common(
  cli.command("up", { isDefault: true }).description("start what does not run, and tell the story of a model"),
).action(up);
common(cli.command("stop").description("end every process; what they made stays")).action(stop);
common(cli.command("restart").argument("<name>").description("kill one process and start it again")).action(restart);

common(
  cli
    .command("screenshots")
    .argument("[folder]", "where the pictures go", join(projectFolder, "docs", "images"))
    .description("pictures of the pages, by headless Chromium"),
).action(async (folder: string, flags: Flags) => {
  const { demo } = await started(flags);
  const names = await screenshots(demo, resolve(folder));
  process.stdout.write(`${names.length} pictures in ${resolve(folder)}: ${names.join(", ")}\n`);
});

cli.parseAsync().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
