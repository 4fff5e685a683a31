import { codeCommitRegion, hostOfRepository } from "../../lib/gitAddress";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { isSsh } from "../url";

/** Hosts that are on the internet alone, by the end of their names. Any other may be reached inside the VPC, or through what it is joined to. */
const publicHosts = {
  git: ["github.com", "gitlab.com", "bitbucket.org", "dev.azure.com", "visualstudio.com", "codeberg.org", "sr.ht"],
  signIn: [
    ...["accounts.google.com", "login.microsoftonline.com", "sts.windows.net", "gitlab.com"],
    ...["okta.com", "oktapreview.com", "auth0.com", "onelogin.com", "amazoncognito.com"],
  ],
};

const isPublic = (host: string, kind: keyof typeof publicHosts) =>
  publicHosts[kind].some((each) => host === each || host.endsWith(`.${each}`));

/** What pods of a VPC without a way out would call on the internet: it waits for ever, or nobody can sign in. */
export function wayOutRules({ foundation, access, airflow, monitoring }: Partial<Settings>): RuleProblem[] {
  if (foundation?.kind !== "aws" || foundation.network.kind !== "create" || foundation.network.nat !== "none")
    return [];
  const problems: RuleProblem[] = [];
  const refuse = (path: Path, value: unknown, allowed: string, remedy: string) =>
    problems.push({
      path,
      value,
      allowed: `${allowed}, with nat: none`,
      remedy: `${remedy}, or foundation.network.nat: single`,
      restsOn: [["foundation", "network", "nat"]],
    });

  const signIn = access?.signIn;
  const inside = "a provider that is reached without the internet";
  if (signIn?.provider === "oidc") {
    const { hostname } = new URL(signIn.issuer);
    if (isPublic(hostname, "signIn") || /^cognito-idp\..*\.amazonaws\.com$/.test(hostname)) {
      refuse(
        ["access", "signIn", "issuer"],
        signIn.issuer,
        inside,
        "write the issuer of a provider inside the network",
      );
    }
  } else if (signIn !== undefined && signIn.provider !== "dummy") {
    refuse(
      ["access", "signIn", "provider"],
      signIn.provider,
      `oidc of ${inside}`,
      "write provider: oidc with such an issuer",
    );
  }
  if (access?.zoneId !== undefined) {
    refuse(
      ["access", "zoneId"],
      access.zoneId,
      "no zone, since Route 53, which external-dns writes records to, is called on the internet",
      "leave zoneId out, write certificate: { kind: adopt, arn: … }, and point names at the load balancer by hand",
    );
  }
  if (airflow?.dags.kind === "git" && airflow.executor.kind !== "mwaa") {
    const { repository } = airflow.dags;
    const path = ["airflow", "dags", "repository"];
    const region = codeCommitRegion(repository);
    if (isPublic(hostOfRepository(repository), "git") || (region !== undefined && region !== foundation.region)) {
      refuse(
        path,
        repository,
        "a host of git that is reached without the internet",
        "write the address of a host inside the network, or dags: { kind: volume }",
      );
    } else if (region !== undefined && hostOfRepository(repository).startsWith("git-codecommit-fips.")) {
      refuse(
        path,
        repository,
        "the plain address of CodeCommit, since the endpoint git-codecommit is not for that of FIPS",
        `write repository: https://${hostOfRepository(repository).replace("-fips", "")}/v1/repos/<name>`,
      );
    } else if (region !== undefined && isSsh(repository)) {
      refuse(
        path,
        repository,
        "the https address of a repository in CodeCommit, since its endpoint lets nothing else in",
        `write repository: https://${hostOfRepository(repository)}/v1/repos/<name>, and a secret with user:password`,
      );
    }
  }
  for (const [owner, receiver] of Object.entries(monitoring?.receivers ?? {})) {
    if (receiver.kind !== "slack") continue;
    const path = ["monitoring", "receivers", owner, "kind"];
    refuse(path, "slack", "email or sns by the endpoint sns, or a webhook inside the network", "write kind: email");
  }
  return problems;
}
