import ora from "ora";

/** Where a long step tells how far it is. Always on stderr: stdout belongs to results. */
export interface Progress {
  /** Replaces the current line, or adds one at most every few seconds where there is no terminal. */
  update(text: string): void;
  /** A line that stays. */
  note(text: string): void;
  /** Ends the step; `text` stays, or nothing where it is left out. */
  done(text?: string): void;
  /** Ends the step as failed. */
  failed(text: string): void;
}

const plainIntervalMillis = 5000;

function plainProgress(write: (line: string) => void): Progress {
  let last = 0;
  return {
    update(text) {
      const now = Date.now();
      if (now - last < plainIntervalMillis) return;
      last = now;
      write(text);
    },
    note: write,
    done(text) {
      if (text) write(text);
    },
    failed: write,
  };
}

function spinnerProgress(): Progress {
  // Input stays untouched, so that Ctrl-C reaches this process as a signal.
  const spinner = ora({ stream: process.stderr, discardStdin: false });
  return {
    update(text) {
      spinner.text = text;
      if (!spinner.isSpinning) spinner.start();
    },
    note(text) {
      const spinning = spinner.isSpinning;
      spinner.clear();
      process.stderr.write(`${text}\n`);
      if (spinning) spinner.render();
    },
    done(text) {
      if (text) spinner.succeed(text);
      else spinner.stop();
    },
    failed(text) {
      spinner.fail(text);
    },
  };
}

/** A spinner on a terminal, plain lines anywhere else, also on a terminal that tells no width: lines are counted by it. */
export function startProgress(): Progress {
  return process.stderr.isTTY && process.stderr.columns > 0
    ? spinnerProgress()
    : plainProgress((line) => process.stderr.write(`${line}\n`));
}

/** Does something that takes long, and ends its progress also where it fails: a spinner would keep the process alive for ever. */
export async function during<T>(work: (progress: Progress) => Promise<T>, progress = startProgress()): Promise<T> {
  try {
    return await work(progress);
  } finally {
    progress.done();
  }
}

/** For callers that do not want to see anything. */
export const silentProgress: Progress = { update() {}, note() {}, done() {}, failed() {} };
