import { setTimeout as sleep } from "node:timers/promises";
import type { Act } from "./check";
import { type Place, shortened } from "./http";

/** Somebody who asks a model all the time, and counts the answers. */
export class Traffic {
  answered = 0;
  readonly failures: string[] = [];
  readonly versions: Record<string, number> = {};
  private ended = false;
  private readonly callers: Promise<void>[];

  /** @param wrong Why an answer of a version is wrong; nothing where it is right. */
  constructor(
    private readonly act: Act,
    private readonly place: Place,
    private readonly body: object,
    private readonly wrong: (version: string, answer: string) => string | undefined,
  ) {
    this.callers = [0, 1, 2].map(() => this.call());
  }

  async end(): Promise<void> {
    this.ended = true;
    await Promise.all(this.callers);
  }

  private async call(): Promise<void> {
    for (; !this.ended; await sleep(100)) {
      const failure = await this.once().catch((error: Error) => error.message);
      if (this.ended && failure !== undefined) return; // The check has ended, and with it the connection.
      if (failure !== undefined) this.failures.push(failure);
    }
  }

  private async once(): Promise<string | undefined> {
    const { status, text, headers } = await this.act.ask(this.place, { path: "/invocations", body: this.body });
    this.answered += 1;
    const version = String(headers["x-model-version"] ?? "none");
    this.versions[version] = (this.versions[version] ?? 0) + 1;
    if (status !== 200) return `${status} ${shortened(text)}`;
    return this.wrong(version, text);
  }
}
