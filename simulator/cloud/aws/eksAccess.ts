/** Who may do what in an EKS cluster, and what pods in it may do in AWS. */
import { limits } from "../../../components/settings/limits";
import type { Account } from "../account";
import { describeTypes, like, oneOf, Refusal, type Situation } from "./describe";
import * as type from "./tokens";

describeTypes(
  {
    type: "aws:eks/accessEntry:AccessEntry",
    id: (x) => `${x.inputs.clusterName}:${x.inputs.principalArn}`,
    forces: ["clusterName", "principalArn", "type"],
    refs: { clusterName: { to: [type.cluster], holds: false }, principalArn: principal() },
    limits: [
      oneOf("type", "STANDARD", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX", "HYPERPOD_LINUX"),
      like("kubernetesGroups[]", /^(?!system:).+/, "groups that do not begin with system:"),
    ],
    defaults: { type: "STANDARD" },
    computed: {
      accessEntryArn: (x) =>
        `arn:aws:eks:${x.region}:${x.account.number}:access-entry/${x.inputs.clusterName}/sim${x.digits("entry", 8)}`,
      userName: (x) => x.inputs.principalArn,
      kubernetesGroups: () => [],
      createdAt: () => "2000-01-01T00:00:00Z",
      modifiedAt: () => "2000-01-01T00:00:00Z",
    },
    claims: (x) => [`access entry ${x.inputs.clusterName} ${x.inputs.principalArn}`],
    verify: (x) => {
      entriesAllowed(x);
      notTwice(x);
    },
  },
  {
    type: "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    id: (x) => `${x.inputs.clusterName}#${x.inputs.principalArn}#${x.inputs.policyArn}`,
    forces: ["clusterName", "principalArn", "policyArn", "accessScope"],
    refs: { clusterName: { to: [type.cluster], holds: false }, principalArn: principal() },
    limits: [
      // https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
      like(
        "policyArn",
        /^arn:aws[\w-]*:eks::aws:cluster-access-policy\/Amazon\w+$/,
        "policies such as arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
      ),
      oneOf("accessScope.type", "cluster", "namespace"),
    ],
    computed: { associatedAt: () => "2000-01-01T00:00:00Z", modifiedAt: () => "2000-01-01T00:00:00Z" },
    claims: (x) => [`association ${x.inputs.clusterName} ${x.inputs.principalArn} ${x.inputs.policyArn}`],
    verify: (x) => {
      entriesAllowed(x);
      const entry = `aws:eks/accessEntry:AccessEntry|${x.region}|access entry ${x.inputs.clusterName} ${x.inputs.principalArn}`;
      if (x.account.owner(entry) === undefined) {
        throw new Refusal(
          "ResourceNotFoundException",
          `cluster ${x.inputs.clusterName} has no access entry for ${x.inputs.principalArn}; make it first and depend on it`,
        );
      }
    },
  },
  {
    type: "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    most: limits.podIdentities.most,
    mostFor: "clusterName",
    id: (x) => `a-sim${x.digits("id", 14)}`,
    forces: ["clusterName", "namespace", "serviceAccount"],
    refs: {
      clusterName: { to: [type.cluster], holds: false },
      roleArn: type.roleReference,
      targetRoleArn: type.roleReference,
    },
    computed: {
      associationArn: (x) =>
        `arn:aws:eks:${x.region}:${x.account.number}:podidentityassociation/${x.inputs.clusterName}/a-sim${x.digits("id", 14)}`,
      associationId: (x) => `a-sim${x.digits("id", 14)}`,
      disableSessionTags: () => false,
      externalId: () => "",
    },
    claims: (x) => [`identity ${x.inputs.clusterName} ${x.inputs.namespace} ${x.inputs.serviceAccount}`],
    verify: trustsPods,
  },
);

/** Roles that somebody else made are allowed; what carries a name made up for a program's role must exist. */
function principal() {
  return {
    to: [type.role],
    holds: false,
    unless: (value: string) => !/^arn:aws[\w-]*:iam::\d{12}:role\/.*-[0-9a-f]{7}$/.test(value),
  };
}

/** Whether EKS has let somebody in for having made the cluster. https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html */
export function isCreator(account: Account, region: string, clusterName: string, principalArn: string): boolean {
  const cluster = account.resolve([type.cluster], clusterName);
  if (cluster?.outputs.accessConfig?.bootstrapClusterCreatorAdminPermissions === false) return false;
  return account.owner(`${type.cluster}|${region}|creator of ${clusterName} ${principalArn}`) !== undefined;
}

/** A second entry for one principal: the first is the program's own, or that of who made the cluster. */
function notTwice(x: Situation): void {
  const { clusterName, principalArn } = x.inputs;
  if (!isCreator(x.account, x.region, clusterName, principalArn)) return;
  throw new Refusal(
    "ResourceInUseException",
    `The specified access entry resource is already in use on this cluster: ${principalArn} created ${clusterName}`,
  );
}

function entriesAllowed(x: Situation): void {
  const mode = x.referred("clusterName")?.outputs.accessConfig?.authenticationMode;
  if (mode === "CONFIG_MAP") {
    throw new Refusal(
      "InvalidRequestException",
      `cluster ${x.inputs.clusterName} has authentication mode CONFIG_MAP, which takes no access entries; set API or API_AND_CONFIG_MAP`,
    );
  }
}

/** https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html */
function trustsPods(x: Situation): void {
  const trust = String(x.referred("roleArn")?.outputs.assumeRolePolicy ?? "");
  const wanted = ["pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession"];
  const missing = wanted.filter((word) => !trust.includes(word));
  if (missing.length > 0) {
    throw new Refusal(
      "InvalidParameterException",
      `trust policy of ${x.inputs.roleArn} must let pods.eks.amazonaws.com do sts:AssumeRole and sts:TagSession; it lacks ${missing.join(", ")}`,
    );
  }
}
