import { type Tool, tools } from "../access";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Domains that no public server answers for. https://www.rfc-editor.org/rfc/rfc6761 */
const localDomain = /\.(localhost|local|test)$/;

const elsewhere = (tool: Tool, host: string) =>
  host === tool ? "choose another label for one of them" : `write ${tool}: ${tool}`;

/** Host names, TLS and sign-in. */
export function accessRules({ access, foundation }: Partial<Settings>): RuleProblem[] {
  if (access === undefined) return [];
  const problems: RuleProblem[] = [];
  const at = (path: Path, value: unknown, allowed: string, remedy: string, restsOn: Path[] = []) =>
    problems.push({ path: ["access", ...path], value, allowed, remedy, restsOn });

  const ownCertificate = foundation?.kind === "aws" && access.certificate?.kind !== "adopt";
  // The first name of a certificate is its common name too. https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
  if (ownCertificate && access.domain.length > 64) {
    at(
      ["domain"],
      access.domain,
      "at most 64 characters where ACM makes the certificate",
      "shorten it, or write certificate: { kind: adopt, arn: … }",
      [["access", "certificate"]],
    );
  }
  const seen = new Map<string, Tool>();
  for (const tool of tools) {
    const host = access.hosts[tool];
    const full = host.includes(".") ? host : `${host}.${access.domain}`;
    if (host.includes(".") && !host.endsWith(`.${access.domain}`)) {
      at(
        ["hosts", tool],
        host,
        `a label, or a name that ends with .${access.domain}`,
        `write ${tool}: ${host.split(".")[0]}`,
        [["access", "domain"]],
      );
    } else if (full.length > 253) at(["hosts", tool], host, "at most 253 characters with the domain", "shorten it");
    else if (ownCertificate && full.slice(0, -access.domain.length - 1).includes(".")) {
      at(
        ["hosts", tool],
        host,
        `one label in front of ${access.domain}: ACM's certificate covers *.${access.domain} and nothing deeper`,
        `write ${tool}: ${host.split(".")[0]}, or adopt a certificate that covers it`,
        [
          ["access", "domain"],
          ["access", "certificate"],
        ],
      );
    }
    const other = seen.get(full);
    if (other !== undefined)
      at(["hosts", tool], host, `another host than access.hosts.${other}`, elsewhere(tool, host), [
        ["access", "hosts", other],
      ]);
    seen.set(full, tool);
  }

  const signIn = access.signIn;
  const local = foundation?.kind === "existing" && access.visibility === "internal" && localDomain.test(access.domain);
  if (signIn?.provider === "dummy" && foundation !== undefined && !local) {
    at(
      ["signIn", "provider"],
      "dummy",
      "a real provider, except on an existing cluster, internal, with a domain that ends in .localhost, .local or .test",
      "write provider: github, google, cognito or oidc",
      [
        ["foundation", "kind"],
        ["access", "domain"],
        ["access", "visibility"],
      ],
    );
  }
  if (signIn !== undefined && signIn.provider !== "dummy" && Object.keys(access.groups).length === 0) {
    at(
      ["groups"],
      {},
      "at least one group of the provider while there is signIn: without any, nobody could sign in",
      "add groups: { <group>: admin }",
      [["access", "signIn"]],
    );
  }
  if (signIn === undefined && access.visibility === "internetFacing") {
    at(
      ["visibility"],
      access.visibility,
      "internal, while there is no signIn",
      "add access.signIn, or write visibility: internal",
      [["access", "signIn"]],
    );
  }
  if (foundation?.kind === "existing") {
    if (foundation.certificates.kind === "none" && !local) {
      problems.push({
        path: ["foundation", "certificates", "kind"],
        value: "none",
        allowed:
          "certManager or adopt, since people sign in over the network; none only for a domain in .localhost, .local or .test",
        remedy: "write certificates: { kind: certManager }",
        restsOn: [["access"]],
      });
    }
    if (signIn?.provider === "cognito")
      at(["signIn", "provider"], "cognito", "only on foundation.kind: aws", "write provider: oidc");
  }
  if (foundation?.kind === "aws" && access.zoneId === undefined && access.certificate?.kind !== "adopt") {
    at(
      ["zoneId"],
      undefined,
      "a Route 53 zone id, since ACM proves the domain by records in it",
      "add zoneId, or certificate: { kind: adopt, arn: … }",
      [["access", "certificate"]],
    );
  }
  if (foundation?.kind === "aws" && access.certificate?.kind === "adopt") {
    const region = access.certificate.arn.split(":")[3];
    if (region !== foundation.region) {
      at(
        ["certificate", "arn"],
        access.certificate.arn,
        `a certificate in ${foundation.region}`,
        `ask ACM for one in ${foundation.region}`,
        [["foundation", "region"]],
      );
    }
  }
  return problems;
}
