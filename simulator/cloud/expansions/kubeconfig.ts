import { all, From, from, type Registered } from "../registrar";
import type { Properties } from "../values";

/** The kubeconfig `eks.Cluster` writes: tokens come from the AWS command-line tool, so it holds no credential. */
export function kubeconfigOf(cluster: Registered, credentials: Properties | undefined, withProfile: boolean): From {
  const parts = {
    name: from(cluster, "name"),
    server: from(cluster, "endpoint"),
    authority: from(cluster, "certificateAuthority"),
    arn: from(cluster, "arn"),
    credentials: new From(credentials ?? {}, [], false),
  };
  return all(parts, ({ name, server, authority, arn, credentials: options }) => ({
    apiVersion: "v1",
    clusters: [{ cluster: { server, "certificate-authority-data": authority.data }, name: "kubernetes" }],
    contexts: [{ context: { cluster: "kubernetes", user: "aws" }, name: "aws" }],
    "current-context": "aws",
    kind: "Config",
    users: [
      {
        name: "aws",
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "aws",
            args: [
              "--region",
              String(arn).split(":")[3],
              "eks",
              "get-token",
              "--cluster-name",
              name,
              "--output",
              "json",
              ...(options.roleArn ? ["--role", options.roleArn] : []),
              ...(withProfile && options.profileName ? ["--profile", options.profileName] : []),
            ],
            env: [{ name: "KUBERNETES_EXEC_INFO", value: '{"apiVersion": "client.authentication.k8s.io/v1beta1"}' }],
          },
        },
      },
    ],
  }));
}
