import { expect } from "chai";
import { bundleFunction } from "../../functions/bundle";

/** A function as packaged. One per `describe`, whose hooks it sets: what it is configured with, and prints, is of one test. */
export class PackagedFunction<Result> {
  /** What the function has printed in this test, read from JSON line by line. */
  printed: Record<string, unknown>[] = [];
  readonly #file: string;

  constructor(name: string) {
    this.#file = bundleFunction(name).file;
    const { log } = console;
    let untouched: NodeJS.ProcessEnv;
    beforeEach(() => {
      untouched = { ...process.env };
      Object.assign(process.env, this.environment());
      this.printed = [];
      console.log = (line: string) => this.printed.push(JSON.parse(line));
    });
    afterEach(() => {
      console.log = log;
      for (const name of Object.keys(process.env)) if (!(name in untouched)) delete process.env[name];
      Object.assign(process.env, untouched);
      for (const line of this.printed) expect(line).to.include.keys("level", "message");
    });
  }

  /** @param context what AWS tells the function beside how much time is left */
  invoke(event: unknown, seconds = 30, context: object = {}): Promise<Result> {
    const end = Date.now() + seconds * 1000;
    const { handler } = require(this.#file);
    return handler(event, { ...context, getRemainingTimeInMillis: () => end - Date.now() });
  }

  /** The message with which it refuses; that it does is asserted. */
  reasonOf(event: unknown, seconds?: number): Promise<string> {
    return this.invoke(event, seconds).then(
      () => expect.fail("it should have been refused"),
      (error: Error) => error.message,
    );
  }

  /** What AWS gives each function; once the tests run. */
  protected environment(): Record<string, string> {
    return { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "simulated", AWS_SECRET_ACCESS_KEY: "simulated" };
  }
}
