import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { jupyterhubValues } from "../../charts/values/jupyterhub";
import { notebookSignIn } from "../../charts/values/jupyterhubNames";
import { freePort } from "./freePort";
import { hubFacts, hubSignIns } from "./jupyterhubFacts";
import { tokenSeed } from "./personToken";
import type { PythonEnvironment } from "./pythonEnvironment";
import { SimulatedSignInProvider } from "./signInProvider";

/** What the hub finds mounted. */
export const hubSecrets = {
  "hub.config.ConfigurableHTTPProxy.auth_token": "proxy-".repeat(8),
  "hub.config.JupyterHub.cookie_secret": "ab".repeat(32),
  "hub.config.CryptKeeper.keys": "cd".repeat(32),
  "hub.services.prometheus.apiToken": "metrics-".repeat(8),
};

/** A real JupyterHub with the generated configuration, whose people sign in as the test says, and whose servers are not there. */
export class HubServer {
  /** Token of a service of the hub. */
  robot = "";
  private answers: ((line: string) => void)[] = [];
  private log = "";

  private constructor(
    readonly portNumber: number,
    private readonly folder: string,
    private readonly provider: SimulatedSignInProvider,
    private readonly child: ChildProcess,
  ) {}

  /** @param passwords Of everybody and of the person `admin`, where nobody signs in by a provider. */
  static async start(python: PythonEnvironment, passwords?: { user: string; admin: string }): Promise<HubServer> {
    const provider = await SimulatedSignInProvider.start({ id: "made-up-client", secret: "made-up" });
    const portNumber = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "hub-"));
    const signIn = { ...hubSignIns.oidc(provider.issuer), groups: { Ops: "admin", ml: "editor" } as const };
    const { signIn: _, ...unsigned } = hubFacts;
    const values = jupyterhubValues(passwords ? unsigned : { ...hubFacts, signIn });
    const env = {
      PATH: `${dirname(python.python)}:${process.env.PATH}`,
      HUB_DB_URL: `sqlite:///${folder}/hub.sqlite`,
      OAUTH_CLIENT_SECRET: "made-up",
      MLFLOW_TOKEN_SEED: tokenSeed,
      ...(passwords ? { HUB_USER_PASSWORD: passwords.user, HUB_ADMIN_PASSWORD: passwords.admin } : {}),
    };
    const child = spawn(python.python, [join(__dirname, "hub_server.py")], { env, cwd: folder, stdio: "pipe" });
    const hub = new HubServer(portNumber, folder, provider, child);
    child.stderr.on("data", (data) => (hub.log += data));
    createInterface(child.stdout).on("line", (line) => hub.answers.shift()?.(line));
    try {
      hub.robot = (await hub.send({ values, secrets: hubSecrets, portNumber })).robot;
    } catch (error) {
      hub.stop();
      throw error;
    }
    return hub;
  }

  /** Signs somebody in, of whom the provider says this. Whether that was allowed. */
  async signIn(name: string, claims: Record<string, unknown>): Promise<boolean> {
    const state = { oauth_user: { sub: name, ...claims } };
    return (await this.send({ do: "signIn", name, state })).allowed;
  }

  /** Environment of a server of the person's, as far as the hub makes it. */
  async server(name: string): Promise<Record<string, string>> {
    return (await this.send({ do: "start", name })).environment;
  }

  /** A token that the person makes for these scopes. */
  async token(name: string, ...scopes: string[]): Promise<string> {
    return (await this.send({ do: "token", name, scopes })).token;
  }

  /** Lets so much time pass since the person's sign-in. */
  async age(name: string, seconds: number): Promise<void> {
    await this.send({ do: "age", name, seconds });
  }

  /** Folder of what signs MLflow's client in, laid out as in a server. */
  packages(): string {
    for (const [path, text] of Object.entries(notebookSignIn())) {
      const file = join(this.folder, "python", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return join(this.folder, "python");
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers are as `hub_server.py` says.
  private send(line: object): Promise<any> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error(`the hub has ended:\n${this.log.slice(-4000)}`));
      this.child.once("exit", ended);
      this.answers.push((answer) => {
        this.child.off("exit", ended);
        resolve(JSON.parse(answer));
      });
      this.child.stdin!.write(`${JSON.stringify(line)}\n`);
    });
  }

  stop(): void {
    this.provider.stop();
    this.child.removeAllListeners("exit").kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
