/** The simulated account: what exists in it, who refers to whom, and which names are taken. */
import { createHash } from "node:crypto";
import { Journal } from "./journal";
import type { Properties } from "./values";

/** A thing that exists in the account. */
export interface Existing {
  type: string;
  /** Logical name in the program, or a made-up one for what the cloud made by itself. */
  name: string;
  urn: string;
  id: string;
  /** Region, `global`, or the cluster a Kubernetes object lives in. */
  scope: string;
  /** Values by which others may refer to it: its id, ARN, name. */
  handles: string[];
  /** Physical names that nobody else may take while it exists. */
  claims: string[];
  /** Keys of what it refers to, each with the property that does; `holds` keeps the other from being deleted. */
  uses: { key: string; path: string; holds: boolean }[];
  inputs: Properties;
  outputs: Properties;
  /** How many times something was made for this URN; makes the ids of a replacement differ from the old ones. */
  generation: number;
  /** Fields that others wrote of an object which a program then applied its own to. */
  othersFields?: Properties;
  /** Who made it, where that was no program: a controller, or `somebody else` before any program ran. */
  madeBy?: string;
}

/** An answer of the account that refuses what was asked. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message} (simulated)`);
  }
}

/** Owner of what was in the account before any program ran. */
export const somebodyElse = "somebody else";

/** Account number no real account has. */
const madeUpNumber = "000000000000";
const numberType = "simulated:accountNumber";

export class Account {
  /** Whether a provider of this run has said that it means this account. */
  private meant = false;
  private readonly journal: Journal<Existing>;
  private readonly byHandle = new Map<string, Set<string>>();
  private readonly byClaim = new Map<string, string>();
  private readonly usersOf = new Map<string, Set<string>>();
  private readonly byType = new Map<string, Set<string>>();

  constructor(stateFile: string) {
    this.journal = new Journal(stateFile);
    for (const [key, existing] of this.journal.records) this.index(key, existing);
  }

  /** The account's number: made up, or the one that a provider allows. */
  get number(): string {
    return this.ofType(numberType)[0]?.id ?? madeUpNumber;
  }

  /**
   * Takes a number that a provider allows, so that a stack meant for one account can be rehearsed.
   * @throws a refusal, as AWS would, when the account is another one: something exists in it under its number.
   */
  allow(numbers: readonly string[]): void {
    const [number] = numbers;
    if (number === undefined) return;
    if (!numbers.includes(this.number)) {
      if (this.meant || this.list().length > 0) {
        throw new Refusal(
          "InvalidAccount",
          `AWS account ID not allowed: ${this.number}; allowed is ${numbers.join(", ")}. Destroy what was made in ${this.number} first, or allow it`,
        );
      }
      this.remove(...this.journal.records.keys());
      const common = { handles: [], claims: [], uses: [], inputs: {}, outputs: {}, generation: 0 };
      const urn = `${numberType}:${number}`;
      this.put({ ...common, type: numberType, name: number, urn, id: number, scope: "global", madeBy: somebodyElse });
    }
    this.meant = true;
  }

  static key(type: string, scope: string, id: string): string {
    return `${type}|${scope}|${id}`;
  }

  /** What programs made, and what controllers made for them and left behind. */
  list(): { type: string; id: string; urn: string; name: string }[] {
    return [...this.journal.records.values()]
      .filter(({ madeBy }) => madeBy !== somebodyElse)
      .map(({ type, id, urn, name }) => ({ type, id, urn, name }));
  }

  /** What was made last for a URN: lets a create that the engine never heard the end of be recovered. */
  find(urn: string): { id: string; outputs: Properties } | undefined {
    let latest: Existing | undefined;
    for (const existing of this.journal.records.values()) {
      if (existing.urn === urn && (latest === undefined || existing.generation > latest.generation)) latest = existing;
    }
    return latest === undefined ? undefined : { id: latest.id, outputs: latest.outputs };
  }

  get(type: string, scope: string, id: string): Existing | undefined {
    return this.journal.records.get(Account.key(type, scope, id));
  }

