import { createPublicKey, verify } from "node:crypto";

/** What an Ed25519 public key begins with; its 32 bytes follow. https://www.rfc-editor.org/rfc/rfc8410#section-4 */
const spki = Buffer.from("302a300506032b6570032100", "hex");

/**
 * The statement of a signed record; undefined where nobody has signed it with that key. `mlplatform/integrity.py` says the same.
 * @param publicKey in hexadecimal
 */
export function saidIn(record: string, publicKey: string): unknown {
  try {
    const { statement, signature } = JSON.parse(record) as { statement: string; signature: string };
    const key = createPublicKey({
      key: Buffer.concat([spki, Buffer.from(publicKey, "hex")]),
      format: "der",
      type: "spki",
    });
    const signed = verify(null, Buffer.from(statement), key, Buffer.from(signature, "base64"));
    return signed ? JSON.parse(statement) : undefined;
  } catch {
    return undefined;
  }
}
