/** Addresses are read once, here: what passes can be given to `new URL` anywhere. */

const label = /^[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?$/i;
const octet = /^(0|[1-9]\d{0,2})$/;

/** Whether a text is an IPv4 address as people write it; `1.2.3` and `0x7f.1`, which URLs also take for one, are none. */
export function isIpv4(text: string): boolean {
  const octets = text.split(".");
  return octets.length === 4 && octets.every((each) => octet.test(each) && Number(each) <= 255);
}

/** Whether a text is a host: a DNS name, or an IPv4 address. https://www.rfc-editor.org/rfc/rfc1123#section-2 */
export function isHost(text: string): boolean {
  if (isIpv4(text)) return true;
  const labels = text.split(".");
  return text.length <= 253 && labels.every((each) => label.test(each)) && !/^\d+$/.test(labels.at(-1) ?? "");
}

export function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65535;
}

/** Whether a host is whoever asks: in a pod, the pod itself. https://www.rfc-editor.org/rfc/rfc6890 */
export const isLoopback = (host: string) =>
  /^(localhost|.+\.localhost|127(\.\d+){3}|0\.0\.0\.0|\[(::1|::)\])$/i.test(host.replace(/\.$/, ""));

interface UrlRule {
  /** Such as `https`. */
  schemes: readonly string[];
  /** Whether anything may stand behind host and port. Query and fragment never may. */
  path: "none" | "optional" | "required";
  /** Whether it is asked from pods, to which their own address is nobody's. */
  fromPods?: boolean;
  /** Whether a user's name may stand in front of the host; never a password. */
  userName?: boolean;
}

/** What is wrong with an address; nothing where it can be used. */
export function urlFault(text: string, { schemes, path, userName, fromPods }: UrlRule): string | undefined {
  const [, scheme = "", authority = "", rest = ""] = /^([a-z]+):\/\/([^/?#\s]*)(\S*)$/.exec(text) ?? [];
  if (!schemes.includes(scheme))
    return `an address that begins with ${schemes.map((each) => `${each}://`).join(" or ")}, without spaces`;
  const at = authority.lastIndexOf("@");
  const user = at < 0 ? undefined : authority.slice(0, at);
  if (user !== undefined && (!userName || !/^[^:@]+$/.test(user))) {
    return userName ? "an address without a password in it" : "an address without user or password in it";
  }
  if (user !== undefined && !isUser(user)) return "an address whose user begins with no dash, and has %40 for an @";
  const [, host = "", port] = /^(\[[0-9a-f:.]+\]|[^:]*)(?::(.*))?$/i.exec(authority.slice(at + 1)) ?? [];
  if (!host.startsWith("[") && !isHost(host)) return "an address whose host is a DNS name or an IPv4 address";
  if (fromPods && isLoopback(host)) return "an address that pods reach: to each of them this one is itself";
  if (port !== undefined && !isPort(port)) return "an address whose port is a number from 1 to 65535";
  if (/[?#]/.test(rest)) return "an address without ? and #";
  if (path === "none" && rest !== "") return "an address that ends after its host or port";
  if (path === "required" && rest.replace(/\//g, "") === "") return "an address with a path behind its host";
  return URL.canParse(text) ? undefined : "an address that can be read as one";
}

/** Git takes a dash in front for an option, and reads what is encoded. */
function isUser(text: string): boolean {
  try {
    return !decodeURIComponent(text).startsWith("-");
  } catch {
    return false;
  }
}

/** What is wrong with the address of a git repository, by https or by ssh in one of its two forms. */
export function repositoryFault(text: string): string | undefined {
  const [, scheme] = /^(https|ssh):\/\//.exec(text) ?? [];
  if (scheme !== undefined) return urlFault(text, { schemes: [scheme], path: "required", userName: true });
  const [, user, host] = /^([^\s:/@]+)@(\[[0-9a-f:.]+\]|[^\s:/@]+):\S+$/i.exec(text) ?? [];
  const isAddress = (found: string) => (found.startsWith("[") ? URL.canParse(`ssh://${found}/`) : isHost(found));
  if (user !== undefined && host !== undefined && isAddress(host))
    return isUser(user) ? undefined : "an address whose user begins with no dash";
  return "https://host/path, https://user@host/path, ssh://user@host/path or user@host:path, without a password";
}

/** Whether a repository is reached by ssh, which nobody is let into without a key. */
export const isSsh = (repository: string) => !repository.startsWith("https://");

/** What is wrong with the port of a registry in front of an image's path. */
export function registryFault(text: string): string | undefined {
  const [first = "", ...rest] = text.split("/");
  const port = rest.length === 0 && !/^[^:]+:\d{1,5}$/.test(first) ? undefined : first.split(":")[1];
  return port === undefined || isPort(port) ? undefined : "a registry whose port is a number from 1 to 65535";
}
