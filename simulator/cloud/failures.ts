/** Failures that a run is told to have, and the moment it is told to be killed. */
import { Refusal } from "./account";
import type { Subject } from "./provider";

export type OperationKind = "create" | "update" | "delete";

/** Makes operations on a type, or on one resource of it, fail. */
export interface FailureRule {
  /** Type token such as `aws:rds/instance:Instance`, or its end: `rds/instance:Instance`, `Instance`. */
  type: string;
  /** Logical name; absent means every resource of the type. */
  name?: string;
  /** How many operations fail; `Infinity` means all. */
  times: number;
  /** Absent means any. */
  operation?: OperationKind;
  /** What the provider answers. */
  message?: string;
  /** An update is answered as done, and the cloud takes it back by itself without a word; creates and deletes go on as ever. */
  takenBack?: true;
}

/** Counts down the rules of one run. */
export class Failures {
  private readonly left: { rule: FailureRule; times: number; hits: number }[];

  constructor(rules: FailureRule[] = []) {
    this.left = rules.map((rule) => ({ rule, times: rule.times, hits: 0 }));
  }

  /** The message an operation fails with, or nothing when it may go on. */
  next(operation: OperationKind, subject: Subject): string | undefined {
    const rule = this.take(operation, subject, false);
    if (rule === undefined) return undefined;
    return (
      rule.message ?? `InternalFailure: told to fail ${operation} of ${subject.type} "${subject.name}" (simulated)`
    );
  }

  /** Whether the cloud is to take this update back by itself. */
  takesBack(subject: Subject): boolean {
    return this.take("update", subject, true) !== undefined;
  }

  private take(operation: OperationKind, subject: Subject, takenBack: boolean): FailureRule | undefined {
    const match = this.left.find(
      ({ rule, times }) => times > 0 && (rule.takenBack ?? false) === takenBack && matches(rule, operation, subject),
    );
    if (match === undefined) return undefined;
    match.times -= 1;
    match.hits += 1;
    return match.rule;
  }

  /** Rules that nothing ran into: most likely a misspelt type or name. */
  unmatched(): FailureRule[] {
    return this.left.filter(({ hits }) => hits === 0).map(({ rule }) => rule);
  }
}

/**
 * Makes the first operation of its kind on each type fail, over as many runs as it takes. A run ends with its first failure, so each answer waits
 * until nothing else goes on: then all that could fail by now fails together.
 */
export class EachTypeOnce {
  private readonly refused = new Set<string>();
  private waiting: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** @param quietMillis how long nothing else may happen before what is refused hears of it */
  constructor(
    private readonly kinds: readonly OperationKind[],
    private readonly quietMillis = 400,
  ) {}

  /** `create aws:sns/topic:Topic` of all that was refused so far, in that order. */
  get all(): string[] {
    return [...this.refused];
  }

  /** @throws a refusal, where this is the first of its kind */
  async refuse(kind: OperationKind, { type, name }: Subject): Promise<void> {
    const first = `${kind} ${type}`;
    if (!this.kinds.includes(kind) || this.refused.has(first)) return;
    this.refused.add(first);
    const answered = new Promise<void>((resolve) => this.waiting.push(resolve));
    this.goesOn();
    await answered;
    throw new Refusal("Told", `InternalFailure: the first ${kind} of ${type} fails, here "${name}"`);
  }

  /** Something else happens: what waits waits on. */
  goesOn(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.close(), this.quietMillis);
  }

  /** Answers whoever waits. */
  close(): void {
    clearTimeout(this.timer);
    for (const answer of this.waiting) answer();
    this.waiting = [];
  }
}

function matches(rule: FailureRule, operation: OperationKind, subject: Subject): boolean {
  const sameType =
    subject.type === rule.type || subject.type.endsWith(`:${rule.type}`) || subject.type.endsWith(`/${rule.type}`);
  return (
    sameType &&
    (rule.name === undefined || rule.name === subject.name) &&
    (rule.operation === undefined || rule.operation === operation)
  );
}
