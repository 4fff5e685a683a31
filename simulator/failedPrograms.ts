import { setTimeout as sleep } from "node:timers/promises";
import type { PulumiFn } from "@pulumi/pulumi/automation";

type Disconnect = (signalShutdown?: boolean) => Promise<void>;

/** Time in which all that a program can still ask, once it has returned and its engine has ended, is asked and refused. */
const settlingMillis = 1000;

/** The program of one run, in this process. */
export interface ProgramOfRun {
  /** The program, to be handed to the engine in place of the one that is given. */
  follow(program: PulumiFn): PulumiFn;
  /**
   * Waits until the program and all that it asked of the engine have ended; does not wait where it was never called, and little where it has returned: then
   * what is left waits for outputs of what failed, and that for ever. Its engine may have failed or have
   * been killed before: what the program then asks fails with `UNAVAILABLE: No connection established`, and in the next run of this process that
   * would count as an error of the next program, since the SDK listens for rejections of the whole process.
   * @returns false where it still goes on after so many milliseconds
   */
  ended(limitMillis: number): Promise<boolean>;
  /** Leaves the SDK as it was. */
  stop(): void;
}

/**
 * Has a program that ran into errors end as one that failed, as the SDK's own runner of programs has it (`cmd/run`). The server of programs in
 * this process tells the engine first that the program is through: under `--continue-on-error` engine 3.259 then deletes whatever was not asked for
 * since what it depends on had failed, and before that follows every path through the dependencies of what failed, one by one, which may not end.
 */
export function endingAsFailed(): ProgramOfRun {
  const module = require("@pulumi/pulumi/runtime/settings") as { disconnect: Disconnect; waitForRPCs: Disconnect };
  const original = module.disconnect;
  let failed = false;
  let [through, isThrough] = [Promise.resolve(), () => {}];
  let returned: Promise<unknown> = through;
  // Where nobody else listens, the error is not a program's, and ends the process as it would without this.
  const noting = (event: "unhandledRejection" | "uncaughtException") => {
    const note = (error: unknown) => {
      failed = true;
      if (process.listenerCount(event) === 1) throw error;
    };
    process.on(event, note);
    return () => process.off(event, note);
  };
  const undo = [noting("unhandledRejection"), noting("uncaughtException")];
  module.disconnect = async (signalShutdown) => {
    try {
      await module.waitForRPCs();
      await new Promise((resolve) => setImmediate(resolve)); // Rejections are told once what is queued has run.
      await original(signalShutdown === true && !failed);
    } finally {
      isThrough();
    }
  };
  return {
    follow: (program) => () => {
      through = new Promise((resolve) => {
        isThrough = resolve;
      });
      const result = program();
      returned = Promise.resolve(result).catch(() => undefined);
      return result;
    },
    ended: async (limitMillis) => {
      const limit = new AbortController();
      const late = sleep(limitMillis, false, { signal: limit.signal });
      try {
        const settled = returned.then(() => sleep(settlingMillis, true, { signal: limit.signal }));
        return await Promise.race([through.then(() => true), settled, late]);
      } finally {
        limit.abort();
      }
    },
    stop: () => {
      for (const each of undo) each();
      module.disconnect = original;
    },
  };
}
