import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Address } from "../contracts/app";
import { after, type Dependency } from "../lib/dependencies";

/** A Service that people reach by host name. */
export interface PublishedServiceArgs {
  namespace: string;
  /** Name of the Service, and of its Ingress. */
  service: string;
  /** Name of the Ingress; absent: the Service's. */
  objectName?: string;
  portNumber: number;
  /** Path that answers 200 to anyone while the pod is well; load balancers ask it. */
  healthPath: string;
  /** Largest request in MiB, where the ingress controller has to be told. Absent: what it lets through by itself. */
  maxBodyMiB?: number;
  /** Time that a request may take, where the ingress controller has to be told. Absent: what it waits by itself. */
  timeoutSeconds?: number;
  /** What ingress-nginx must be told beside that. Others do not read its annotations. */
  nginx?: Readonly<Record<string, string>>;
  /** Whether an update does not wait until something answers behind it. */
  skipAwait?: boolean;
  /** Path below which the Service is; absent: the host is all its own. */
  path?: string;
  address: Address;
  after: Dependency[];
}

/**
 * Class of the controller that the foundation installs, which writes an address into each Ingress. Others write none where their own
 * Service has none, such as on a cluster without load balancers, or are not there: an update would wait ten minutes and fail.
 */
const ownClass = "alb";

/** An Ingress of our own rather than the chart's: annotations may be known to the cloud only, and are then no value of a chart. */
export function publishedService(
  name: string,
  args: PublishedServiceArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.Ingress {
  const { address, namespace, service } = args;
  const { className, annotations, ready } = address.ingress;
  const backend = { service: { name: service, port: { number: args.portNumber } } };
  return new k8s.networking.v1.Ingress(
    name,
    {
      metadata: {
        name: args.objectName ?? service,
        namespace,
        annotations: {
          ...annotations,
          ...ofController(args),
          ...(args.skipAwait || className !== ownClass ? { "pulumi.com/skipAwait": "true" } : {}),
        },
      },
      spec: {
        ingressClassName: className,
        ...(address.tlsSecretName === undefined
          ? {}
          : { tls: [{ hosts: [address.host], secretName: address.tlsSecretName }] }),
        rules: [{ host: address.host, http: { paths: [{ path: args.path ?? "/", pathType: "Prefix", backend }] } }],
      },
    },
    { ...opts, dependsOn: after(...args.after, ...ready) },
  );
}

/**
 * What an ingress controller is told in words of its own. What controls another class than the foundation's own does not
 * follow from its name, such as `internal`, so ingress-nginx is told wherever it may be: its limit is 1 MiB and a minute otherwise.
 * https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
 */
function ofController(args: PublishedServiceArgs): Record<string, string> {
  const { address, healthPath, maxBodyMiB, timeoutSeconds } = args;
  if (address.ingress.className === ownClass) return { "alb.ingress.kubernetes.io/healthcheck-path": healthPath };
  const prefix = "nginx.ingress.kubernetes.io";
  return {
    ...(maxBodyMiB === undefined ? {} : { [`${prefix}/proxy-body-size`]: `${maxBodyMiB}m` }),
    ...(timeoutSeconds === undefined
      ? {}
      : {
          [`${prefix}/proxy-read-timeout`]: String(timeoutSeconds),
          [`${prefix}/proxy-send-timeout`]: String(timeoutSeconds),
        }),
    ...args.nginx,
  };
}
