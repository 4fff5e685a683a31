import { at, list, text } from "../resource";
import type { Config, Rule } from "../rule";

interface Opening {
  direction: "in" | "out";
  protocol: unknown;
  from: unknown;
  to: unknown;
  cidrs: unknown[];
}

const opening = (direction: Opening["direction"], rule: unknown): Opening => ({
  direction,
  protocol: at(rule, "ipProtocol") ?? at(rule, "protocol"),
  from: at(rule, "fromPort"),
  to: at(rule, "toPort"),
  cidrs: [
    at(rule, "cidrIpv4"),
    at(rule, "cidrIpv6"),
    ...list(at(rule, "cidrBlocks")),
    ...list(at(rule, "ipv6CidrBlocks")),
  ],
});

/** What a security group or one rule of it opens, in each way that AWS writes it. */
function openings(type: string, props: Record<string, unknown>): Opening[] {
  switch (type) {
    case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
      return [opening("in", props)];
    case "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":
      return [opening("out", props)];
    case "aws:ec2/securityGroupRule:SecurityGroupRule":
      return [opening(props.type === "egress" ? "out" : "in", props)];
    case "aws:ec2/securityGroup:SecurityGroup":
    case "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":
      return [
        ...list(props.ingress).map((rule) => opening("in", rule)),
        ...list(props.egress).map((rule) => opening("out", rule)),
      ];
    default:
      return [];
  }
}

const everywhere = new Set(["0.0.0.0/0", "::/0"]);
const isTcp = (protocol: unknown) => protocol === "tcp" || protocol === "6";

function tooWide({ direction, protocol, from, to, cidrs }: Opening, config: Config): boolean {
  if (!cidrs.some((cidr) => everywhere.has(text(cidr)))) return false;
  const allowed = (config[direction === "in" ? "portsIn" : "portsOut"] as number[]) ?? [];
  return !(isTcp(protocol) && from === to && typeof from === "number" && allowed.includes(from));
}

const ports = (about: string, ...values: number[]) => ({
  ...{ default: values, about },
  schema: { type: "array" as const, items: { type: "integer" as const } },
});

export const openPorts: readonly Rule[] = [
  {
    name: "open-ports",
    level: "mandatory",
    reason: "A port that is open to everywhere is a way in for whoever looks, and one out for what was stolen.",
    remedy: "Name the ranges or the security group that are meant; to everywhere leads HTTPS alone.",
    options: {
      portsIn: ports("TCP ports that may be open from everywhere, such as 443 of a public load balancer."),
      portsOut: ports("TCP ports that may lead to everywhere.", 443),
    },
    check: {
      resource: ({ type, props }, config) =>
        openings(type, props)
          .filter((each) => tooWide(each, config))
          .map(({ direction, from, to }) => {
            const which =
              from === undefined || from === null
                ? "any port"
                : from === to
                  ? `port ${from}`
                  : `ports ${from} to ${to}`;
            return direction === "in" ? `Everywhere reaches ${which}` : `It reaches everywhere on ${which}`;
          }),
    },
  },
];
