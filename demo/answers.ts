import { createConnection } from "node:net";

/** Whether anybody listens at a port of this machine. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Whether an address answers with a status that says it works. */
export async function healthy(url: string, headers: Record<string, string> = {}): Promise<boolean> {
  return (await fetch(url, { headers, signal: AbortSignal.timeout(5000), redirect: "manual" })).status < 400;
}
