import type { SignInProvider } from "../../components/contracts/app";

/** Signs people in before a page sees them. charts/mlflow/values.yaml has the same. */
export const signInProxyImage = "quay.io/oauth2-proxy/oauth2-proxy:v7.15.3";
/** Of the proxy. */
export const signInProxyPort = 4180;

/** Where the provider sends people back to: register this with it. */
export function proxyCallbackUrl(url: string): string {
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

/** Arguments that say who people are and how long that holds; `cookieName` is the page's own. */
export function proxyArguments(args: {
  url: string;
  provider: SignInProvider;
  clientId: string;
  cookieName: string;
}): string[] {
  return [
    ...providerArguments(args.provider),
    `--client-id=${args.clientId}`,
    `--redirect-url=${proxyCallbackUrl(args.url)}`,
    `--cookie-secure=${args.url.startsWith("https://")}`,
    `--cookie-name=${args.cookieName}`,
    "--cookie-samesite=lax",
    "--cookie-expire=8h", // After that long at the latest, whoever left a group is out.
  ];
}
