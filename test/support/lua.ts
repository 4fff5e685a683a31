import { spawnSync } from "node:child_process";
import type { Context } from "mocha";
import { onPath } from "../../simulator/engine";
import { skip } from "./skip";

/** The Lua that Fluent Bit has. Skips the test where there is none. */
export function runLua(context: Context, program: string, input: string): string {
  if (onPath("luajit").length === 0) skip(context, "no luajit on PATH; install it (Debian: apt-get install luajit)");
  const { status, stdout, stderr } = spawnSync("luajit", ["-e", program], { input, encoding: "utf8", timeout: 30_000 });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
