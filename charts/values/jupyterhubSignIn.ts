import type { Role, SignInProvider } from "../../components/contracts/app";
import { hubPython, jupyterhubSecrets } from "./jupyterhubNames";

/** Who people are, without the secret. */
export type HubSignIn = SignInProvider & { clientId: string; groups: Record<string, Role>; url: string };

const fromSecret = (name: string, key: string) => ({ valueFrom: { secretKeyRef: { name, key } } });

/** How long a sign-in holds. Groups are read when people sign in, so this is how long a group may lag behind. */
const cookieDays = 1;

/**
 * Values that sign people in. Admins of the platform are admins of the hub, editors its users. Viewers are nobody here: whoever
 * has a server runs code with the permissions of all notebooks, which is more than to look.
 */
export function signInValues(signIn: HubSignIn | undefined) {
  if (signIn === undefined) return passwordValues();
  const { provider, groups } = signIn;
  // A GitHub team goes by its slug and a Google account by its address, both in small letters.
  const groupsOf = (...roles: Role[]) =>
    Object.keys(groups)
      .filter((group) => roles.includes(groups[group]!))
      .map((group) => (provider === "oidc" ? group : group.toLowerCase()));
  const of = providerValues(signIn);
  return {
    custom: { signIn: of.custom },
    config: {
      JupyterHub: { admin_access: true, authenticator_class: of.authenticator, cookie_max_age_days: cookieDays },
      // Only groups let people in. Refreshing would fail on every id token that has run out.
      Authenticator: { allow_all: false, allow_existing_users: false, enable_auth_state: true, auth_refresh_age: 0 },
      OAuthenticator: {
        client_id: signIn.clientId,
        oauth_callback_url: `${signIn.url}/hub/oauth_callback`,
        manage_groups: true,
        allowed_groups: groupsOf("admin", "editor"),
        admin_groups: groupsOf("admin"),
      },
      ...of.config,
    },
    extraEnv: { OAUTH_CLIENT_SECRET: fromSecret(jupyterhubSecrets.signIn, "client-secret") },
    extraConfig: { "10-sign-in": hubPython(`sign_in_${provider}`) },
  };
}

interface ProviderValues {
  authenticator: string;
  custom: Record<string, string>;
  config: Record<string, Record<string, unknown>>;
}

function providerValues(signIn: SignInProvider): ProviderValues {
  switch (signIn.provider) {
    case "github":
      return {
        authenticator: "github",
        custom: { organization: signIn.organization },
        config: { GitHubOAuthenticator: { scope: ["read:org", "user:email"], populate_teams_in_auth_state: true } },
      };
    case "google":
      return {
        authenticator: "google",
        custom: {},
        config: { GoogleOAuthenticator: { hosted_domain: [signIn.hostedDomain] } },
      };
    case "oidc":
      return {
        authenticator: "generic-oauth",
        custom: { issuer: signIn.issuer, groupsClaim: signIn.groupsClaim },
        config: {
          // From the id token: Cognito puts groups nowhere else.
          GenericOAuthenticator: { userdata_from_id_token: true, login_service: "single sign-on" },
        },
      };
  }
}

/** Who lets everybody in by password on one's own machine; both passwords are generated. */
export const hubAdmin = "admin";

function passwordValues() {
  return {
    custom: {},
    config: {
      JupyterHub: { admin_access: true, authenticator_class: "shared-password", cookie_max_age_days: cookieDays },
      Authenticator: { allow_all: true, admin_users: [hubAdmin], enable_auth_state: false },
    },
    extraEnv: {
      HUB_USER_PASSWORD: fromSecret(jupyterhubSecrets.signIn, "user-password"),
      HUB_ADMIN_PASSWORD: fromSecret(jupyterhubSecrets.signIn, "admin-password"),
    },
    extraConfig: { "10-sign-in": hubPython("sign_in_passwords") },
  };
}
