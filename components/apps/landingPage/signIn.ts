import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { groupName, proxyArguments, signInProxyImage, signInProxyPort } from "../../../charts/values/signInProxy";
import type { SignIn } from "../../contracts/app";

/** What the proxy is told and nobody else may know. */
export function signInSecret(
  name: string,
  { clientSecret }: SignIn,
  metadata: object,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret {
  // 16, 24 or 32 bytes: it is a key for AES.
  const cookie = new random.RandomPassword(`${name}-cookie`, { length: 32, special: false }, { parent: opts.parent! });
  return new k8s.core.v1.Secret(
    name,
    {
      metadata,
      stringData: pulumi.secret({
        OAUTH2_PROXY_CLIENT_SECRET: clientSecret,
        OAUTH2_PROXY_COOKIE_SECRET: cookie.result,
      }),
    },
    opts,
  );
}

/** Lets those through whose group has a role. Google's token names no groups; there it is the domain. */
export function signInProxy({
  url,
  signIn,
  secretName,
  portNumber,
}: {
  url: string;
  signIn: SignIn;
  /** Of `signInSecret`. */
  secretName: string;
  /** Of the page, in the same pod. */
  portNumber: number;
}): k8s.types.input.core.v1.Container {
  const groups = signIn.provider === "google" ? [] : Object.keys(signIn.groups);
  const probe = (path: string) => ({ httpGet: { path, port: signInProxyPort }, timeoutSeconds: 5 });
  return {
    name: "sign-in",
    image: signInProxyImage,
    args: [
      `--http-address=0.0.0.0:${signInProxyPort}`,
      `--upstream=http://127.0.0.1:${portNumber}`,
      "--reverse-proxy=true",
      "--skip-provider-button=true",
      ...proxyArguments({ url, provider: signIn, clientId: signIn.clientId, cookieName: "_home_sign_in" }),
      ...groups.map((group) => `--allowed-group=${groupName(signIn, group)}`),
    ],
    envFrom: [{ secretRef: { name: secretName } }],
    ports: [{ name: "sign-in", containerPort: signInProxyPort }],
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
    readinessProbe: { ...probe("/ready"), periodSeconds: 10 },
    livenessProbe: { ...probe("/ping"), periodSeconds: 20 },
  };
}

/** Ways out to who knows people: names, and the provider's own port. */
export function toProvider(signIn: SignIn): k8s.types.input.networking.v1.NetworkPolicyEgressRule[] {
  const ports = new Set([443, ...(signIn.provider === "oidc" ? [Number(new URL(signIn.issuer).port || 443)] : [])]);
  return [
    { ports: ["UDP", "TCP"].map((protocol) => ({ port: 53, protocol })) },
    { ports: [...ports].map((port) => ({ port, protocol: "TCP" })) },
  ];
}
