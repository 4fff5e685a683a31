import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** What an Ed25519 key begins with in PKCS #8; the 32 bytes of the key follow. https://www.rfc-editor.org/rfc/rfc8410#section-7 */
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** The Ed25519 key that a secret text stands for; `mlplatform/integrity.py` says the same. */
export function privateKeyOf(seed: string): KeyObject {
  const bytes = createHash("sha256").update(seed).digest();
  return createPrivateKey({ key: Buffer.concat([pkcs8, bytes]), format: "der", type: "pkcs8" });
}

/** Public half of that key, in hexadecimal. */
export function publicKeyOf(seed: string): string {
  return createPublicKey(privateKeyOf(seed)).export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
}
