import { resolve } from "node:path";
import { startSimulatedCloud } from "./cloud";
import { UsageError } from "./usageError";

/**
 * Serves the simulated providers until the process is interrupted, so that the plain command line or another program can
 * use them through `PULUMI_DEBUG_PROVIDERS`. Returns the exit code.
 */
export async function serve(options: { packages?: string; state: string }): Promise<number> {
  const cloud = await startSimulatedCloud({
    stateFile: resolve(options.state),
    onNotice: (text) => process.stderr.write(`note: ${text}\n`),
  });
  try {
    const served = cloud.debugProviders.split(",");
    const names = served.map((entry) => entry.split(":")[0]!);
    const wanted = options.packages?.split(",") ?? names;
    const unknown = wanted.filter((name) => !names.includes(name));
    if (unknown.length > 0) throw new UsageError(`--packages ${unknown.join(",")}: there are ${names.join(", ")}`);
    const chosen = served.filter((entry) => wanted.includes(entry.split(":")[0]!));
    process.stdout.write(`PULUMI_DEBUG_PROVIDERS=${chosen.join(",")}\n`);
    process.stderr.write("Simulated providers are served until Ctrl-C.\n");
    await new Promise<void>((ended) => {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => ended());
    });
    return 0;
  } finally {
    await cloud.close();
  }
}
