import type * as pulumi from "@pulumi/pulumi";
import { type AppSurroundings, placementFor, type SignIn } from "../contracts/app";
import type { Cluster, Foundation, Ingress, NodePurpose, WorkloadIdentity } from "../contracts/foundation";
import type { Dependency } from "../lib/dependencies";
import { type AccessSettings, hostName, type Tool } from "../settings/access";
import type { Settings } from "../settings/settings";

/** What pieces start from that need no cluster. */
export interface CloudContext {
  settings: Settings;
  foundation: Foundation;
  /** Queue for what schedules could not start; absent where none starts anything. */
  missedStartsArn?: pulumi.Output<string>;
}

/** What the composition of every app starts from. */
export interface AppContext extends CloudContext {
  cluster: Cluster;
  identity: WorkloadIdentity;
  ingress: Ingress;
  /** Depend on these before making a ServiceMonitor; absent where nothing monitors. */
  monitors?: Dependency[];
}

/** A tool is published only where people sign in, or on one's own machine; models ask for a token of their own. */
function published(access: AccessSettings | undefined, tool: Tool): access is AccessSettings {
  return tool === "models" ? access !== undefined : access?.signIn !== undefined;
}

/** What one app is told of its surroundings. */
export function surroundings(
  context: AppContext,
  tool: Tool,
  values: Record<string, unknown>,
  purpose: NodePurpose = "apps",
): AppSurroundings {
  const { settings, foundation, cluster, ingress, monitors } = context;
  const { access } = settings;
  const signIn = signInFacts(foundation, access);
  return {
    ready: cluster.ready,
    placement: placementFor(cluster.nodeClasses, purpose),
    keepData: settings.foundation.dataProtection,
    values,
    ...(cluster.storageClass === undefined ? {} : { storageClass: cluster.storageClass }),
    ...(published(access, tool) ? { address: address(access, ingress, tool) } : {}),
    ...(signIn ? { signIn } : {}),
    ...(monitors ? { monitors } : {}),
  };
}

function address(access: AccessSettings, ingress: Ingress, tool: Tool) {
  const host = hostName(access, tool);
  return {
    host,
    url: `${ingress.plainHttp ? "http" : "https"}://${host}`,
    ingress,
    ...(ingress.tlsSecretName === undefined ? {} : { tlsSecretName: ingress.tlsSecretName }),
  };
}

/** Where a tool is; absent where it is not published. */
export function toolAddress(context: AppContext, tool: Tool): ReturnType<typeof address> | undefined {
  const { access } = context.settings;
  return published(access, tool) ? address(access, context.ingress, tool) : undefined;
}

function signInFacts(foundation: Foundation, access: AccessSettings | undefined): SignIn | undefined {
  const signIn = access?.signIn;
  if (access === undefined || signIn === undefined || signIn.provider === "dummy") return undefined;
  const common: { clientId: string; clientSecret: pulumi.Output<string>; groups: SignIn["groups"] } = {
    clientId: signIn.clientId,
    clientSecret: foundation.readSecret(signIn.clientSecretName, "clientSecret"),
    groups: access.groups,
  };
  switch (signIn.provider) {
    case "github":
      return { provider: "github", organization: signIn.organization, ...common };
    case "google":
      return { provider: "google", hostedDomain: signIn.hostedDomain, ...common };
    case "oidc":
      return { provider: "oidc", issuer: signIn.issuer, groupsClaim: signIn.groupsClaim, ...common };
    case "cognito": {
      // A user pool is an OpenID Connect provider, named after its region and id.
      const region = signIn.userPoolId.split("_")[0]!;
      const issuer = `https://cognito-idp.${region}.amazonaws.com/${signIn.userPoolId}`;
      return { provider: "oidc", issuer, groupsClaim: "cognito:groups", ...common };
    }
  }
}
