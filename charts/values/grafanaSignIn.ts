import type { Role, SignInProvider } from "../../components/contracts/app";

/** Who signs in to Grafana, without the client's secret, which reaches it as an environment variable. */
export type GrafanaSignIn = SignInProvider & {
  clientId: string;
  groups: Record<string, Role>;
  /** Secret with the key `client-secret`. */
  secretName: string;
};

/** Image of Grafana's sidecars, which also has Python. */
export const sidecarImage = { registry: "quay.io", repository: "kiwigrid/k8s-sidecar", tag: "2.10.1" };
/** What no container of Grafana's pod may do. */
export const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};
/** Where the endpoints of the provider are found in the pod. */
const endpointsDirectory = "/run/sign-in";

/**
 * A text as a JMESPath literal of plain ASCII. What means something to Helm's templates, to the ini reader, to Grafana's own
 * variables or to JMESPath travels as an escape, so that no name of a group can say more than itself.
 */
function literal(text: string): string {
  const escaped = text.replace(/[^A-Za-z0-9 @:/._-]/gu, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
  return `\`"${escaped}"\``;
}

/** A claim as a JMESPath identifier, whatever is in its name. */
function identifier(claim: string): string {
  return literal(claim).slice(1, -1);
}

const grafanaRoles: [Role, string][] = [
  ["admin", "Admin"],
  ["editor", "Editor"],
  ["viewer", "Viewer"],
];

/**
 * The role of a person as a JMESPath expression over what the provider says of them; the highest of their groups counts, and
 * there is no answer for people in none. Google names no groups in its token: there, groups are addresses of people, or the
 * domain as a whole.
 * @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/generic-oauth/#configure-role-mapping
 */
export function roleAttributePath(signIn: SignInProvider, groups: Record<string, Role>): string {
  const belongs = (group: string): string => {
    switch (signIn.provider) {
      case "github":
        return `contains(groups || \`[]\`, ${literal(`@${signIn.organization}/${group.toLowerCase()}`)})`;
      case "google": {
        // An account that only carries an address of the domain is not one of the domain's.
        const inDomain = `hd == ${literal(signIn.hostedDomain)}`;
        return group.toLowerCase() === signIn.hostedDomain
          ? inDomain
          : `${inDomain} && email == ${literal(group.toLowerCase())}`;
      }
      case "oidc":
        return `contains(${identifier(signIn.groupsClaim)} || \`[]\`, ${literal(group)})`;
    }
  };
  const choices = grafanaRoles.flatMap(([role, grafanaRole]) => {
    const members = Object.entries(groups).filter(([, each]) => each === role);
    if (members.length === 0) return [];
    return [`(${members.map(([group]) => belongs(group)).join(" || ")}) && '${grafanaRole}'`];
  });
  // With no group at all nobody has a role; an empty expression would let everyone in as a viewer.
  return choices.length === 0 ? "`null`" : choices.join(" || ");
}

/** Section of grafana.ini for each provider, and what it adds to what all have. */
function providerSection(signIn: GrafanaSignIn): { section: string; settings: Record<string, string | boolean> } {
  switch (signIn.provider) {
    case "github":
      return {
        section: "auth.github",
        settings: { scopes: "user:email,read:org", allowed_organizations: signIn.organization },
      };
    case "google":
      return {
        section: "auth.google",
        settings: {
          scopes: "openid email profile",
          hosted_domain: signIn.hostedDomain,
          allowed_domains: signIn.hostedDomain,
        },
      };
    case "oidc":
      return {
        section: "auth.generic_oauth",
        settings: {
          name: "Single sign-on",
          scopes: "openid email profile",
          auth_url: `$__file{${endpointsDirectory}/authorization_endpoint}`,
          token_url: `$__file{${endpointsDirectory}/token_endpoint}`,
          api_url: `$__file{${endpointsDirectory}/userinfo_endpoint}`,
        },
      };
  }
}

/** Callback that is registered with the provider, below Grafana's address. */
export function grafanaCallbackPath(provider: SignInProvider["provider"]): string {
  return `/login/${provider === "oidc" ? "generic_oauth" : provider}`;
}

/**
 * Grafana wants each endpoint of an OpenID Connect provider by itself. The provider's discovery document says them, and is read
 * when the pod starts: so a provider that moves an endpoint needs a new pod, not a new config.
 */
export const discoverEndpoints = `import json, os, urllib.request
issuer = os.environ["ISSUER"]
with urllib.request.urlopen(issuer.rstrip("/") + "/.well-known/openid-configuration", timeout=30) as answer:
    found = json.load(answer)
if found["issuer"].rstrip("/") != issuer.rstrip("/"):
    raise SystemExit("%s says that it is %s; write that as the issuer" % (issuer, found["issuer"]))
for endpoint in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint"):
    if endpoint not in found:
        raise SystemExit("%s names no %s, which Grafana needs" % (issuer, endpoint))
    with open(os.path.join(os.environ["DIRECTORY"], endpoint), "w") as file:
        file.write(found[endpoint])
`;

/** What sign-in adds to the values of Grafana. */
export function signInValues(signIn: GrafanaSignIn) {
  const { section, settings } = providerSection(signIn);
  const variable = `GF_${section.replace(".", "_").toUpperCase()}_CLIENT_SECRET`;
  const discovery = {
    extraInitContainers: [
      {
        name: "sign-in-endpoints",
        image: `${sidecarImage.registry}/${sidecarImage.repository}:${sidecarImage.tag}`,
        command: ["python", "-c", discoverEndpoints],
        env: [
          { name: "ISSUER", value: signIn.provider === "oidc" ? signIn.issuer : "" },
          { name: "DIRECTORY", value: endpointsDirectory },
        ],
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "64Mi" } },
        securityContext: restricted,
        volumeMounts: [{ name: "sign-in", mountPath: endpointsDirectory }],
      },
    ],
  };
  return {
    emptyDirectories: signIn.provider === "oidc" ? [{ name: "sign-in", mountPath: endpointsDirectory }] : [],
    envValueFrom: { [variable]: { secretKeyRef: { name: signIn.secretName, key: "client-secret" } } },
    ...(signIn.provider === "oidc" ? discovery : {}),
    ini: {
      [section]: {
        enabled: true,
        client_id: signIn.clientId,
        allow_sign_up: true, // Whoever has a role gets an account at the first sign-in; nobody else does.
        auto_login: true,
        use_pkce: true,
        role_attribute_path: roleAttributePath(signIn, signIn.groups),
        role_attribute_strict: true,
        ...settings,
      },
    },
  };
}
