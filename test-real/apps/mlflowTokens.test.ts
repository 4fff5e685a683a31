import { expect } from "chai";
import { HubServer } from "../../test/support/hubServer";
import { ask } from "../../test/support/mlflowServer";
import { pythonOrSkip } from "../../test/support/pythonOrSkip";

const nora = { email: "Nora@Example.com", email_verified: true, "cognito:groups": ["ml", "sales"] };

describe("tokens for MLflow, made by a real JupyterHub", function () {
  this.timeout(120_000);
  let hub: HubServer | undefined;

  before(async function () {
    this.timeout(300_000);
    const python = await pythonOrSkip(this, "jupyterhub", 150);
    hub = await HubServer.start(python);
  });

  after(() => hub?.stop());

  const asked = async (token: string | undefined, method = "POST") => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `token ${token}` };
    const path = "/hub/api/mlflow-token";
    const answer = await ask(hub!.portNumber, { method, path, host: "hub.example.com", headers });
    return { ...answer, said: JSON.parse(answer.text) };
  };
  const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString());

  it("a server gets one for its owner, with the address and the groups of the sign-in, for a quarter of an hour", async () => {
    expect(await hub!.signIn("nora", nora)).to.equal(true);
    const { JUPYTERHUB_API_TOKEN } = await hub!.server("nora");
    const { status, said, headers } = await asked(JUPYTERHUB_API_TOKEN!);
    expect(status).to.equal(200);
    expect(headers["cache-control"]).to.equal("no-store");
    const { iat, exp, ...rest } = claimsOf(said.token);
    expect(rest).to.deep.equal({ iss: "jupyterhub", aud: "mlflow", sub: "nora@example.com", groups: ["ml", "sales"] });
    expect(exp - iat).to.equal(900);
    expect(said.expires).to.equal(exp);
    expect(iat).to.be.closeTo(Date.now() / 1000, 30);
  });

  it("a person gets one with a token of the hub that may do all the person may, and with no narrower one", async () => {
    expect((await asked(await hub!.token("nora", "inherit"))).status).to.equal(200);
    const narrow = await asked(await hub!.token("nora", "read:users!user=nora"));
    expect([narrow.status, narrow.said.message]).to.deep.equal([
      403,
      "Only a person, and that person's servers, get a token for MLflow.",
    ]);
  });

  it("nobody, a made-up token and a service get none", async () => {
    expect((await asked(undefined)).status).to.equal(403);
    expect((await asked("made-up")).status).to.equal(403);
    expect((await asked(hub!.robot)).status).to.equal(403);
    expect((await asked(await hub!.token("nora", "inherit"), "GET")).status).to.equal(405);
  });

  it("whoever has left a group has it no more at the next sign-in, and nobody keeps one without signing in", async () => {
    await hub!.signIn("gone", { ...nora, email: "gone@example.com" });
    const { JUPYTERHUB_API_TOKEN: token } = await hub!.server("gone");
    await hub!.signIn("gone", { ...nora, email: "gone@example.com", "cognito:groups": ["ml"] });
    expect(claimsOf((await asked(token!)).said.token).groups).to.deep.equal(["ml"]);
    // Out of all groups: the sign-in is refused, and what the hub has of the last one ends with its day.
    expect(await hub!.signIn("gone", { ...nora, "cognito:groups": ["sales"] })).to.equal(false);
    await hub!.age("gone", 86_300);
    expect((await asked(token!)).status).to.equal(200);
    await hub!.age("gone", 200);
    const late = await asked(token!);
    expect([late.status, late.said.message]).to.deep.equal([
      403,
      "Your sign-in is too old: sign out of JupyterHub and in again. Your server goes on meanwhile.",
    ]);
  });

  for (const [what, claims] of [
    ["no address", { email: undefined }],
    ["an address that the provider has not verified", { email_verified: false }],
    ["an address that Cognito has not verified", { email_verified: "false" }],
    ["an address without an at sign, as machines have", { email: "releases" }],
  ] as const) {
    it(`a person of whom the provider tells ${what} gets none`, async () => {
      expect(await hub!.signIn("unknown", { ...nora, ...claims })).to.equal(true);
      const answer = await asked(await hub!.token("unknown", "inherit"));
      expect(answer.status).to.equal(403);
      expect(answer.said.message).to.contain("no verified e-mail address");
    });
  }
});
