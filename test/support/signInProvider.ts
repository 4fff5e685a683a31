import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { freePort } from "./freePort";

/** Whom the provider says it signed in. */
export interface MadeUpPerson {
  email: string;
  emailVerified: boolean;
  groups: string[];
}

/** A simulated OpenID Connect provider, which signs in whoever it is told to, and checks what a client must prove. */
export class SimulatedSignInProvider {
  person: MadeUpPerson = { email: "ann@example.com", emailVerified: true, groups: [] };
  private readonly key = generateKeyPairSync("rsa", { modulusLength: 2048 });
  private readonly codes = new Map<string, { nonce: string; challenge: string; redirectUri: string }>();

  private constructor(
    readonly issuer: string,
    private readonly client: { id: string; secret: string },
    private readonly server: Server,
  ) {}

  static async start(client: { id: string; secret: string }): Promise<SimulatedSignInProvider> {
    const portNumber = await freePort();
    const server = createServer();
    const provider = new SimulatedSignInProvider(`http://localhost:${portNumber}`, client, server);
    server.on("request", async (request, response) => {
      const { status, body } = provider.answer(request.url ?? "", await read(request), request.headers.authorization);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(portNumber, "localhost", resolve));
    return provider;
  }

  stop(): void {
    this.server.close();
  }

  /** What the browser is sent back with after the person has signed in at the address it was sent to. */
  signIn(address: string): URLSearchParams {
    const asked = new URL(address).searchParams;
    if (asked.get("client_id") !== this.client.id || asked.get("code_challenge_method") !== "S256") {
      throw new Error(`the provider does not know this client: ${address}`);
    }
    const code = `code-${this.codes.size}`;
    const [nonce, challenge, redirectUri] = ["nonce", "code_challenge", "redirect_uri"].map(
      (each) => asked.get(each) ?? "",
    );
    this.codes.set(code, { nonce: nonce!, challenge: challenge!, redirectUri: redirectUri! });
    return new URLSearchParams({ code, state: asked.get("state") ?? "" });
  }

  private answer(path: string, body: string, authorization = ""): { status: number; body: unknown } {
    if (path === "/.well-known/openid-configuration") {
      const at = (place: string) => `${this.issuer}/${place}`;
      return {
        status: 200,
        body: {
          issuer: this.issuer,
          authorization_endpoint: at("authorize"),
          token_endpoint: at("token"),
          jwks_uri: at("keys"),
          id_token_signing_alg_values_supported: ["RS256"],
          code_challenge_methods_supported: ["S256"],
        },
      };
    }
    if (path === "/keys") {
      return {
        status: 200,
        body: { keys: [{ ...this.key.publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" }] },
      };
    }
    return path === "/token" ? this.token(new URLSearchParams(body), authorization) : { status: 404, body: {} };
  }

  private token(asked: URLSearchParams, authorization: string): { status: number; body: unknown } {
    const known = this.codes.get(asked.get("code") ?? "");
    const basic = Buffer.from(authorization.replace(/^Basic /, ""), "base64").toString();
    const secret = asked.get("client_secret") ?? basic.split(":")[1];
    const challenge = createHash("sha256")
      .update(asked.get("code_verifier") ?? "")
      .digest("base64url");
    if (
      !known ||
      secret !== this.client.secret ||
      challenge !== known.challenge ||
      asked.get("redirect_uri") !== known.redirectUri
    ) {
      return { status: 400, body: { error: "invalid_grant" } };
    }
    const now = Math.floor(Date.now() / 1000);
    const { email, emailVerified, groups } = this.person;
    const claims = {
      ...{
        iss: this.issuer,
        aud: this.client.id,
        sub: `sub-of-${email}`,
        iat: now,
        exp: now + 600,
        nonce: known.nonce,
      },
      ...{ email, email_verified: emailVerified, groups },
    };
    const encoded = [{ alg: "RS256", kid: "1", typ: "JWT" }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    const signature = sign("sha256", Buffer.from(encoded), this.key.privateKey).toString("base64url");
    return {
      status: 200,
      body: {
        access_token: "made-up-token",
        token_type: "Bearer",
        expires_in: 600,
        id_token: `${encoded}.${signature}`,
      },
    };
  }
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const data of request.setEncoding("utf8")) text += data;
  return text;
}
