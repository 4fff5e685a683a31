import { minimalAws, onAws } from "../fixtures";
import { accept, refuse } from "./table";

const network = (more: object) => onAws({ network: more });

describe("rules between settings: network", () => {
  refuse([
    ["host bits behind the mask", network({ cidr: "10.0.5.0/16" }), "foundation.network.cidr", /write 10\.0\.0\.0\/16/],
    ["number above 255", network({ cidr: "10.0.300.0/16" }), "foundation.network.cidr", /0 to 255/],
    ["mask above 32", network({ cidr: "10.0.0.0/40" }), "foundation.network.cidr", /mask from \/0 to \/32/],
    [
      "VPC wider than AWS allows",
      network({ cidr: "10.0.0.0/8" }),
      "foundation.network.cidr",
      /write cidr: 10\.0\.0\.0\/16/,
    ],
    [
      "too few addresses",
      network({ cidr: "10.0.0.0/24" }),
      "foundation.network.cidr",
      /256 addresses are too few.*write cidr: 10\.0\.0\.0\/20/,
    ],
    [
      "too few pod addresses",
      network({ podCidr: "100.64.0.0/20" }),
      "foundation.network.podCidr",
      /prefix delegation.*100\.64\.0\.0\/18/,
    ],
    ["pods on public addresses", network({ podCidr: "8.8.0.0/16" }), "foundation.network.podCidr", /inside one of/],
    [
      "pods on top of nodes",
      network({ cidr: "10.0.0.0/16", podCidr: "10.0.0.0/17" }),
      "foundation.network.podCidr",
      /apart from network\.cidr.*100\.64/,
    ],
    [
      "nodes inside the pods' block",
      network({ cidr: "100.64.16.0/20", podCidr: "100.64.0.0/16" }),
      "foundation.network.podCidr",
      /apart from network\.cidr.*100\.80\.0\.0\/16/,
    ],
    [
      "an adopted cluster in a VPC to be made",
      onAws({ cluster: { kind: "adopt", name: "company" } }),
      "foundation.network.kind",
      /adopted cluster stands in a VPC already/,
    ],
    [
      "pods on top of services",
      network({ podCidr: "172.20.0.0/16" }),
      "foundation.network.podCidr",
      /172\.20\.0\.0\/16/,
    ],
    ["nodes on top of services", network({ cidr: "172.20.0.0/16" }), "foundation.network.cidr", /172\.20\.0\.0\/16/],
    [
      "zone of another region",
      network({ zones: ["eu-west-1a", "us-east-1b"] }),
      "foundation.network.zones[1]",
      /write eu-west-1b/,
    ],
    [
      "one zone twice",
      network({ zones: ["eu-west-1a", "eu-west-1a"] }),
      "foundation.network.zones[1]",
      /each zone once/,
    ],
    [
      "no NAT and no endpoints",
      network({ nat: "none" }),
      "foundation.network.endpoints",
      /missing are ecr\.api, ecr\.dkr/,
    ],
    [
      "one subnet twice",
      network({ kind: "adopt", vpcId: "vpc-01234567", privateSubnetIds: ["subnet-01234567", "subnet-01234567"] }),
      "foundation.network.privateSubnetIds[1]",
      /once/,
    ],
    [
      "a Studio without a way to AWS",
      { ...minimalAws(), training: { studio: { enabled: true } } },
      "foundation.network.endpoints",
      /sagemaker\.api.*write endpoints/s,
    ],
    ["endpoint twice", network({ endpoints: ["s3", "sts", "s3"] }), "foundation.network.endpoints[2]", /each once/],
    ["public addresses for nodes", network({ cidr: "8.8.0.0/16" }), "foundation.network.cidr", /inside one of 100\.64/],
    ...(
      [
        ["10.0.0.0/16", "172.16.0.0/16", "172.16.0.0/12"],
        ["10.0.0.0/16", "192.168.0.0/16", "192.168.0.0/16"],
        ["10.1.0.0/16", "10.0.0.0/16", "10.0.0.0/16"],
        ["172.16.0.0/16", "10.0.0.0/16", "10.0.0.0/8"],
        ["172.16.0.0/16", "172.31.0.0/16", "172.31.0.0/16"],
        ["192.168.0.0/16", "172.16.0.0/16", "172.16.0.0/12"],
        ["100.64.0.0/16", "10.0.0.0/16", "10.0.0.0/8"],
      ] as const
    ).map(([cidr, podCidr, range]): [string, unknown, string, RegExp] => [
      `pods in ${podCidr} beside nodes in ${cidr}`,
      network({ cidr, podCidr }),
      "foundation.network.podCidr",
      new RegExp(`no block of ${range}: AWS refuses it`),
    ]),
  ]);

  accept([
    ["the widest and the narrowest VPC", network({ cidr: "192.168.0.0/16" })],
    ["a /20 over three zones", network({ cidr: "10.0.0.0/20", podCidr: "100.64.0.0/18" })],
    [
      "a network without NAT that lists what it needs",
      network({
        nat: "none",
        endpoints: [
          "s3",
          "ecr.api",
          "ecr.dkr",
          "ec2",
          "eks",
          "eks-auth",
          "sts",
          "logs",
          "secretsmanager",
          "elasticloadbalancing",
          "kms",
          "autoscaling",
        ],
      }),
    ],
    ["nodes and pods in one private range", network({ cidr: "10.1.0.0/16", podCidr: "10.2.0.0/16" })],
    ["nodes in shared addresses", network({ cidr: "100.64.0.0/16", podCidr: "100.80.0.0/16" })],
  ]);
});
