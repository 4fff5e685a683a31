import type { Role, SignInProvider } from "../../components/contracts/app";

/** Environment variables of the API server from which the client registered with the provider is read. */
export const signInVariables = {
  clientId: "AIRFLOW_SIGN_IN_CLIENT_ID",
  clientSecret: "AIRFLOW_SIGN_IN_CLIENT_SECRET",
} as const;

/** What a role of the platform is in Airflow. https://airflow.apache.org/docs/apache-airflow-providers-fab/stable/auth-manager/access-control.html */
const airflowRoles: Record<Role, string[]> = { admin: ["Admin"], editor: ["User"], viewer: ["Viewer"] };

/** Where the provider sends people back to, below the URL of Airflow: register this with the provider. */
export function signInCallbackPath(provider: SignInProvider["provider"]): string {
  return `/auth/oauth-authorized/${provider}`;
}

/**
 * A text as Python source: ASCII only, so that no YAML reader breaks the line, and without braces, since Helm reads two of
 * them as a template.
 */
export function pythonString(text: string): string {
  const escaped = [...text].map((character) => {
    if (/[ !#-[\]-z|~]/.test(character)) return character;
    const code = character.codePointAt(0)!.toString(16);
    return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
  });
  return `"${escaped.join("")}"`;
}

function pythonList(texts: string[]): string {
  return `[${texts.map(pythonString).join(", ")}]`;
}

const github = (organization: string) => `
ORGANIZATION = ${pythonString(organization)}.lower()


def pages(remote, path):
    for number in range(1, 51):
        answer = remote.get(path, params=dict(per_page=100, page=number))
        answer.raise_for_status()
        items = answer.json()
        yield from items
        if len(items) < 100:
            return


def person(remote, token):
    answer = remote.get("user")
    answer.raise_for_status()
    user = answer.json()
    membership = remote.get("user/memberships/orgs/" + ORGANIZATION)
    if membership.status_code != 200 or membership.json().get("state") != "active":
        return None
    teams = [
        team["slug"]
        for team in pages(remote, "user/teams")
        if team["organization"]["login"].lower() == ORGANIZATION
    ]
    return dict(
        username="github_" + user["login"].lower(),
        first_name=user.get("name") or user["login"],
        last_name="",
        email=user.get("email") or "",
        role_keys=teams,
    )
`;

const claims = `
def person_of(claims, username, groups):
    return dict(
        username=username,
        first_name=claims.get("given_name") or claims.get("name") or username,
        last_name=claims.get("family_name") or "",
        email=claims.get("email") or "",
        role_keys=groups,
    )
`;

const google = (hostedDomain: string) => `
HOSTED_DOMAIN = ${pythonString(hostedDomain)}.lower()

${claims}

def person(remote, token):
    signed = token.get("userinfo") or dict()
    if str(signed.get("hd", "")).lower() != HOSTED_DOMAIN or signed.get("email_verified") is not True:
        return None
    email = signed["email"].lower()
    return person_of(signed, email, [email, HOSTED_DOMAIN])
`;

const oidc = (groupsClaim: string) => `
GROUPS_CLAIM = ${pythonString(groupsClaim)}

${claims}

def person(remote, token):
    signed = dict(token.get("userinfo") or dict())
    if not signed.get("sub"):
        return None
    if GROUPS_CLAIM not in signed:
        more = remote.userinfo(token=token)
        if more.get("sub") != signed["sub"]:
            return None
        signed = dict(more, **signed)
    groups = signed.get(GROUPS_CLAIM) or []
    if isinstance(groups, str):
        groups = [groups]
    return person_of(signed, signed["sub"], [str(group) for group in groups])
`;

/** What Authlib needs to know of a provider. */
function remoteApp(provider: SignInProvider): { icon: string; arguments: string[]; person: string } {
  switch (provider.provider) {
    case "github":
      return {
        icon: "fa-github",
        arguments: [
          'api_base_url="https://api.github.com/"',
          'access_token_url="https://github.com/login/oauth/access_token"',
          'authorize_url="https://github.com/login/oauth/authorize"',
          'client_kwargs=dict(scope="read:user read:org")',
        ],
        person: github(provider.organization),
      };
    case "google":
      return {
        icon: "fa-google",
        arguments: [
          'server_metadata_url="https://accounts.google.com/.well-known/openid-configuration"',
          'client_kwargs=dict(scope="openid email profile")',
          `authorize_params=dict(hd=${pythonString(provider.hostedDomain)})`,
        ],
        person: google(provider.hostedDomain),
      };
    case "oidc":
      return {
        icon: "fa-key",
        arguments: [
          `server_metadata_url=${pythonString(`${provider.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`)}`,
          'client_kwargs=dict(scope="openid email profile")',
        ],
        person: oidc(provider.groupsClaim),
      };
  }
}

/**
 * `webserver_config.py` of Airflow's FAB auth manager: who gets in, and with which role. People in no group that has a role
 * are turned away; roles follow the groups at each sign-in. On Google, groups are addresses of people or the domain as a
 * whole, since Google's token names no groups.
 */
export function webserverConfig(provider: SignInProvider, groups: Record<string, Role>): string {
  const { icon, arguments: more, person } = remoteApp(provider);
  // GitHub's slugs and addresses are in small letters, and so is a hosted domain; elsewhere groups mean what they say.
  const key = (group: string) => (provider.provider === "oidc" ? group : group.toLowerCase());
  const roles = Object.entries(groups).map(
    ([group, role]) => `    (${pythonString(key(group))}, ${pythonList(airflowRoles[role])}),`,
  );
  return `import os

from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from flask_appbuilder.const import AUTH_OAUTH

PROVIDER = ${pythonString(provider.provider)}
ROLES = dict([
${roles.join("\n")}
])
${person}

class SecurityManager(FabAirflowSecurityManagerOverride):
    def get_oauth_user_info(self, provider, resp):
        if provider != PROVIDER:
            return dict()
        found = person(self.oauth_remotes[provider], resp)
        if found is None or not any(key in ROLES for key in found["role_keys"]):
            return dict()
        return found


AUTH_TYPE = AUTH_OAUTH
AUTH_ROLES_MAPPING = ROLES
AUTH_ROLES_SYNC_AT_LOGIN = True
AUTH_USER_REGISTRATION = True
AUTH_USER_REGISTRATION_ROLE = "Public"
SECURITY_MANAGER_CLASS = SecurityManager
WTF_CSRF_ENABLED = True
OAUTH_PROVIDERS = [
    dict(
        name=PROVIDER,
        icon=${pythonString(icon)},
        token_key="access_token",
        remote_app=dict(
            client_id=os.environ[${pythonString(signInVariables.clientId)}],
            client_secret=os.environ[${pythonString(signInVariables.clientSecret)}],
${more.map((each) => `            ${each},`).join("\n")}
        ),
    )
]
`;
}
