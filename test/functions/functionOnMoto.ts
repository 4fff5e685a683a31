import { expect } from "chai";
import { bundleFunction } from "../../functions/bundle";
import { type Moto, motoMissing, startMoto } from "../support/moto";
import { skip } from "../support/skip";

/** A function as packaged, with a moto of its own. One per `describe`, which it gives the hooks that it needs. */
export class FunctionOnMoto<Result> {
  moto!: Moto;
  /** What the function has printed in this test, read from JSON line by line. */
  printed: Record<string, unknown>[] = [];
  #handler!: (event: unknown, context: { getRemainingTimeInMillis(): number }) => Promise<Result>;

  /** @param environment what the function's configuration holds beside what AWS gives each function. */
  constructor(name: string, environment: Record<string, string> = {}) {
    const self = this;
    const { log } = console;
    const untouched = { ...process.env };
    before(async function () {
      const missing = motoMissing();
      if (missing !== undefined) skip(this, missing);
      self.moto = await startMoto();
      self.#handler = require(bundleFunction(name).file).handler;
    });
    after(() => this.moto?.stop());
    beforeEach(async () => {
      await this.moto.reset();
      Object.assign(process.env, this.moto.environment, environment);
      this.printed = [];
      console.log = (line: string) => this.printed.push(JSON.parse(line));
    });
    afterEach(() => {
      console.log = log;
      for (const name of Object.keys({ ...this.moto?.environment, ...environment })) {
        if (untouched[name] === undefined) delete process.env[name];
        else process.env[name] = untouched[name];
      }
      for (const line of this.printed) expect(line).to.include.keys("level", "message");
    });
  }

  invoke(event: unknown, seconds = 30): Promise<Result> {
    const end = Date.now() + seconds * 1000;
    return this.#handler(event, { getRemainingTimeInMillis: () => end - Date.now() });
  }

  /** The message with which it refuses; that it does is asserted. */
  reasonOf(event: unknown): Promise<string> {
    return this.invoke(event).then(
      () => expect.fail("it should have been refused"),
      (error: Error) => error.message,
    );
  }
}
