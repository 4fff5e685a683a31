/** Add-ons of EKS clusters. */
import { hasNodes } from "../controllers/scheduling";
import { describeTypes, like, oneOf, Refusal } from "./describe";
import { clusterScope } from "./eks";
import * as type from "./tokens";

/** https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html */
export const addons = [
  "vpc-cni",
  "coredns",
  "kube-proxy",
  "aws-ebs-csi-driver",
  "aws-efs-csi-driver",
  "aws-mountpoint-s3-csi-driver",
  "aws-fsx-csi-driver",
  "snapshot-controller",
  "eks-pod-identity-agent",
  "metrics-server",
  "adot",
  "amazon-cloudwatch-observability",
  "aws-guardduty-agent",
  "eks-node-monitoring-agent",
  "cert-manager",
  "external-dns",
  "kube-state-metrics",
  "prometheus-node-exporter",
  "aws-privateca-connector-for-kubernetes",
  "amazon-sagemaker-hyperpod-taskgovernance",
  "aws-network-flow-monitoring-agent",
  "fluent-bit",
];

/** The default for a Kubernetes version, made up so that it tells which. */
export function addonVersion(name: string, kubernetes: string): string {
  return `v${kubernetes}.0-eksbuild.${(name.length % 9) + 1}`;
}

/** Addons with pods that are no DaemonSet. @see https://docs.aws.amazon.com/eks/latest/userguide/add-ons-troubleshooting.html */
const needsNodes = new Set(["coredns", "metrics-server", "aws-ebs-csi-driver", "aws-efs-csi-driver"]);

describeTypes({
  type: "aws:eks/addon:Addon",
  id: (x) => `${x.inputs.clusterName}:${x.inputs.addonName}`,
  arn: (x) =>
    `arn:aws:eks:${x.region}:${x.account.number}:addon/${x.inputs.clusterName}/${x.inputs.addonName}/${x.digits("addon", 8)}`,
  forces: ["clusterName", "addonName"],
  refs: {
    clusterName: { to: [type.cluster], holds: false },
    serviceAccountRoleArn: type.roleReference,
    "podIdentityAssociations[].roleArn": type.roleReference,
  },
  limits: [
    oneOf("addonName", ...addons),
    oneOf("resolveConflictsOnCreate", "NONE", "OVERWRITE"),
    oneOf("resolveConflictsOnUpdate", "NONE", "OVERWRITE", "PRESERVE"),
    like("addonVersion", /^v\d+\.\d+\.\d+(-eksbuild\.\d+)?$/, "versions such as v1.2.3-eksbuild.1"),
    {
      path: "configurationValues",
      wrong: (value) => {
        try {
          JSON.parse(String(value));
          return undefined;
        } catch {
          // YAML is allowed too; only text that opens as JSON and does not parse is certainly wrong.
          return /^\s*[{[]/.test(String(value)) ? "is broken JSON" : undefined;
        }
      },
    },
  ],
  computed: {
    addonVersion: (x) => addonVersion(x.inputs.addonName, x.referred("clusterName")?.outputs.version),
    configurationValues: () => "",
    createdAt: () => "2000-01-01T00:00:00Z",
    modifiedAt: () => "2000-01-01T00:00:00Z",
  },
  claims: (x) => [`addon ${x.inputs.clusterName} ${x.inputs.addonName}`],
  keeps: (outputs, before, inputs) => {
    outputs.addonVersion = inputs.addonVersion ?? before.outputs.addonVersion;
  },
  verify: (x) => {
    const eks = x.referred("clusterName");
    if (eks === undefined || !needsNodes.has(x.inputs.addonName)) return;
    if (!hasNodes({ account: x.account, eks, scope: clusterScope(eks.id) })) {
      throw new Refusal(
        "Timeout",
        `addon ${x.inputs.addonName} of ${eks.id} stays DEGRADED: its pods find no node. Make a node group first and depend on it`,
      );
    }
  },
});
