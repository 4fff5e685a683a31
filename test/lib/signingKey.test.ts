import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { publicKeyOf } from "../../components/lib/signingKey";

describe("the key that the release path signs with", () => {
  it("has the public half that Python makes of the same text, by which pods check", () => {
    const cases = join(__dirname, "../../workloads/mlplatform/tests/integrity_cases.json");
    const { seed, publicKey } = JSON.parse(readFileSync(cases, "utf8"));
    expect(publicKeyOf(seed)).to.equal(publicKey);
    expect(publicKeyOf(`${seed}x`)).to.not.equal(publicKey);
  });
});
