import { sign } from "node:crypto";
import { privateKeyOf } from "../../components/lib/signingKey";

/** What the hub of the tests signs with. */
export const tokenSeed = "made-up-seed-of-the-hub";

const part = (content: object | Buffer) =>
  (Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))).toString("base64url");

/** What a hub says of a person now. */
export function claims(over: Record<string, unknown> = {}): Record<string, unknown> {
  const iat = Math.floor(Date.now() / 1000);
  return {
    ...{ iss: "jupyterhub", aud: "mlflow", sub: "nora@example.com", groups: ["ml"] },
    ...{ iat, exp: iat + 900 },
    ...over,
  };
}

/** A token as the hub makes it; or one that somebody else makes, of another header or with another key. */
export function personToken(
  said: Record<string, unknown> = claims(),
  { seed = tokenSeed, header = { alg: "EdDSA", typ: "JWT" } }: { seed?: string; header?: object } = {},
): string {
  const signed = `${part(header)}.${part(said)}`;
  return `${signed}.${part(sign(null, Buffer.from(signed), privateKeyOf(seed)))}`;
}
