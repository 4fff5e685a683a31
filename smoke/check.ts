import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster";
import { Fault, LastingFault, NotChecked } from "./fault";
import { type Answer, type Asked, ask, type Place } from "./http";
import type { Outputs } from "./outputs";

/** Parts of a platform, in the order in which they are checked. */
export const pieces = [
  "kubernetes",
  "mlflow",
  "models",
  "airflow",
  "jupyterhub",
  "monitoring",
  "network",
  "addresses",
] as const;
export type Piece = (typeof pieces)[number];

/** What a check found. */
export interface Found {
  /** A sentence of what was seen. */
  detail: string;
  /** Numbers with their units in their names, such as `aliasToAnswerSeconds`. */
  measured?: Record<string, number>;
}

/** One act of a user, and what it must lead to. */
export interface Check {
  piece: Piece;
  /** What is done, such as `log a run and an artifact`. */
  name: string;
  /** How long it may take. */
  limitSeconds: number;
  /** Page that helps where it fails, from the repository's top. */
  where: string;
  /** @throws Fault where it does not work; NotChecked where the stack has nothing to check. */
  run(act: Act): Promise<Found>;
}

/** What is done within one check, and how it is undone. */
export class Act {
  /** In the name of everything that is made. */
  readonly id = `smoke-${randomBytes(4).toString("hex")}`;
  private readonly undoing: { what: string; undo: () => Promise<unknown> }[] = [];
  private readonly begun = performance.now();

  constructor(
    readonly outputs: Outputs,
    readonly cluster: Cluster,
    private readonly limitSeconds: number,
    private signal: AbortSignal,
    /** Replaces what is told while it lasts. */
    readonly say: (text: string) => void,
  ) {}

  /** Whether the stack has a namespace, and with it the piece that lives there. */
  has(namespace: string): boolean {
    return this.outputs.namespaces.includes(namespace);
  }

  /** @throws NotChecked where the stack does not have it. */
  needs(namespace: string, piece: string): void {
    if (!this.has(namespace)) throw new NotChecked(`the stack has no ${piece}`);
  }

  /** Is done after the check, last first, however the check ends. */
  undo(what: string, undo: () => Promise<unknown>): void {
    this.undoing.push({ what, undo });
  }

  ask(place: Place, asked: Asked): Promise<Answer> {
    return ask(place, asked, this.signal);
  }

  /** A way to a Service of the cluster, as long as the check lasts. */
  async reach(namespace: string, service: string, port: number): Promise<Place> {
    const way = await this.cluster.forward(namespace, service, port);
    this.undo(`connection to ${service}`, async () => way.close());
    return way.place;
  }

  /** One value of a Secret. @throws Fault where it is not there. */
  async secret(namespace: string, name: string, key: string): Promise<string> {
    const values = await this.cluster.secret(namespace, name);
    if (values === undefined) throw new Fault(`the Secret ${namespace}/${name} is not there`);
    const value = values[key];
    if (value === undefined) throw new Fault(`the Secret ${namespace}/${name} has no key ${key}`);
    return value;
  }

  /**
   * What `reached` gives once it gives something; a `Fault` of it may pass.
   * @param seconds At most this long; else as long as the check may take.
   * @throws Fault with the last reason when it does not in time.
   */
  async until<T>(what: string, reached: () => Promise<T | undefined>, seconds = this.limitSeconds): Promise<T> {
    const end = Math.min(performance.now() + seconds * 1000, this.begun + (this.limitSeconds - 2) * 1000);
    const since = performance.now();
    for (let last: string | undefined; ; await sleep(500, undefined, { signal: this.signal })) {
      try {
        const found = await reached();
        if (found !== undefined) return found;
      } catch (error) {
        if (!(error instanceof Fault) || error instanceof LastingFault) throw error;
        last = error.message;
      }
      if (performance.now() <= end) continue;
      const waited = `${Math.round((performance.now() - since) / 1000)} s`;
      throw new Fault(last === undefined ? `no ${what} within ${waited}` : `${last} (no ${what} within ${waited})`);
    }
  }

  /** @returns what could not be undone, with reasons. */
  async tidy(limitSeconds = 60): Promise<string[]> {
    const left: string[] = [];
    for (const { what, undo } of this.undoing.reverse()) {
      this.signal = AbortSignal.timeout(limitSeconds * 1000);
      const late = sleep(limitSeconds * 1000, undefined, { ref: false }).then(() => {
        throw new Error(`not done within ${limitSeconds} s`);
      });
      await Promise.race([undo(), late]).catch((error: Error) => left.push(`${what} (${error.message})`));
    }
    this.undoing.length = 0;
    return left;
  }
}
