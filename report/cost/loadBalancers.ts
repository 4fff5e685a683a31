import { at, text } from "../planIndex";
import type { Charge, Rule } from "./rules";

const annotation = (name: string) => `alb.ingress.kubernetes.io/${name}`;

/** Ingresses of one group share an Application Load Balancer: the first of them, by name, is billed for all. */
export const loadBalancer: Rule = (resource, index) => {
  const annotations = (each: typeof resource) => at(each.inputs, "metadata", "annotations");
  const group = text(at(annotations(resource), annotation("group.name")));
  if (group === "") return [];
  const first = index
    .all(resource.type)
    .filter((each) => at(annotations(each), annotation("group.name")) === group)
    .sort((a, b) => (a.urn < b.urn ? -1 : 1))[0];
  if (first?.urn !== resource.urn) return [];
  const charges: Charge[] = [
    { price: "elb/application", what: `load balancer ${group}`, idle: 1, most: 1 },
    { price: "elb/application-capacity" },
  ];
  if (at(annotations(resource), annotation("scheme")) === "internet-facing")
    charges.push({ price: "vpc/public-ipv4", what: "its addresses", idle: index.zones, most: index.zones });
  return charges;
};
