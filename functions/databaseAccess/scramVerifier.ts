import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** What PostgreSQL uses itself (`scram_iterations`). */
const iterations = 4096;

/**
 * What PostgreSQL stores instead of a password, made here so that the password itself never travels in a statement:
 * statements end up in `pg_stat_activity` and in the server's log.
 * Format: https://www.postgresql.org/docs/current/catalog-pg-authid.html; algorithm: RFC 5802 with SHA-256 (RFC 7677).
 *
 * @param salt 16 random bytes unless given.
 * @throws when the password has characters outside printable ASCII: for those alone SASLprep changes nothing, so server
 * and client agree on the bytes.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  if (!/^[\x20-\x7e]+$/.test(password)) {
    throw new Error("The password is empty or has characters outside printable ASCII; generate one from ASCII only");
  }
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest();
  const serverKey = createHmac("sha256", salted).update("Server Key").digest();
  const base64 = (bytes: Buffer) => bytes.toString("base64");
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$${base64(storedKey)}:${base64(serverKey)}`;
}
