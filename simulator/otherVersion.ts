import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectDir } from "./project";
import { UsageError } from "./usageError";

/** Ends with what went wrong, in one line that says whose it is. */
function command(name: string, args: string[], cwd: string, what: string): string {
  try {
    const maxBuffer = 64 * 1024 * 1024;
    return execFileSync(name, args, { cwd, maxBuffer, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new UsageError(`${what}: ${stderr?.trim().split("\n").at(-1) ?? String(error)}`);
  }
}

/** Another version of this repository, checked out with the packages of this one. */
export class OtherVersion {
  private constructor(
    readonly ref: string,
    private readonly folder: string,
  ) {}

  /**
   * Checks it out for as long as `use` takes.
   * @param ref commit, branch or tag
   * @throws UsageError where there is none of that name
   */
  static async at<T>(ref: string, use: (version: OtherVersion) => Promise<T>): Promise<T> {
    const version = new OtherVersion(ref, mkdtempSync(join(tmpdir(), "mlplatform-version-")));
    try {
      command("git", ["worktree", "add", "--detach", "--", version.tree, ref], projectDir, ref);
      try {
        symlinkSync(join(projectDir, "node_modules"), join(version.tree, "node_modules"));
        return await use(version);
      } finally {
        execFileSync("git", ["worktree", "remove", "--force", version.tree], { cwd: projectDir, stdio: "ignore" });
      }
    } finally {
      rmSync(version.folder, { recursive: true, force: true });
    }
  }

  /** Where stacks of it are made. */
  get outDir(): string {
    return join(this.folder, "out");
  }

  /** Where its files are. */
  get tree(): string {
    return join(this.folder, "tree");
  }

  /** Makes a stack on a simulated account of its own, by its own stack file and its own simulated cloud. Returns the folder with both. */
  up(stack: string, overrides: readonly string[] = []): string {
    const asked = overrides.flatMap((override) => ["--set", override]);
    const args = ["simulator/cli.ts", "up", "--stack", stack, "--out", this.outDir, "--json", ...asked];
    this.run(args, `the simulated update of ${stack}`);
    return this.outDir;
  }

  /** What a TypeScript file or expression of it prints. */
  run(args: string[], what: string): string {
    return command(join(this.tree, "node_modules/.bin/tsx"), args, this.tree, `${this.ref}: ${what} failed`);
  }
}
