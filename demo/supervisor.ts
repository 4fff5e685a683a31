import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { answers } from "./answers";
import { beganAt, environmentOf, signal } from "./processes";

/** One process of the demo. It outlives the command that started it. */
export interface Program {
  name: string;
  /** What it is for, in a word or two. */
  title: string;
  command: string[];
  env: Record<string, string>;
  folder: string;
  /** As whom it runs, where that is not the one who starts the demo. */
  user?: { uid: number; gid: number };
  ports: number[];
  /** What it reads once, at its start: with another it is started anew. */
  configuration?: unknown;
  /** Whether it answers. */
  ready: () => Promise<boolean>;
  readySeconds: number;
  /** How it is asked to end; absent: SIGTERM. */
  endSignal?: NodeJS.Signals;
}

interface Recorded {
  pid: number;
  /** When the process began, by which a later process of the same number is told from it. */
  began: string;
  digest: string;
  endSignal: NodeJS.Signals;
  order: number;
}

/** Tells processes of one demo, whoever started them, such as kernels of notebooks, from all others. */
export const markName = "MLPLATFORM_DEMO";

/** Starts, finds again and ends processes by what is written of them below the demo's folder. */
export class Supervisor {
  private readonly runFolder: string;
  private readonly logFolder: string;
  private order = 0;

  /** @param endSeconds how long processes may take to end before they are killed, and killed ones to be gone */
  constructor(
    private readonly folder: string,
    private readonly endSeconds = 30,
  ) {
    this.runFolder = join(folder, "run");
    this.logFolder = join(folder, "logs");
    for (const each of [this.runFolder, this.logFolder]) mkdirSync(each, { recursive: true });
  }

  /** Names of those that run now. */
  running(): string[] {
    return this.names().filter((name) => this.alive(name) !== undefined);
  }

  log(name: string): string {
    return join(this.logFolder, `${name}.log`);
  }

  /** Ports that somebody else holds, with what they are for. */
  async taken(programs: Program[]): Promise<{ port: number; title: string }[]> {
    const found: { port: number; title: string }[] = [];
    for (const program of programs) {
      if (this.alive(program.name) !== undefined) continue;
      for (const port of program.ports) if (await answers(port)) found.push({ port, title: program.title });
    }
    return found;
  }

  /** Starts it unless it runs already as it should; returns once it answers. @throws with the end of its log */
  async ensure(program: Program): Promise<"running" | "started"> {
    const before = this.alive(program.name);
    const digest = createHash("sha256")
      .update(JSON.stringify([program.command, Object.entries(program.env).sort(), program.configuration]))
      .digest("hex");
    if (before?.digest === digest) {
      await this.untilReady(program, before.pid);
      return "running";
    }
    if (before) await this.end(program.name);
    const log = openSync(this.log(program.name), "a", 0o644);
    mkdirSync(program.folder, { recursive: true });
    const [command, ...args] = program.command;
    const child = spawn(command!, args, {
      cwd: program.folder,
      env: { PATH: process.env.PATH ?? "", [markName]: this.folder, ...program.env },
      stdio: ["ignore", log, log],
      detached: true,
      ...program.user,
    });
    closeSync(log);
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    failed.catch(() => undefined);
    if (child.pid === undefined) return await failed;
    child.unref();
    this.order += 1;
    const recorded: Recorded = {
      pid: child.pid,
      began: beganAt(child.pid) ?? "",
      digest,
      endSignal: program.endSignal ?? "SIGTERM",
      order: Date.now() * 100 + this.order,
    };
    writeFileSync(this.file(program.name), JSON.stringify(recorded), { mode: 0o600 });
    await this.untilReady(program, child.pid);
    return "started";
  }

