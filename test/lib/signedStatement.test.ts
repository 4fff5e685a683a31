import { sign } from "node:crypto";
import { expect } from "chai";
import { saidIn } from "../../components/lib/signedStatement";
import { privateKeyOf, publicKeyOf } from "../../components/lib/signingKey";

const seed = "made-up-secret-of-a-test";
const record = (statement: string, by = seed) =>
  JSON.stringify({ statement, signature: sign(null, Buffer.from(statement), privateKeyOf(by)).toString("base64") });

describe("a signed statement", () => {
  it("is what was said, where the key has signed it", () => {
    expect(saidIn(record('{"serial": 1}'), publicKeyOf(seed))).to.deep.equal({ serial: 1 });
  });

  it("is nothing where it was changed, another key has signed it, or it is none", () => {
    const changed = record('{"serial": 1}').replace("1}", "2}");
    const wrong = [changed, record("{}", "somebody else's"), record("no JSON"), "", "{}", "[]", '{"statement": 1}'];
    for (const each of wrong) expect(saidIn(each, publicKeyOf(seed)), each).to.equal(undefined);
    for (const key of ["", "00", "zz".repeat(32)]) expect(saidIn(record("{}"), key), key).to.equal(undefined);
  });
});
