import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Demo } from "../demo";
import { projectFolder } from "../settings";

/** Puts `workloads/dags` into a repository of its own, as a team has one, and what Airflow reads to its newest commit. */
export async function publishDags(demo: Demo, checkout: string): Promise<void> {
  const bare = join(demo.folder, "dags.git");
  const work = join(demo.folder, "dags.work");
  const env = {
    HOME: demo.folder,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_AUTHOR_NAME: "Demo",
    GIT_AUTHOR_EMAIL: "demo@example.com",
    GIT_COMMITTER_NAME: "Demo",
    GIT_COMMITTER_EMAIL: "demo@example.com",
  };
  const git = (folder: string, ...args: string[]) => demo.run("git", ["-C", folder, ...args], { env });
  if (!existsSync(bare)) await demo.run("git", ["init", "--quiet", "--bare", "-b", "main", bare], { env });
  if (!existsSync(work)) {
    mkdirSync(work);
    await git(work, "init", "--quiet", "-b", "main");
    await git(work, "remote", "add", "origin", bare);
  }
  const source = join(projectFolder, "workloads/dags");
  for (const each of ["platform_tasks"]) rmSync(join(work, each), { recursive: true, force: true });
  cpSync(source, work, { recursive: true, filter: (path) => !path.includes("__pycache__") });
  await git(work, "add", "--all");
  const changed = await git(work, "status", "--porcelain");
  if (changed.trim() !== "") await git(work, "commit", "--quiet", "--message", "The DAGs of workloads/dags");
  await git(work, "push", "--quiet", "--force", "origin", "main");
  if (existsSync(join(checkout, ".git"))) {
    await git(checkout, "fetch", "--quiet", "origin");
    await git(checkout, "reset", "--quiet", "--hard", "origin/main");
  } else {
    rmSync(checkout, { recursive: true, force: true });
    await demo.run("git", ["clone", "--quiet", bare, checkout], { env });
  }
}
