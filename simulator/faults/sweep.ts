import { EachTypeOnce } from "../cloud";
import type { OperationKind } from "../cloud/failures";
import type { Command, RunOptions, RunResult } from "../runOptions";

/** What a stack went through while the first operation of a kind on each type failed. */
export interface Phase {
  kind: OperationKind;
  /** Types that failed, in the order in which they did. */
  types: string[];
  /** Runs of the engine, the last of which succeeded. */
  runs: number;
}

/** Runs one command on the stack. */
export type Run = (command: Command, options: Partial<RunOptions>) => Promise<RunResult>;

/** Enough for one run to begin all that nothing else holds back. */
const parallel = 500;

/** Longer than a busy machine lets a run stand still while it has more to begin. */
const quietMillis = 1500;

/**
 * Runs a command until it succeeds, while the first operation of a kind on each type fails.
 * @throws where a run fails by anything else than what it was told: then the run before left something that does not heal
 */
export async function failingOnce(
  run: Run,
  command: "up" | "destroy",
  kind: OperationKind,
  onRun?: (runs: number, types: number) => void,
): Promise<Phase> {
  const eachTypeOnce = new EachTypeOnce([kind], quietMillis);
  for (let runs = 1; ; runs += 1) {
    const before = eachTypeOnce.all.length;
    const { result, error = "" } = await run(command, { eachTypeOnce, parallel });
    if (result === "succeeded") return { kind, types: typesOf(eachTypeOnce), runs };
    onRun?.(runs, eachTypeOnce.all.length);
    const others = error.split("\n").filter((line) => line.trim() !== "" && !told(line));
    if (eachTypeOnce.all.length === before || others.length > 0) {
      throw new Error(
        `${command} does not heal after ${runs} runs: ${error}\nfailed before: ${typesOf(eachTypeOnce).join(", ")}`,
      );
    }
  }
}

const typesOf = ({ all }: EachTypeOnce) => all.map((each) => each.slice(each.indexOf(" ") + 1));

/** Lines of a failure that was asked for, as the engine and the SDK hand it on; a component of a package hears that the engine has gone. */
const told = (line: string) =>
  /the first \w+ of \S+ fails, here "|^\s*(update|destroy) failed$|resource monitor|client connection is closing|^\s+at |error occurred/i.test(
    line,
  );
