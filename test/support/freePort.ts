import { randomInt } from "node:crypto";
import { createServer } from "node:net";

// Below the ports that Linux gives to connections that a process opens: one of those could be taken between the look and the use.
const first = 10_000;
const last = 31_999;

/**
 * A port of this machine that nobody uses, for a server that starts later.
 *
 * @param offsets of further ports, counted from it, that have to be free as well.
 */
export async function freePort(...offsets: number[]): Promise<number> {
  const highest = last - Math.max(0, ...offsets);
  for (;;) {
    const port = randomInt(first, highest + 1);
    const free = await Promise.all([...new Set([0, ...offsets])].map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
}

/** Whether a server can listen there, on every address. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once("error", () => resolve(false));
    probe.listen(port, () => probe.close(() => resolve(true)));
  });
}
