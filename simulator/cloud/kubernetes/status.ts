/** What an object says of itself once its controllers have seen it. */
import type { Properties } from "../values";
import type { Kind } from "./kinds";

/** Members added to the outputs of an object; `digits` makes values that stay the same for the object. */
export function statusOf(kind: Kind, inputs: Properties, digits: (purpose: string) => string): Properties {
  const replicas = Number(inputs.spec?.replicas ?? 1);
  switch (`${kind.group}/${kind.kind}`) {
    case "/Service":
      return {
        spec: {
          clusterIP: `172.20.0.${Number.parseInt(digits("address").slice(0, 2), 16)}`,
          type: "ClusterIP",
          ...inputs.spec,
        },
        status: { loadBalancer: inputs.spec?.type === "LoadBalancer" ? balancer(digits) : {} },
      };
    case "networking.k8s.io/Ingress":
      return { status: { loadBalancer: balancer(digits) } };
    case "apps/Deployment":
      return {
        status: {
          observedGeneration: 1,
          replicas,
          updatedReplicas: replicas,
          readyReplicas: replicas,
          availableReplicas: replicas,
        },
      };
    case "apps/StatefulSet":
      return { status: { observedGeneration: 1, replicas, readyReplicas: replicas, currentReplicas: replicas } };
    case "batch/Job":
      return {
        status: {
          succeeded: Number(inputs.spec?.completions ?? 1),
          conditions: [{ type: "Complete", status: "True" }],
        },
      };
    case "/Namespace":
      return { status: { phase: "Active" } };
    case "/PersistentVolumeClaim":
      return { status: { phase: "Bound" } };
    case "apiextensions.k8s.io/CustomResourceDefinition":
      return { status: { conditions: [{ type: "Established", status: "True" }] } };
    default:
      return {};
  }
}

function balancer(digits: (purpose: string) => string): Properties {
  return { ingress: [{ hostname: `k8s-${digits("balancer")}${digits("balancer b")}.elb.simulated.invalid` }] };
}
