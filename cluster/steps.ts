/** What is run to make a cluster in kind, in its order. */
import { ingressClass, type WantedCluster } from "./wanted";

/** A command, and what it reads. */
export interface Step {
  /** What is told while it runs. */
  title: string;
  command: "docker" | "helm" | "kind" | "kubectl";
  args: string[];
  input?: string;
  limitSeconds: number;
}

/** @see https://github.com/traefik/traefik-helm-chart/releases */
const traefikVersion = "41.3.0";
/** Ports of the ingress controller on the node, and on this machine. */
const ports = { web: { node: 30080, machine: 80 }, websecure: { node: 30443, machine: 443 } };

/** What kind reads; JSON is YAML. Only this machine reaches the ports: nothing asks who one is before the tools do. */
const kindConfig = JSON.stringify({
  kind: "Cluster",
  apiVersion: "kind.x-k8s.io/v1alpha4",
  nodes: [
    {
      role: "control-plane",
      extraPortMappings: Object.values(ports).map(({ node, machine }) => ({
        containerPort: node,
        hostPort: machine,
        listenAddress: "127.0.0.1",
      })),
    },
  ],
});

/**
 * Commands that make what a stack asks for; each may run again on what it has made.
 * @param folder the project's, with `workloads/` in it
 * @param exists whether kind has a cluster of this name
 */
export function stepsFor({ name, images }: WantedCluster, folder: string, exists: boolean): Step[] {
  const context = `kind-${name}`;
  const made: Step = {
    title: `kind: making the cluster ${name}`,
    command: "kind",
    args: ["create", "cluster", "--name", name, "--config", "-", "--wait", "180s"],
    input: kindConfig,
    limitSeconds: 900,
  };
  const controller: Step = {
    title: `helm: Traefik ${traefikVersion}, the ingress controller`,
    command: "helm",
    args: [
      ...["upgrade", "--install", "traefik", "traefik", "--repo", "https://traefik.github.io/charts"],
      ...["--version", traefikVersion, "--kube-context", context, "--namespace", "traefik", "--create-namespace"],
      ...["--set", `ingressClass.name=${ingressClass}`, "--set", "service.spec.type=NodePort"],
      ...Object.entries(ports).flatMap(([port, { node }]) => ["--set", `ports.${port}.nodePort=${node}`]),
      ...["--wait", "--timeout", "5m"],
    ],
    limitSeconds: 360,
  };
  const built = Object.entries(images).map(
    ([image, reference]): Step => ({
      title: `docker: building ${reference}`,
      command: "docker",
      args: ["build", "--file", `${folder}/workloads/${image}/Dockerfile`, "--tag", reference, `${folder}/workloads`],
      limitSeconds: 1800,
    }),
  );
  const loaded: Step = {
    title: "kind: giving the images to the node",
    command: "kind",
    args: ["load", "docker-image", "--name", name, ...Object.values(images)],
    limitSeconds: 900,
  };
  return [...(exists ? [] : [made]), controller, ...built, ...(built.length > 0 ? [loaded] : [])];
}
