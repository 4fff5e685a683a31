/** The record of what a run did in the account, and the moment at which it is to be killed. */

import { Refusal } from "./account";
import { type EachTypeOnce, type FailureRule, Failures, type OperationKind } from "./failures";
import type { Subject } from "./provider";

export interface Operation extends Subject {
  kind: OperationKind;
  id: string;
}

export class Operations {
  readonly done: Operation[] = [];
  readonly failures: Failures;
  private happened = 0;
  private readonly release: (() => void)[] = [];
  private closed = false;

  constructor(
    rules: FailureRule[] | undefined,
    private readonly killAfter: number | undefined,
    private readonly onKill: (() => void) | undefined,
    private readonly latencyMillis: number,
    private readonly eachTypeOnce?: EachTypeOnce,
  ) {
    this.failures = new Failures(rules);
  }

  /** Runs one operation on the account, unless it is told to fail. */
  async run<T>(
    kind: OperationKind,
    subject: Subject,
    operation: () => Promise<T>,
    idOf: (result: T) => string,
  ): Promise<T> {
    if (this.latencyMillis > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMillis));
    const failure = this.failures.next(kind, subject);
    if (failure !== undefined) throw new Refusal("Told", failure);
    await this.eachTypeOnce?.refuse(kind, subject);
    if (this.killAfter !== undefined && this.happened >= this.killAfter) await this.silence();
    this.eachTypeOnce?.goesOn();
    const result = await operation();
    this.done.push({ ...subject, kind, id: idOf(result) });
    this.happened += 1;
    if (this.happened === this.killAfter) {
      this.onKill?.();
      await this.silence();
    }
    return result;
  }

  /** Lets go of the calls that were never to be answered. */
  close(): void {
    this.closed = true;
    this.eachTypeOnce?.close();
    for (const release of this.release) release();
  }

  private async silence(): Promise<void> {
    if (!this.closed) await new Promise<void>((resolve) => this.release.push(resolve));
    throw new Refusal("Killed", "the simulated cloud was told to be killed at this operation");
  }
}
