import { answering, type Received, type Reply } from "./answers";
import type { PlayedCluster } from "./cluster";
import { pod } from "./objects";

/** What a person sees of JupyterHub: its login, its API, and the way to a server. */
export class PlayedHub {
  readonly people = new Map<string, { starts: boolean; asked: number }>();
  private readonly tokens = new Map<string, string>();
  /** Faults. */
  open = false;
  takesAnything = false;
  starts = true;
  image: string | undefined;

  constructor(
    private readonly cluster: PlayedCluster,
    private readonly passwords: { user: string; admin: string },
  ) {}

  readonly answer = answering((received) => this.reply(received));

  private reply(received: Received): Reply {
    const { method, path, headers, body } = received;
    const token = headers.authorization?.replace("token ", "");
    const who = this.tokens.get(token ?? "") ?? /signed-in=(\w+)/.exec(headers.cookie ?? "")?.[1];
    if (path === "/hub/login" && method === "GET") return { headers: { "set-cookie": "_xsrf=x1; Path=/hub/" } };
    if (path === "/hub/login") return this.login(new URLSearchParams(body.toString()), headers.cookie ?? "");
    if (who === undefined) return { status: this.open ? 200 : 403 };
    const [, name = "", what] = /^\/hub\/api\/users\/(\w+)(?:\/(\w+))?$/.exec(path) ?? [];
    const found = this.people.get(name);
    if (path.startsWith("/user/")) return { status: this.people.get(path.split("/")[2]!)?.starts ? 200 : 404 };
    if (what === "tokens") {
      if (headers["x-xsrftoken"] !== "x1") return { status: 403 };
      this.tokens.set(`token-of-${name}`, name);
      return { status: 201, body: { token: `token-of-${name}` } };
    }
    if (what === "server") return this.start(name);
    if (method === "DELETE") {
      if (who !== "admin") return { status: 403 };
      const starting = this.cluster.objects.some(({ metadata }) => metadata?.name === `jupyter-${name}`);
      if (this.image !== undefined && starting) return { status: 400, body: { message: "its server is starting" } };
      this.people.delete(name);
      this.cluster.objects = this.cluster.objects.filter(({ metadata }) => metadata?.name !== `jupyter-${name}`);
      return { status: 204 };
    }
    if (found === undefined) return { status: 404 };
    found.asked += 1;
    const server = { ready: this.image === undefined && found.asked > 1, pending: "spawn" };
    return { body: { name, servers: found.starts ? { "": server } : {} } };
  }

  private login(form: URLSearchParams, cookie: string): Reply {
    const name = form.get("username")!;
    const right = name === "admin" ? this.passwords.admin : this.passwords.user;
    if (!cookie.includes(`_xsrf=${form.get("_xsrf")}`)) return { status: 403 };
    if (form.get("password") !== right && !this.takesAnything) return { status: 403 };
    if (name !== "admin") this.people.set(name, { starts: false, asked: 0 });
    return { status: 302, headers: { "set-cookie": `signed-in=${name}; Path=/hub/` } };
  }

  private start(name: string): Reply {
    if (!this.starts) return { status: 429, body: { message: "2 of 2 servers run" } };
    this.people.get(name)!.starts = true;
    const made = pod("jupyterhub", `jupyter-${name}`, {
      "hub.jupyter.org/username": name,
      component: "singleuser-server",
    });
    if (this.image !== undefined) {
      made.spec!.containers[0]!.image = this.image;
      made.status!.conditions = [{ type: "Ready", status: "False" }];
      made.status!.containerStatuses![0]!.state = { waiting: { reason: "ErrImagePull", message: "not found" } };
    }
    const claim = { namespace: "jupyterhub", name: `claim-${name}`, labels: { "hub.jupyter.org/username": name } };
    this.cluster.objects.push(made, { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: claim });
    return { status: 202 };
  }
}
