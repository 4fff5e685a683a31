import { jupyterhubNamespace, jupyterhubSecrets } from "../charts/values/jupyterhubNames";
import type { Act } from "./check";
import { Fault, NotChecked } from "./fault";
import { json, type Place, shortened } from "./http";

interface Server {
  ready: boolean;
  pending: string | null;
}

interface User {
  name: string;
  servers: Record<string, Server>;
}

const proxy = { service: "proxy-public", port: 80 };

/** JupyterHub as a person sees it, through its proxy. https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html */
export class Hub {
  private constructor(
    private readonly act: Act,
    readonly place: Place,
  ) {}

  static async open(act: Act): Promise<Hub> {
    act.needs(jupyterhubNamespace, "JupyterHub");
    return new Hub(act, await act.reach(jupyterhubNamespace, proxy.service, proxy.port));
  }

  /** A generated password. @throws NotChecked where people sign in by a provider */
  async password(of: "user" | "admin"): Promise<string> {
    const values = await this.act.cluster.secret(jupyterhubNamespace, jupyterhubSecrets.signIn);
    const password = values?.[`${of}-password`];
    if (password === undefined) throw new NotChecked("people sign in to JupyterHub by their provider");
    return password;
  }

  /** Status of an API that asks who one is. */
  async status(token?: string): Promise<number> {
    const { status } = await this.act.ask(this.place, { path: "/hub/api/user", headers: authorized(token) });
    return status;
  }

  /** A token for the hub's API and one's own server; nothing where the password is refused. */
  async signIn(name: string, password: string): Promise<string | undefined> {
    const page = await this.act.ask(this.place, { path: "/hub/login" });
    const jar = new Map(cookies(page.headers["set-cookie"]));
    const xsrf = jar.get("_xsrf") ?? "";
    const cookie = () => [...jar].map(([key, value]) => `${key}=${value}`).join("; ");
    const form = new URLSearchParams({ username: name, password, _xsrf: xsrf }).toString();
    const signedIn = await this.act.ask(this.place, {
      ...{ method: "POST", path: `/hub/login?_xsrf=${encodeURIComponent(xsrf)}`, body: form },
      headers: { "content-type": "application/x-www-form-urlencoded", cookie: cookie() },
    });
    if (signedIn.status !== 302) return undefined;
    for (const [key, value] of cookies(signedIn.headers["set-cookie"])) jar.set(key, value);
    const made = await this.act.ask(this.place, {
      ...{ method: "POST", path: `/hub/api/users/${name}/tokens`, body: { note: this.act.id, expires_in: 3600 } },
      headers: { cookie: cookie(), "x-xsrftoken": jar.get("_xsrf") ?? "" },
    });
    return json<{ token: string }>(this.place, "a request for a token", made).token;
  }

  async start(name: string, token: string): Promise<void> {
    const asked = { method: "POST", path: `/hub/api/users/${name}/server`, body: {}, timeoutSeconds: 60 };
    const { status, text } = await this.act.ask(this.place, { ...asked, headers: authorized(token) });
    if (status >= 300) throw new Fault(`JupyterHub starts no server (${status}): ${shortened(text)}`);
  }

  /** What the hub says of one's server; nothing where there is none. */
  async server(name: string, token: string): Promise<Server | undefined> {
    const answer = await this.act.ask(this.place, { path: `/hub/api/users/${name}`, headers: authorized(token) });
    return json<User>(this.place, `users/${name}`, answer).servers[""];
  }

  /** Whether the notebook itself answers its owner. */
  async notebookAnswers(name: string, token: string): Promise<boolean> {
    const { status } = await this.act.ask(this.place, { path: `/user/${name}/api/status`, headers: authorized(token) });
    return status === 200;
  }

  /** Ends a person's server and forgets the person. One who is not there is no fault. */
  async remove(name: string, token: string): Promise<void> {
    const gone = { method: "DELETE", path: `/hub/api/users/${name}`, headers: authorized(token), timeoutSeconds: 60 };
    const { status, text } = await this.act.ask(this.place, gone);
    if (status >= 300 && status !== 404) throw new Error(`${status}: ${shortened(text)}`);
  }
}

const authorized = (token?: string): Record<string, string> =>
  token === undefined ? {} : { authorization: `token ${token}` };

const cookies = (given: string[] = []) =>
  given.map((each): [string, string] => {
    const [pair = ""] = each.split(";");
    const at = pair.indexOf("=");
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
