import { type Guardrail, guardrail } from "./statement";

/** What a policy of the program says, as far as it is read here. */
export interface Granted {
  Effect?: string;
  Action?: string | string[];
}

/** Services in which one more right leads to all others: of these each action is named, of others the service. */
const named = new Set(["iam", "sts", "kms", "secretsmanager", "organizations", "account"]);

/**
 * What the policies of Amazon's allow that the program attaches to roles of the cluster, its nodes, drivers and functions.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/security-iam-awsmanpol.html
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
const byAmazon = [
  ...[
    "autoscaling:*",
    "ec2:*",
    "ecr:*",
    "eks:*",
    "eks-auth:*",
    "elasticfilesystem:*",
    "elasticloadbalancing:*",
    "logs:*",
  ],
  ...["iam:CreateServiceLinkedRole", "kms:DescribeKey"],
];

/**
 * The most that a role of a stack may ever do: the services that its roles use today, and of services that lead to others' rights the very actions. It
 * gives nothing: a role may do what its policies and this allow.
 * @param granted statements of all roles of the stack
 */
export function boundaryOf(granted: readonly Granted[]): Guardrail {
  const actions = granted.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action = [] }) => [Action].flat());
  const allowed = actions.map((action) => (named.has(action.split(":")[0]!) ? action : `${action.split(":")[0]}:*`));
  const Action = [...new Set([...allowed, ...byAmazon])].sort();
  return guardrail([{ Sid: "UsedByThePlatform", Effect: "Allow", Action, Resource: ["*"] }]);
}
