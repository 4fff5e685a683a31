import { minimalAws, onAws, systemGroup } from "../fixtures";
import { groups } from "./configs";
import { accept, refuse } from "./table";

const apps = (more: object) => ({ purpose: "apps", instanceTypes: ["m7i.large"], ...more });
const system = (more: object, cluster: object = {}) =>
  onAws({ cluster: { nodeGroups: { system: { ...systemGroup, ...more } }, ...cluster } });
const inGroup = "foundation.cluster.nodeGroups";

describe("rules between settings: nodeGroups", () => {
  refuse([
    [
      "family that does not exist",
      groups({ a: apps({ instanceTypes: ["z9i.large"] }) }),
      `${inGroup}.a.instanceTypes[0]`,
      /nearest known family is z1d/,
    ],
    [
      "family without generation letter",
      groups({ a: apps({ instanceTypes: ["m7.large"] }) }),
      `${inGroup}.a.instanceTypes[0]`,
      /nearest known family is m7/,
    ],
    [
      "size that does not exist",
      groups({ a: apps({ instanceTypes: ["m7i.gigantic"] }) }),
      `${inGroup}.a.instanceTypes[0]`,
      /a size of m7i/,
    ],
    [
      "GPU group without GPU type",
      groups({ a: apps({ gpu: true }) }),
      `${inGroup}.a.instanceTypes[0]`,
      /GPU family.*gpu: false/,
    ],
    [
      "GPU type without GPU group",
      groups({ a: apps({ instanceTypes: ["g6.xlarge"] }) }),
      `${inGroup}.a.instanceTypes[0]`,
      /write gpu: true/,
    ],
    [
      "two CPU architectures in a group",
      groups({ a: apps({ instanceTypes: ["m7i.large", "m7g.large"] }) }),
      `${inGroup}.a.instanceTypes[1]`,
      /one CPU architecture/,
    ],
    [
      "label that decides what runs where",
      groups({ a: apps({ labels: { "mlplatform/purpose": "serving" } }) }),
      `${inGroup}.a.labels["mlplatform/purpose"]`,
      /the platform's own/,
    ],
    [
      "label kept for Kubernetes",
      groups({ a: apps({ labels: { "node-role.kubernetes.io/apps": "x" } }) }),
      `${inGroup}.a.labels["node-role.kubernetes.io/apps"]`,
      /may not give them to itself/,
    ],
    [
      "one type twice",
      groups({ a: apps({ instanceTypes: ["m7i.large", "m7i.large"] }) }),
      `${inGroup}.a.instanceTypes[1]`,
      /each type once/,
    ],
    [
      "fewer nodes at most than at least",
      groups({ a: apps({ minNodes: 4, maxNodes: 2 }) }),
      `${inGroup}.a.maxNodes`,
      /write maxNodes: 4/,
    ],
    [
      "group name too long",
      groups({ ["a".repeat(39)]: apps({}) }),
      `${inGroup}.${"a".repeat(39)}`,
      /at most 38 characters; rename it to a{38}$/,
    ],
    [
      "no system group",
      onAws({ cluster: { nodeGroups: { a: apps({}) } } }),
      inGroup,
      /at least one group with the purpose system/,
    ],
    [
      "system group on spot",
      onAws({ cluster: { nodeGroups: { system: { ...systemGroup, spot: true } } } }),
      `${inGroup}.system.spot`,
      /write spot: false/,
    ],
    [
      "system group that scales to zero",
      onAws({ cluster: { nodeGroups: { system: { ...systemGroup, minNodes: 0 } } } }),
      `${inGroup}.system.minNodes`,
      /at least 1/,
    ],
    [
      "standing nodes under Karpenter",
      onAws({
        cluster: { scaling: { kind: "karpenter" }, nodeGroups: { system: systemGroup, a: apps({ minNodes: 1 }) } },
      }),
      `${inGroup}.a.minNodes`,
      /0 with Karpenter/,
    ],
    [
      "denied family",
      { ...minimalAws(), governance: { deniedInstanceFamilies: ["m7i"] } },
      `${inGroup}.system.instanceTypes[0]`,
      /deniedInstanceFamilies/,
    ],
    [
      "family that is not allowed",
      {
        ...minimalAws(),
        governance: { allowedInstanceFamilies: ["t3"] },
        ...onAws({ database: { instanceClass: "db.t3.medium" } }),
      },
      `${inGroup}.system.instanceTypes[0]`,
      /allowedInstanceFamilies: t3/,
    ],
    [
      "one system node under Karpenter",
      system({ minNodes: 1 }, { scaling: { kind: "karpenter" } }),
      `${inGroup}.system.minNodes`,
      /nothing resizes system groups.*write minNodes: 2/,
    ],
    [
      "taint on system nodes",
      system({ taints: [{ key: "soft", effect: "PreferNoSchedule" }, { key: "dedicated" }] }),
      `${inGroup}.system.taints[1]`,
      /controllers do not tolerate it/,
    ],
    ...["t2.large", "m4.large", "c4.large", "r4.large", "i3.large"].map((type): [string, unknown, string, RegExp] => [
      `Xen type ${type}`,
      groups({ a: apps({ instanceTypes: [type] }) }),
      `${inGroup}.a.instanceTypes[0]`,
      /prefix delegation.*write m7i\.large/,
    ]),
    [
      "Xen type with GPU",
      groups({ a: apps({ instanceTypes: ["p3.2xlarge"], gpu: true }) }),
      `${inGroup}.a.instanceTypes[0]`,
      /write g6\.xlarge/,
    ],
    ...["t3.nano", "t3a.micro", "t3.small"].map((type): [string, unknown, string, RegExp] => [
      `${type}, too small for a node`,
      groups({ a: apps({ instanceTypes: [type] }) }),
      `${inGroup}.a.instanceTypes[0]`,
      /110 pods.*write t3\.medium/,
    ]),
    [
      "Graviton type too small for a node",
      groups({ a: apps({ instanceTypes: ["t4g.small"] }) }),
      `${inGroup}.a.instanceTypes[0]`,
      /write t4g\.medium/,
    ],
    ...["inf1.xlarge", "inf2.xlarge", "trn1.2xlarge", "trn1n.32xlarge"].map(
      (type): [string, unknown, string, RegExp] => [
        `${type}, whose device plugin is not here`,
        groups({ a: apps({ instanceTypes: [type] }) }),
        `${inGroup}.a.instanceTypes[0]`,
        /not supported yet/,
      ],
    ),
  ]);

  accept([
    ["the smallest burst nodes that hold enough pods", groups({ a: apps({ instanceTypes: ["t3.medium"] }) })],
    ["Xen's family on bare metal", groups({ a: apps({ instanceTypes: ["i3.metal"] }) })],
    ["a Nitro sister of a Xen family", groups({ a: apps({ instanceTypes: ["p3dn.24xlarge"], gpu: true }) })],
    ["the longest group name", groups({ ["a".repeat(38)]: apps({}) })],
    [
      "two system groups of one node under Karpenter",
      onAws({
        cluster: {
          scaling: { kind: "karpenter" },
          nodeGroups: { a: { ...systemGroup, minNodes: 1 }, b: { ...systemGroup, minNodes: 1 } },
        },
      }),
    ],
    ["one system node without Karpenter", system({ minNodes: 1 })],
    [
      "a GPU group that scales to zero",
      groups({ gpu: apps({ gpu: true, instanceTypes: ["g6.xlarge", "g5.xlarge"] }) }),
    ],
    ["a Graviton group", groups({ arm: apps({ instanceTypes: ["m7g.large", "c7g.large"] }) })],
  ]);
});
