import { type ChildProcess, fork, spawn } from "node:child_process";
import { join } from "node:path";
import type { TestReport } from "./suiteProcess";

const projectDir = join(__dirname, "../..");
const processTimeoutSeconds = 45 * 60;
const running = new Set<ChildProcess>();

/** Something of which each test is told as it ends. */
export type Run = (tell: (report: TestReport) => void) => Promise<void>;

/** Waits for a process, and ends it when it takes too long. Returns its exit code and output. */
function finished(child: ChildProcess): Promise<{ code: number | null; output: string; timedOut: boolean }> {
  running.add(child);
  let output = "";
  let timedOut = false;
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, processTimeoutSeconds * 1000);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, output, timedOut });
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

/** Mocha tests, in a process of their own. */
export function mochaTests(files: string[]): Run {
  return async (tell) => {
    let told = 0;
    const child = fork(join(__dirname, "suiteProcess.ts"), files, {
      cwd: projectDir,
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    child.on("message", (report: TestReport | { state: "done" }) => {
      if (report.state === "done") return;
      told += 1;
      tell(report);
    });
    const { code, output, timedOut } = await finished(child);
    if (timedOut)
      tell({ title: "finishes", state: "failed", detail: `not within ${processTimeoutSeconds} s\n${output}` });
    else if (code !== 0) tell({ title: "runs to its end", state: "failed", detail: `exit code ${code}\n${output}` });
    else if (told === 0) tell({ title: "has tests", state: "failed", detail: `none ran\n${output}` });
  };
}

/** Ends every process of tests. */
export function endAll(): void {
  for (const child of running) child.kill("SIGTERM");
}
