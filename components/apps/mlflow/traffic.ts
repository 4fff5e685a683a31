import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { mlflow } from "../../../charts/values/mlflow";
import type { Address } from "../../contracts/app";
import type { Dependency } from "../../lib/dependencies";
import { publishedService } from "../publishedService";

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

/** The answer to a large upload comes when the server has stored it: at 10 MB/s, 5 GiB take nine minutes. */
const uploadSeconds = 900;

/** What only nginx must be told so that MLflow works behind it: large uploads go straight through, and sign-in cookies are long. */
const behindNginx = {
  "nginx.ingress.kubernetes.io/proxy-request-buffering": "off",
  "nginx.ingress.kubernetes.io/proxy-buffer-size": "16k",
};

export function mlflowIngress(
  name: string,
  { signIn, maxUploadMiB, ...args }: MlflowIngressArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return publishedService(
    name,
    {
      ...args,
      service: mlflow.name,
      portNumber: signIn ? mlflow.signInPortNumber : mlflow.portNumber,
      healthPath: signIn ? "/ping" : "/health",
      maxBodyMiB: maxUploadMiB,
      timeoutSeconds: uploadSeconds,
      nginx: behindNginx,
    },
    opts,
  );
}
