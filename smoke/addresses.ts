import { lookup } from "node:dns/promises";
import { checkServerIdentity, connect, type TLSSocket } from "node:tls";
import type { Act, Check } from "./check";
import { Fault, LastingFault, NotChecked } from "./fault";
import type { Place } from "./http";

/** Addresses that people open, by the outputs that name them. */
function addresses({ outputs }: Act): Record<string, URL> {
  const { homeUrl, airflowUrl, mlflowUrl, jupyterhubUrl, grafanaUrl, models = {} } = outputs;
  const tools = { homeUrl, airflowUrl, mlflowUrl, jupyterhubUrl, grafanaUrl };
  const named = [...Object.entries(tools), ...Object.entries(models).map(([name, { url }]) => [`models.${name}`, url])];
  const given = named.filter((each): each is [string, string] => each[1] !== undefined);
  const urls = given.map(([name, url]): [string, URL] => [name, new URL(url)]);
  // Where nothing is published, the address is one of the cluster's own network.
  return Object.fromEntries(urls.filter(([, { hostname }]) => !hostname.endsWith(".svc")));
}

const isLocal = (hostname: string) => hostname === "localhost" || hostname.endsWith(".localhost");

/** Where a name leads. Browsers take names in `.localhost` for the machine itself, whatever the resolver says. */
async function resolved(name: string, hostname: string): Promise<string> {
  if (isLocal(hostname)) return "127.0.0.1";
  try {
    return (await lookup(hostname)).address;
  } catch (error) {
    throw new Fault(`${name}: the name ${hostname} is not known (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** @throws LastingFault where browsers would warn; who has signed it counts only beyond one's own machine. */
async function certificate(name: string, { hostname, port }: URL, host: string): Promise<string> {
  const at = { host, port: Number(port || 443), servername: hostname, rejectUnauthorized: false };
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    const opened = connect(at, () => resolve(opened));
    opened.setTimeout(15_000, () => opened.destroy(new Error("not within 15 s"))).once("error", reject);
  }).catch((error: NodeJS.ErrnoException) => {
    throw new Fault(`${name}: no TLS at ${hostname} (${host}): ${error.code ?? error.message}`);
  });
  const shown = socket.getPeerCertificate();
  const problem = socket.authorizationError;
  socket.destroy();
  if (checkServerIdentity(hostname, shown) !== undefined) {
    throw new LastingFault(`${name}: the certificate is for ${shown.subjectaltname ?? "no name"}, not for ${hostname}`);
  }
  const days = Math.floor((Date.parse(shown.valid_to) - Date.now()) / 86_400_000);
  if (days < 0) throw new LastingFault(`${name}: the certificate of ${hostname} has expired: ${shown.valid_to}`);
  if (problem && !isLocal(hostname)) {
    throw new LastingFault(`${name}: browsers do not believe the certificate of ${hostname}: ${problem}`);
  }
  return problem ? "TLS that browsers warn about" : `TLS for ${days} days`;
}

/** Who answers there. @throws Fault where it is not the tool */
async function opened(act: Act, name: string, url: URL): Promise<string> {
  const address = await resolved(name, url.hostname);
  const secured = url.protocol === "https:" ? await certificate(name, url, address) : "plain HTTP";
  const model = name.startsWith("models.");
  const place: Place = {
    url: url.origin,
    name: url.host,
    // The certificate was looked at above.
    options: {
      lookup: (_, options, done) =>
        options.all ? done(null, [{ address, family: address.includes(":") ? 6 : 4 }]) : done(null, address, 4),
      rejectUnauthorized: false,
    },
  };
  const path = `${url.pathname.replace(/\/$/, "")}${model ? "/health/ready" : "/"}`;
  const { status, headers } = await act.ask(place, { path });
  if (status === 404) throw new Fault(`${name}: nobody is behind ${url.host} (404): is there an Ingress for it?`);
  // A model without a version says so by 503.
  if (status >= 500 && !(model && status === 503)) {
    throw new Fault(`${name}: ${url.host} answers ${status}: the ingress controller reaches no pod, or the pod fails`);
  }
  const to = headers.location === undefined ? undefined : new URL(headers.location, url);
  const back = to?.searchParams.get("redirect_uri");
  if (back && new URL(back).host !== url.host) {
    throw new LastingFault(`${name}: people who sign in are sent back to ${new URL(back).host}, not to ${url.host}`);
  }
  const signIn = to && to.host !== url.host ? `, sign-in at ${to.host}` : "";
  return `${url.host} (${secured}${signIn})`;
}

export const addressChecks: Check[] = [
  {
    piece: "addresses",
    name: "open every address by its name",
    limitSeconds: 180,
    where: "docs/smoke.md#addresses-that-do-not-open",
    async run(act) {
      const all = Object.entries(addresses(act));
      if (all.length === 0) throw new NotChecked("the stack publishes no address");
      const seen = await act.until("answer of every address", async () => {
        const found = await Promise.allSettled(all.map(([name, url]) => opened(act, name, url)));
        const faults = found.flatMap((each) => (each.status === "rejected" ? [each.reason as Error] : []));
        const other = faults.find((each) => !(each instanceof Fault));
        if (other !== undefined) throw other;
        const text = faults.map(({ message }) => message).join("; ");
        if (faults.some((each) => each instanceof LastingFault)) throw new LastingFault(text);
        if (faults.length > 0) throw new Fault(text);
        return found.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      });
      return { detail: seen.join(", ") };
    },
  },
];
