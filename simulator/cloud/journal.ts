/**
 * Keeps the account on disk. Each change is one line appended to `<state file>.journal` before the engine hears of it, so
 * a killed process loses nothing; the state file itself is rewritten only when the cloud starts and closes.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { readStateFile } from "../stateFile";

export interface Snapshot<T> {
  /** States how the values in this file came about, for whoever opens it. */
  note: string;
  version: 1;
  records: Record<string, T>;
  counters: Record<string, number>;
}

export type Change<T> = { put: string; record: T } | { remove: string } | { counter: string; value: number };

const note = "State of a simulated cloud account. Nothing in it exists anywhere.";

export class Journal<T> {
  readonly records = new Map<string, T>();
  readonly counters = new Map<string, number>();
  private readonly journalFile: string;
  private descriptor: number;

  /** @throws when the state file exists and is not the state of a simulated account. */
  constructor(private readonly stateFile: string) {
    this.journalFile = `${stateFile}.journal`;
    fs.mkdirSync(path.dirname(stateFile), { recursive: true });
    this.load();
    this.compact();
    this.descriptor = fs.openSync(this.journalFile, "a");
  }

  /** Applies changes and appends them to the journal, in one write so that they are kept together or not at all. */
  append(...changes: Change<T>[]): void {
    for (const change of changes) this.apply(change);
    fs.writeSync(this.descriptor, `${JSON.stringify(changes)}\n`);
  }

  /** Writes the state file anew and drops the journal. The journal cannot be used after that. */
  close(): void {
    if (this.descriptor < 0) return;
    fs.closeSync(this.descriptor);
    this.descriptor = -1;
    this.compact();
  }

  private apply(change: Change<T>): void {
    if ("put" in change) this.records.set(change.put, change.record);
    else if ("remove" in change) this.records.delete(change.remove);
    else this.counters.set(change.counter, change.value);
  }

  private load(): void {
    if (fs.existsSync(this.stateFile)) {
      const snapshot = readStateFile(this.stateFile, path.dirname(this.stateFile)) as Snapshot<T>;
      if (snapshot.version !== 1 || snapshot.records === undefined) {
        throw new Error(
          `${this.stateFile} is not the state of a simulated account (version ${snapshot.version}, 1 is allowed). Move it away to start with an empty account.`,
        );
      }
      for (const [key, record] of Object.entries(snapshot.records)) this.records.set(key, record);
      for (const [key, value] of Object.entries(snapshot.counters)) this.counters.set(key, value);
    }
    if (!fs.existsSync(this.journalFile)) return;
    for (const line of fs.readFileSync(this.journalFile, "utf8").split("\n")) {
      if (line === "") continue;
      let changes: Change<T>[];
      try {
        changes = JSON.parse(line) as Change<T>[];
      } catch {
        break; // The process died while it wrote this line: the operation was never answered.
      }
      for (const change of changes) this.apply(change);
    }
  }

  private compact(): void {
    const snapshot: Snapshot<T> = {
      note,
      version: 1,
      records: Object.fromEntries(this.records),
      counters: Object.fromEntries(this.counters),
    };
    const partFile = `${this.stateFile}.part`;
    fs.writeFileSync(partFile, `${JSON.stringify(snapshot, null, 1)}\n`);
    fs.renameSync(partFile, this.stateFile);
    fs.rmSync(this.journalFile, { force: true });
  }
}
