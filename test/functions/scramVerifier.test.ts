import { createHmac } from "node:crypto";
import { expect } from "chai";
import { scramVerifier } from "../../functions/databaseAccess/scramVerifier";

describe("scramVerifier", () => {
  it("holds the server key that signs the exchange of RFC 7677", () => {
    const salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
    const nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const exchange = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=${salt},i=4096,c=biws,r=${nonce}`;

    const verifier = scramVerifier("pencil", Buffer.from(salt, "base64"));

    expect(verifier).to.match(/^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$[\w+/]{43}=:[\w+/]{43}=$/);
    const serverKey = Buffer.from(verifier.split(":")[2]!, "base64");
    expect(createHmac("sha256", serverKey).update(exchange).digest("base64")).to.equal(
      "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    );
  });

  it("salts: the same password never gives the same text twice", () => {
    expect(scramVerifier("pencil")).not.to.equal(scramVerifier("pencil"));
  });

  for (const password of ["", "naïve", "tab\there", "\u00a0"]) {
    it(`refuses ${JSON.stringify(password)}, whose bytes server and client may not agree on`, () => {
      expect(() => scramVerifier(password)).to.throw("printable ASCII");
    });
  }
});
