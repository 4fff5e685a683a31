import { setTimeout as sleep } from "node:timers/promises";

/** Somebody who asks the model all the time, and writes down every answer. */
export class Traffic {
  answered = 0;
  readonly failures: string[] = [];
  readonly versions: Record<string, number> = {};
  private bodies: string[] = [];
  private stopped = false;
  private readonly callers: Promise<void>[] = [];

  constructor(private readonly url: string) {}

  /** From now on these are sent. */
  send(bodies: string[]): void {
    this.bodies = bodies;
    if (this.callers.length === 0) for (let at = 0; at < 3; at++) this.callers.push(this.call(at));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.callers);
  }

  private async call(first: number): Promise<void> {
    for (let turn = first; !this.stopped; turn++) {
      const body = this.bodies[turn % this.bodies.length]!;
      try {
        const headers = { "content-type": "application/json" };
        const signal = AbortSignal.timeout(20_000);
        const answer = await fetch(`${this.url}/invocations`, { method: "POST", headers, body, signal });
        const text = await answer.text();
        this.answered += 1;
        const version = answer.headers.get("x-model-version") ?? "none";
        this.versions[version] = (this.versions[version] ?? 0) + 1;
        if (answer.status !== 200) this.failures.push(`${answer.status} ${text.slice(0, 300)}`);
      } catch (error) {
        const { message, cause } = error as Error & { cause?: Error };
        this.failures.push(`${message}: ${cause?.message ?? "no reason given"}`);
      }
      await sleep(100);
    }
  }
}
