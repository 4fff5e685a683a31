import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { signInProxyPort } from "../../../charts/values/signInProxy";
import type { Address, Placement, SignIn } from "../../contracts/app";
import { after, type Dependency } from "../../lib/dependencies";
import { publishedService } from "../publishedService";
import { type LandingPageContent, landingPageHtml, landingPagePolicy } from "./html";
import { signInProxy, signInSecret, toProvider } from "./signIn";

/** A page that lists the tools of the stack. */
export interface LandingPageArgs extends LandingPageContent {
  /** Depend on these before scheduling a pod. */
  ready: Dependency[];
  placement: Placement;
  /** Without one there is no page to publish, and so no component to make. */
  address: Address;
  /** Absent: everyone who reaches the load balancer may read the page. */
  signIn?: SignIn;
}

/** Serves files as user 101 from port 8080 and writes below /tmp only. https://github.com/nginx/docker-nginx-unprivileged */
const image = "docker.io/nginxinc/nginx-unprivileged:1.29.8-alpine";
const portNumber = 8080;
const serviceName = "home";
/** Namespace of the page. */
export const landingPageNamespace = serviceName;
const healthPath = "/healthz";

/** Behind the sign-in nobody but the proxy of the same pod reaches it. */
const serverConfig = (signIn: boolean) => `server {
  listen ${signIn ? "127.0.0.1:" : ""}${portNumber};${signIn ? "" : `\n  listen [::]:${portNumber};`}
  server_tokens off;
  access_log off;
  root /usr/share/nginx/html;

  add_header Content-Security-Policy "${landingPagePolicy}" always;
  add_header X-Content-Type-Options nosniff always;
  add_header Referrer-Policy no-referrer always;
  add_header Cache-Control no-cache always;

  location = / {
    index index.html;
  }
  location = /index.html {
  }
  location = ${healthPath} {
    default_type text/plain;
    return 200 "ok\\n";
  }
  location / {
    return 404;
  }
}
`;

/**
 * The page people start from. Where people sign in, those in a group with a role may read it, and with Google everyone of the domain. Elsewhere
 * everyone who reaches the load balancer may: it should then say no more than which tools there are, each of which asks who one is.
 */
export class LandingPage extends pulumi.ComponentResource {
  readonly url: string;
  /** Depend on these to come after the page, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: LandingPageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:LandingPage", name, {}, opts);
    const child = { parent: this };
    const { signIn } = args;
    const openPort = signIn === undefined ? portNumber : signInProxyPort;
    const labels = { "app.kubernetes.io/name": serviceName };
    const metadata = (objectName: string) => ({ name: objectName, namespace: serviceName, labels });
    const namespace = new k8s.core.v1.Namespace(
      name,
      { metadata: { name: serviceName, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
      { ...child, dependsOn: after(...args.ready) },
    );
    const inside = { ...child, dependsOn: [namespace] };
    const closed = new k8s.networking.v1.NetworkPolicy(
      name,
      {
        metadata: metadata(serviceName),
        spec: {
          podSelector: {},
          policyTypes: ["Ingress", "Egress"],
          ingress: [{ ports: [{ port: openPort, protocol: "TCP" }] }],
          ...(signIn === undefined ? {} : { egress: toProvider(signIn) }),
        },
      },
      inside,
    );
    const secret = signIn && signInSecret(name, signIn, metadata(serviceName), inside);
    const files = { "index.html": landingPageHtml(args), "server.conf": serverConfig(signIn !== undefined) };
    const content = new k8s.core.v1.ConfigMap(name, { metadata: metadata(serviceName), data: files }, inside);
    const deployment = new k8s.apps.v1.Deployment(
      name,
      {
        metadata: metadata(serviceName),
        spec: {
          replicas: 2, // Small enough to have it on two nodes: people begin here when something else is down.
          selector: { matchLabels: labels },
          template: {
            metadata: { labels, annotations: { "mlplatform/content": contentHash(files) } },
            spec: podSpec(labels, args),
          },
        },
      },
      { ...child, dependsOn: [content, closed, ...(secret ? [secret] : [])] },
    );
    const service = new k8s.core.v1.Service(
      name,
      {
        metadata: metadata(serviceName),
        spec: { selector: labels, ports: [{ name: "http", port: openPort, targetPort: openPort }] },
      },
      { ...child, dependsOn: [deployment] },
    );
    const published = publishedService(
      name,
      {
        namespace: serviceName,
        service: serviceName,
        portNumber: openPort,
        healthPath: signIn === undefined ? healthPath : "/ping",
        address: args.address,
        after: [service],
      },
      child,
    );
    this.url = args.address.url;
    this.ready = [published];
    this.registerOutputs({ url: this.url });
  }
}

/** Changes with the page, so that pods start anew with it. */
function contentHash(files: Record<string, string>): string {
  return createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
}

const locked = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

function podSpec(
  labels: Record<string, string>,
  { placement, address, signIn }: Pick<LandingPageArgs, "placement" | "address" | "signIn">,
): k8s.types.input.core.v1.PodSpec {
  // Loopback is not the kubelet's; whether the page is well, it asks the proxy.
  const probes =
    signIn === undefined
      ? {
          readinessProbe: { httpGet: { path: healthPath, port: portNumber }, periodSeconds: 5 },
          livenessProbe: { httpGet: { path: healthPath, port: portNumber }, periodSeconds: 20 },
        }
      : {};
  return {
    ...placement,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 101,
      runAsGroup: 101,
      seccompProfile: { type: "RuntimeDefault" },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: labels },
      },
    ],
    containers: [
      {
        name: "nginx",
        image,
        command: ["nginx", "-g", "daemon off;"], // Past the image's entry point, which would rewrite its own config.
        ports: [{ name: "http", containerPort: portNumber }],
        resources: { requests: { cpu: "5m", memory: "16Mi" }, limits: { memory: "32Mi" } },
        securityContext: locked,
        ...probes,
        volumeMounts: [
          { name: "content", mountPath: "/usr/share/nginx/html/index.html", subPath: "index.html", readOnly: true },
          { name: "content", mountPath: "/etc/nginx/conf.d/default.conf", subPath: "server.conf", readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
      ...(signIn === undefined
        ? []
        : [
            {
              ...signInProxy({ url: address.url, signIn, secretName: serviceName, portNumber }),
              securityContext: locked,
            },
          ]),
    ],
    volumes: [
      { name: "content", configMap: { name: serviceName } },
      { name: "tmp", emptyDir: { sizeLimit: "16Mi" } },
    ],
  };
}