  byKey(key: string): Existing | undefined {
    return this.journal.records.get(key);
  }

  /** Everything of one type, in any scope. */
  ofType(type: string): Existing[] {
    return [...(this.byType.get(type) ?? [])].map((key) => this.journal.records.get(key)!);
  }

  all(): Iterable<Existing> {
    return this.journal.records.values();
  }

  /** The thing of one of these types that goes by this id, ARN or name. */
  resolve(types: readonly string[], handle: string): Existing | undefined {
    for (const key of this.byHandle.get(handle) ?? []) {
      const existing = this.journal.records.get(key)!;
      if (types.includes(existing.type)) return existing;
    }
    return undefined;
  }

  /** Whether anything at all goes by this id, ARN or name. */
  knows(handle: string): boolean {
    return (this.byHandle.get(handle)?.size ?? 0) > 0;
  }

  /** Who took a physical name. */
  owner(claim: string): Existing | undefined {
    const key = this.byClaim.get(claim);
    return key === undefined ? undefined : this.journal.records.get(key);
  }

  /** Those who refer to a thing and keep it from being deleted, each with the property that refers. */
  usersHolding(key: string): { user: Existing; path: string }[] {
    const users: { user: Existing; path: string }[] = [];
    for (const userKey of this.usersOf.get(key) ?? []) {
      const user = this.journal.records.get(userKey)!;
      for (const use of user.uses) if (use.key === key && use.holds) users.push({ user, path: use.path });
    }
    return users;
  }

  /** Those who refer to a thing in any way. */
  users(key: string): Existing[] {
    return [...(this.usersOf.get(key) ?? [])].map((userKey) => this.journal.records.get(userKey)!);
  }

  /** A number for the next thing made for this URN, counted up for as long as the account exists. */
  nextGeneration(urn: string): number {
    return (this.journal.counters.get(urn) ?? 0) + 1;
  }

  /** Hexadecimal digits that depend on nothing but the URN and its generation, so that runs can be compared. */
  digits(urn: string, generation: number, purpose: string, count: number): string {
    return createHash("sha256").update(`${urn}|${generation}|${purpose}`).digest("hex").slice(0, count);
  }

  /** Makes or changes things, all of them or none. */
  put(...things: Existing[]): void {
    if (things.length === 0) return;
    const changes = things.flatMap((existing) => [
      { put: Account.key(existing.type, existing.scope, existing.id), record: existing },
      ...(existing.generation === this.nextGeneration(existing.urn)
        ? [{ counter: existing.urn, value: existing.generation }]
        : []),
    ]);
    for (const existing of things) {
      const key = Account.key(existing.type, existing.scope, existing.id);
      const before = this.journal.records.get(key);
      if (before !== undefined) this.unindex(key, before);
    }
    this.journal.append(...changes);
    for (const existing of things) this.index(Account.key(existing.type, existing.scope, existing.id), existing);
  }

  remove(...keys: string[]): void {
    const present = keys.filter((key) => this.journal.records.has(key));
    for (const key of present) this.unindex(key, this.journal.records.get(key)!);
    if (present.length > 0) this.journal.append(...present.map((key) => ({ remove: key })));
  }

  close(): void {
    this.journal.close();
  }

  private index(key: string, existing: Existing): void {
    for (const handle of existing.handles) add(this.byHandle, handle, key);
    for (const claim of existing.claims) this.byClaim.set(claim, key);
    for (const use of existing.uses) add(this.usersOf, use.key, key);
    add(this.byType, existing.type, key);
  }

  private unindex(key: string, existing: Existing): void {
    for (const handle of existing.handles) this.byHandle.get(handle)?.delete(key);
    for (const claim of existing.claims) if (this.byClaim.get(claim) === key) this.byClaim.delete(claim);
    for (const use of existing.uses) this.usersOf.get(use.key)?.delete(key);
    this.byType.get(existing.type)?.delete(key);
  }
}

function add(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name);
  if (keys === undefined) index.set(name, new Set([key]));
  else keys.add(key);
}
