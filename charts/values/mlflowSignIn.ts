import type { Role, SignInProvider } from "../../components/contracts/app";

/** Who people are, without the client's secret. */
export interface MlflowPeople {
  /** Where people reach MLflow, such as `https://mlflow.ml.example.com`. */
  url: string;
  provider: SignInProvider;
  clientId: string;
  groups: Record<string, Role>;
}

/** Where the provider sends people back to: register this with it. */
export function mlflowCallbackUrl(url: string): string {
  return `${url}/oauth2/callback`;
}

/** How the proxy signs people in. https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview */
function providerArguments(provider: SignInProvider): string[] {
  switch (provider.provider) {
    case "github":
      return ["--provider=github", `--github-org=${provider.organization}`, "--email-domain=*"];
    case "google":
      return ["--provider=google", `--email-domain=${provider.hostedDomain}`];
    case "oidc":
      return [
        "--provider=oidc",
        `--oidc-issuer-url=${provider.issuer}`,
        `--oidc-groups-claim=${provider.groupsClaim}`,
        "--scope=openid email profile",
        "--code-challenge-method=S256",
        "--email-domain=*",
      ];
  }
}

/**
 * A group as the proxy names it. GitHub's teams go by `organization:team`. On Google, groups are addresses of people or the domain
 * as a whole, since Google's token names no groups.
 */
export function groupName(provider: SignInProvider, group: string): string {
  if (provider.provider === "oidc") return group;
  const prefix = provider.provider === "github" ? `${provider.organization}:` : "";
  return `${prefix}${group}`.toLowerCase();
}

function groupRoles({ provider, groups }: MlflowPeople): Record<string, Role> {
  return Object.fromEntries(Object.entries(groups).map(([group, role]) => [groupName(provider, group), role] as const));
}

/** What the sign-in proxy is told, and what the server makes of whom it names. */
export function peopleValues(people: MlflowPeople) {
  const { url, provider, clientId } = people;
  return {
    args: [
      ...providerArguments(provider),
      `--client-id=${clientId}`,
      `--redirect-url=${mlflowCallbackUrl(url)}`,
      `--cookie-secure=${url.startsWith("https://")}`,
      "--cookie-name=_mlflow_sign_in",
      "--cookie-samesite=lax",
      "--cookie-expire=8h", // After that long at the latest, whoever left a group is out.
      "--upstream-timeout=10m", // A large artifact takes its time.
    ],
    auth: {
      groups: groupRoles(people),
      byEmail: provider.provider === "google",
      anyCase: provider.provider !== "oidc",
    },
  };
}
