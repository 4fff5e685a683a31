import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { mlflow } from "../../charts/values/mlflow";
import { after, type Dependency } from "../lib/dependencies";
import type { Address } from "./facts";

/** What nobody was let into stays closed; the chart opens what MLflow's own pods need. */
export function mlflowClosed(name: string, namespace: string, opts: pulumi.CustomResourceOptions): pulumi.Resource {
  return new k8s.networking.v1.NetworkPolicy(
    name,
    {
      metadata: { name: "closed", namespace },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    },
    opts,
  );
}

/** How people get to MLflow. */
export interface MlflowIngressArgs {
  namespace: string;
  address: Address;
  /** Whether the proxy signs people in; else the server asks for a password itself. */
  signIn: boolean;
  /** Largest artifact in one request, in MiB. */
  maxUploadMiB: number;
  after: Dependency[];
}

/** What an ingress controller must be told so that MLflow works behind it. */
function annotations({ address, signIn, maxUploadMiB }: MlflowIngressArgs): Record<string, pulumi.Input<string>> {
  switch (address.ingress.className) {
    case "alb":
      return { "alb.ingress.kubernetes.io/healthcheck-path": signIn ? "/ping" : "/health" };
    case "nginx":
      return {
        "nginx.ingress.kubernetes.io/proxy-body-size": `${maxUploadMiB}m`, // One megabyte by default.
        "nginx.ingress.kubernetes.io/proxy-request-buffering": "off",
        "nginx.ingress.kubernetes.io/proxy-buffer-size": "16k", // Sign-in cookies are long.
      };
    default:
      return {};
  }
}

/** An Ingress of our own: what the ingress controller is told is known to the cloud only, and so no value of a chart. */
export function mlflowIngress(
  name: string,
  args: MlflowIngressArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const { namespace, address, signIn } = args;
  const port = { number: signIn ? mlflow.signInPortNumber : mlflow.portNumber };
  const backend = { service: { name: mlflow.name, port } };
  return new k8s.networking.v1.Ingress(
    name,
    {
      metadata: {
        name: mlflow.name,
        namespace,
        annotations: { ...address.ingress.annotations, ...annotations(args) },
      },
      spec: {
        ingressClassName: address.ingress.className,
        ...(address.tlsSecretName === undefined
          ? {}
          : { tls: [{ hosts: [address.host], secretName: address.tlsSecretName }] }),
        rules: [{ host: address.host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
      },
    },
    { ...opts, dependsOn: after(...args.after, ...address.ingress.ready) },
  );
}
