import { spawn } from "node:child_process";
import { freePort } from "./freePort";
import { findPython, pythonEnvironment } from "./pythonEnvironment";

/** moto's server: AWS services simulated well enough to try their clients on. */
export interface Moto {
  url: string;
  /** Environment variables with which an AWS SDK talks to it. */
  environment: Record<string, string>;
  /** Forgets everything. */
  reset(): Promise<void>;
  /** From now on executions of state machines run; before, they are only noted. */
  runStateMachines(): Promise<void>;
  stop(): void;
}

/** Why it cannot run here, if so. */
export function motoMissing(): string | undefined {
  return findPython() === undefined ? "no Python 3.11 to 3.13 with venv found; install one" : undefined;
}

/** @throws when its packages cannot be installed, or it does not answer in half a minute. */
export async function startMoto(): Promise<Moto> {
  const { python } = await pythonEnvironment("moto", 240);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const credentials = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "simulated", AWS_SECRET_ACCESS_KEY: "simulated" };
  const server = spawn(python, ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], {
    // Its state machines call its other services at that port.
    env: { ...credentials, PATH: process.env.PATH ?? "", MOTO_PORT: String(port) },
    stdio: "ignore",
  });
  const stop = () => void server.kill("SIGKILL");
  const deadline = Date.now() + 30_000;
  for (;;) {
    const answers = await fetch(`${url}/moto-api/`).then(
      (response) => response.ok,
      () => false,
    );
    if (answers) break;
    if (server.exitCode !== null || Date.now() > deadline) {
      stop();
      throw new Error(`moto's server does not answer (exit code ${server.exitCode})`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    url,
    environment: { ...credentials, AWS_ENDPOINT_URL: url },
    reset: async () => void (await fetch(`${url}/moto-api/reset`, { method: "POST" })),
    runStateMachines: async () => {
      const body = JSON.stringify({ stepfunctions: { execute_state_machine: true } });
      await fetch(`${url}/moto-api/config`, { method: "POST", body, headers: { "Content-Type": "application/json" } });
    },
    stop,
  };
}