  /** Ends all, the last started first, and then what they have started in groups of its own. @throws when some of that cannot be ended, once the others have */
  async endAll(told: (name: string) => void = () => undefined): Promise<string[]> {
    const ordered = this.names()
      .map((name) => [name, this.recorded(name)!.order] as const)
      .sort(([, one], [, other]) => other - one)
      .map(([name]) => name);
    const left: string[] = [];
    for (const name of ordered) {
      told(name);
      await this.end(name).catch((error: Error) => left.push(error.message));
    }
    await this.endStrays().catch((error: Error) => left.push(error.message));
    if (left.length > 0) throw new Error(left.join("\n"));
    return ordered;
  }

  /** Numbers of all processes that are of this demo, also of those that nobody wrote down. */
  marked(): number[] {
    const mark = `${markName}=${this.folder}`;
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== process.pid && environmentOf(pid).includes(mark));
  }

  private async endStrays(): Promise<void> {
    for (const began = Date.now(); ; await sleep(100)) {
      const left = this.marked();
      if (left.length === 0) return;
      const waited = (Date.now() - began) / 1000;
      if (waited > 2 * this.endSeconds) {
        throw new Error(`the demo's processes ${left.join(", ")} do not end, not even by SIGKILL: end them by hand`);
      }
      for (const pid of left) signal(pid, waited > this.endSeconds ? "SIGKILL" : "SIGTERM");
    }
  }

  /** @returns whether it ran @throws when not even SIGKILL ends it; it stays written down, and is found again */
  async end(name: string, asked?: NodeJS.Signals): Promise<boolean> {
    const found = this.alive(name);
    if (found) {
      signal(-found.pid, asked ?? found.endSignal);
      for (const began = Date.now(); this.groupLives(found.pid); await sleep(100)) {
        const waited = (Date.now() - began) / 1000;
        if (waited > 2 * this.endSeconds) {
          throw new Error(
            `${name}, process ${found.pid}, does not end, not even by SIGKILL: ` +
              "where it waits for a disk or a device, it is gone once that answers",
          );
        }
        if (waited > this.endSeconds) signal(-found.pid, "SIGKILL");
      }
      // PostgreSQL takes remains that nobody has collected yet for a server that holds its data, and does not start.
      const giveUp = Date.now() + this.endSeconds * 1000;
      while (existsSync(`/proc/${found.pid}`) && Date.now() < giveUp) await sleep(50);
    }
    rmSync(this.file(name), { force: true });
    return found !== undefined;
  }

  private names(): string[] {
    return readdirSync(this.runFolder)
      .filter((file) => file.endsWith(".json"))
      .map((file) => file.slice(0, -5));
  }

  private file(name: string): string {
    return join(this.runFolder, `${name}.json`);
  }

  private recorded(name: string): Recorded | undefined {
    return existsSync(this.file(name)) ? JSON.parse(readFileSync(this.file(name), "utf8")) : undefined;
  }

  private alive(name: string): Recorded | undefined {
    const found = this.recorded(name);
    return found && beganAt(found.pid) === found.began ? found : undefined;
  }

  protected groupLives(pid: number): boolean {
    if (beganAt(pid) !== undefined) return true;
    try {
      // What is left of a group may be remains that nobody has collected yet.
      const states = execFileSync("ps", ["-o", "stat=", "-g", String(pid)], { stdio: "pipe" }).toString();
      return states.split("\n").some((state) => state.trim() !== "" && !state.startsWith("Z"));
    } catch {
      return false;
    }
  }

  private async untilReady(program: Program, pid: number): Promise<void> {
    for (const giveUp = Date.now() + program.readySeconds * 1000; ; await sleep(200)) {
      const up = beganAt(pid) !== undefined;
      if (up && (await program.ready().catch(() => false))) return;
      if (!up || Date.now() > giveUp) {
        const log = this.log(program.name);
        const end = readFileSync(log, "utf8").slice(-2000);
        const what = up ? `does not answer after ${program.readySeconds} s` : "ended at once";
        throw new Error(`${program.title} ${what}. The end of ${log}:\n${end}`);
      }
    }
  }
}
