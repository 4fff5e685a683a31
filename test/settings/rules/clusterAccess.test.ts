import { onAws } from "../fixtures";
import { accept, refuse } from "./table";

const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`;

describe("rules between settings: clusterAccess", () => {
  refuse([
    [
      "Kubernetes API open to all",
      onAws({ cluster: { endpoint: { access: "public", allowedCidrs: ["0.0.0.0/0"] } } }),
      "foundation.cluster.endpoint.allowedCidrs[0]",
      /whole internet/,
    ],
    [
      "host bits in a block of the private endpoint",
      onAws({ cluster: { endpoint: { allowedCidrs: ["10.8.0.1/16"] } } }),
      "foundation.cluster.endpoint.allowedCidrs[0]",
      /write 10\.8\.0\.0\/16/,
    ],
    [
      "one block twice at the endpoint",
      onAws({ cluster: { endpoint: { allowedCidrs: ["10.8.0.0/16", "10.8.0.0/16"] } } }),
      "foundation.cluster.endpoint.allowedCidrs[1]",
      /each once/,
    ],
    [
      "wildcard among administrators",
      onAws({ cluster: { admins: ["arn:aws:iam::000000000000:role/*"] } }),
      "foundation.cluster.admins[0]",
      /without wildcards/,
    ],
    [
      "administrator twice",
      onAws({ cluster: { admins: [role("a"), role("b"), role("a")] } }),
      "foundation.cluster.admins[2]",
      /each once/,
    ],
    [
      "viewer twice",
      onAws({ cluster: { viewers: [role("a"), role("a")] } }),
      "foundation.cluster.viewers[1]",
      /each once/,
    ],
    [
      "administrator who is a viewer too",
      onAws({ cluster: { admins: [role("a")], viewers: [role("b"), role("a")] } }),
      "foundation.cluster.viewers[1]",
      /one access entry/,
    ],
    [
      "administrator who creates the cluster",
      onAws({ assumeRoleArn: role("deploy"), cluster: { admins: [role("a"), role("deploy")] } }),
      "foundation.cluster.admins[1]",
      /creates the cluster.*remove it/,
    ],
    [
      "viewer who creates the cluster",
      onAws({ assumeRoleArn: role("deploy"), cluster: { viewers: [role("deploy")] } }),
      "foundation.cluster.viewers[0]",
      /creates the cluster/,
    ],
    ...["10.0.0.0/8", "192.168.7.0/24", "100.64.0.0/16", "127.0.0.0/8"].map(
      (block): [string, unknown, string, RegExp] => [
        `Kubernetes API open to ${block}, which nothing calls from`,
        onAws({ cluster: { endpoint: { access: "public", allowedCidrs: ["203.0.113.0/24", block] } } }),
        "foundation.cluster.endpoint.allowedCidrs[1]",
        /EKS refuses it.*public addresses/,
      ],
    ),
  ]);

  accept([
    ["a private block at the private endpoint", onAws({ cluster: { endpoint: { allowedCidrs: ["10.8.0.0/16"] } } })],
  ]);
});
