import { type ChildProcess, fork, spawn } from "node:child_process";
import { join } from "node:path";
import type { Done, TestReport } from "./suiteProcess";

const projectDir = join(__dirname, "../..");
const processTimeoutSeconds = 45 * 60;
const running = new Set<ChildProcess>();

/** Something of which each test is told as it ends. */
export type Run = (tell: (report: TestReport) => void, lane: Lane) => Promise<void>;

/** Waits for a process. Returns its exit code and output. */
function finished(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  running.add(child);
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      running.delete(child);
      resolve({ code, output });
    });
  });
}

/** A command that passes or fails as a whole, and counts as one test. */
export function check(title: string, script: string, args: string[]): Run {
  return async (tell) => {
    const child = spawn(process.execPath, [join(projectDir, "node_modules", script), ...args], { cwd: projectDir });
    const { code, output } = await finished(child);
    tell(code === 0 ? { title, state: "passed" } : { title, state: "failed", detail: output.trim() });
  };
}

/** A process of mocha that runs file after file: what the tests of a folder load is loaded once. */
class MochaProcess {
  private readonly child = fork(join(__dirname, "suiteProcess.ts"), {
    cwd: projectDir,
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  private readonly ended = finished(this.child);

  /** @param folder whose files it runs. */
  constructor(readonly folder: string) {}

  /** Runs files to their end. Returns whether it can run more. */
  async run(files: string[], tell: (report: TestReport) => void): Promise<boolean> {
    let told = 0;
    let hear = (_: TestReport | Done) => {};
    const done = new Promise<Done>((resolve) => {
      hear = (message) => {
        if (message.state === "done") return resolve(message);
        told += 1;
        tell(message);
      };
    });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      this.child.kill("SIGKILL");
    }, processTimeoutSeconds * 1000);
    this.child.on("message", hear);
    this.child.send(files);
    const end = await Promise.race([done, this.ended]);
    clearTimeout(timer);
    this.child.off("message", hear);
    if (timedOut) tell({ title: "finishes", state: "failed", detail: `not within ${processTimeoutSeconds} s` });
    else if ("code" in end)
      tell({ title: "runs to its end", state: "failed", detail: `exit code ${end.code}\n${end.output}` });
    else if (told === 0) tell({ title: "has tests", state: "failed", detail: "none ran" });
    return "state" in end && !end.full;
  }

  /** Whether it runs: what a test left behind may end it between files. */
  get alive(): boolean {
    return this.child.connected;
  }

  /** Ends it, with what tests may have left open in it. */
  async end(): Promise<void> {
    if (this.alive) this.child.send("end");
    await this.ended;
  }
}

/** What runs one suite after another, beside other lanes. */
export class Lane {
  private process: MochaProcess | undefined;

  /** Mocha tests. The process goes on to the next files where they are of the same folder, named here. */
  async mocha(files: string[], folder: string | undefined, tell: (report: TestReport) => void): Promise<void> {
    if (folder === undefined || this.process?.folder !== folder || !this.process.alive) await this.end();
    this.process ??= new MochaProcess(folder ?? "");
    if (!(await this.process.run(files, tell)) || folder === undefined) await this.end();
  }

  async end(): Promise<void> {
    const ending = this.process;
    this.process = undefined;
    await ending?.end();
  }
}

/** Mocha tests, in a process of their own. */
export function mochaTests(files: string[]): Run {
  return (tell, lane) => lane.mocha(files, undefined, tell);
}

/** Mocha tests of a folder, file after file: in one process, until that holds too much. */
export function mochaFolder(files: string[], folder: string): Run {
  return async (tell, lane) => {
    for (const file of files) await lane.mocha([file], folder, tell);
  };
}

/** Ends every process of tests. */
export function endAll(): void {
  for (const child of running) child.kill("SIGTERM");
}
