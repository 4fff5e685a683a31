import { stringify } from "yaml";

/** A kubeconfig with made-up clusters: nothing answers at their addresses. */
export function madeUpKubeconfig(...contexts: string[]): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": contexts[0],
    contexts: contexts.map((name) => ({ name, context: { cluster: `${name}-cluster`, user: `${name}-user` } })),
    clusters: contexts.map((name) => ({
      name: `${name}-cluster`,
      cluster: { server: `https://${name}.fake.invalid:6443`, "certificate-authority-data": "bWFkZSB1cA==" },
    })),
    users: contexts.map((name) => ({ name: `${name}-user`, user: { token: ["made", "up", name].join("-") } })),
  });
}
