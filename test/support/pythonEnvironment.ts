import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { toolCache } from "../../simulator/goBuild";
import { waitForLock } from "../../simulator/processLock";

/** A virtual environment with exactly the packages of one requirements file, made once and kept in the user's cache. */
export interface PythonEnvironment {
  python: string;
  /** Runs a program of the environment, or of the machine. @throws with its output when it fails or takes too long. */
  run(program: string, args: string[], options: RunOptions): Promise<{ stdout: string; stderr: string }>;
}

export interface RunOptions {
  /** The whole environment but PATH, so that nothing of the machine's slips in. */
  env: Record<string, string>;
  timeoutSeconds: number;
}

const requirementsDir = join(__dirname, "..", "..", "workloads", "requirements");
const interpreters = ["python3.11", "python3.12", "python3.13", "python3"];

/** A Python that has been tried with the pinned packages: 3.11 to 3.13. */
export function findPython(): string | undefined {
  return interpreters.find((name) => {
    try {
      const version = execFileSync(name, ["-c", "import sys, venv, ensurepip; print(sys.version_info[1])"], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      return [11, 12, 13].includes(Number(version.toString()));
    } catch {
      return false;
    }
  });
}

/**
 * The environment of `workloads/requirements/<name>.txt`, installed where it is not there yet; with `before`, another such file, as it was with the older
 * versions there.
 * @throws when there is no Python, or when pip does not finish in time: the message says what is missing.
 */
export async function pythonEnvironment(
  name: string,
  installSeconds: number,
  before?: string,
): Promise<PythonEnvironment> {
  const files = [join(requirementsDir, `${name}.txt`), ...(before === undefined ? [] : [before])];
  const interpreter = findPython();
  if (interpreter === undefined) throw new Error("there is no Python 3.11, 3.12 or 3.13 with venv; install one");
  const listed = files.map((file) => readFileSync(file, "utf8")).join("");
  const digest = createHash("sha256").update(listed).update(interpreter).digest("hex").slice(0, 16);
  const home = toolCache("python", `${name}-${digest}`);
  const done = join(home, "installed");
  const bin = join(home, "bin");
  const run: PythonEnvironment["run"] = async (program, args, { env, timeoutSeconds }) => {
    const path = [bin, process.env.PATH ?? ""].join(delimiter);
    return await promisify(execFile)(program, args, {
      env: { ...env, PATH: path },
      timeout: timeoutSeconds * 1000,
      killSignal: "SIGKILL",
      maxBuffer: 64 * 1024 * 1024,
    });
  };
  const install = async () => {
    rmSync(home, { recursive: true, force: true });
    const env = { HOME: homedir(), VIRTUAL_ENV: home, ...indexSettings() };
    const uv = await installedUv(interpreter);
    await run(uv, ["venv", "--quiet", "--clear", "--seed", "--python", interpreter, home], { env, timeoutSeconds: 60 });
    for (const file of files) {
      // The file names every package, so nothing is left to resolve.
      const packages = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", file];
      await run(uv, ["pip", "install", "--quiet", "--compile-bytecode", ...packages], {
        env,
        timeoutSeconds: installSeconds,
      });
    }
    writeFileSync(done, "");
  };
  if (!existsSync(done)) {
    const release = await waitForLock(`${home}.lock`); // Another suite may want the same, and begin at once.
    try {
      if (!existsSync(done)) await install();
    } finally {
      release();
    }
  }
  return { python: join(bin, "python"), run };
}

/**
 * uv, which links equal files of all environments to one copy: nearly the same packages eight times would take 6 GiB.
 * It is a package of PyPI itself, so pip brings it.
 */
async function installedUv(interpreter: string): Promise<string> {
  const pinned = readFileSync(join(requirementsDir, "uv.txt"), "utf8");
  const home = toolCache("python", `uv-${createHash("sha256").update(pinned).digest("hex").slice(0, 16)}`);
  const uv = join(home, "bin", "uv");
  if (existsSync(uv)) return uv;
  const unfinished = `${home}.${process.pid}.unfinished`;
  const run = promisify(execFile);
  const env = { HOME: homedir(), PATH: process.env.PATH, PIP_DISABLE_PIP_VERSION_CHECK: "1", ...indexSettings() };
  const install = ["--quiet", "--no-deps", "--only-binary=:all:", "--requirement", join(requirementsDir, "uv.txt")];
  await run(interpreter, ["-m", "pip", "install", ...install, "--target", unfinished], { env, timeout: 300_000 });
  try {
    renameSync(unfinished, home);
  } catch {
    rmSync(unfinished, { recursive: true, force: true }); // Another process was quicker.
  }
  return uv;
}

/** Where packages are found on this machine: what pip is told, said to uv in its own words too. */
function indexSettings(): Record<string, string> {
  const told = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        /^(PIP_|UV_|SSL_CERT_|REQUESTS_CA_|https?_proxy$|HTTPS?_PROXY$|NO_PROXY$|no_proxy$)/.test(entry[0]) &&
        entry[1] !== undefined,
    ),
  );
  const inUvsWords = {
    UV_DEFAULT_INDEX: told.PIP_INDEX_URL,
    UV_INDEX: told.PIP_EXTRA_INDEX_URL,
    UV_FIND_LINKS: told.PIP_FIND_LINKS,
    SSL_CERT_FILE: told.PIP_CERT,
  };
  const known = Object.entries(inUvsWords).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(known), ...told };
}
