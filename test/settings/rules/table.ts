import { expect } from "chai";
import { problemsOf } from "../fixtures";

/** A config that is refused for exactly this path, by a message that says this. */
export type Refused = [what: string, raw: unknown, path: string, says: RegExp];
/** What stands close to a refusal and must pass. */
export type Accepted = [what: string, raw: unknown];

/** Makes a test of each row. */
export function refuse(rows: Refused[]): void {
  for (const [what, raw, path, says] of rows) {
    it(`refuse: ${what}`, () => {
      const problems = problemsOf(raw);
      expect(problems.map((problem) => problem.path)).to.deep.equal([path]);
      const [problem] = problems;
      expect(`${problem?.allowed}; ${problem?.remedy}`).to.match(says);
    });
  }
}

/** Makes a test of each row. */
export function accept(rows: Accepted[]): void {
  for (const [what, raw] of rows) {
    it(`accept: ${what}`, () => {
      expect(problemsOf(raw)).to.deep.equal([]);
    });
  }
}
