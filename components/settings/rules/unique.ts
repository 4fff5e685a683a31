import { ownImages } from "../needs";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Lists whose items each become something of that name: the same one twice stops half-way through an update. */
export function uniqueRules({ foundation, governance, models, monitoring }: Partial<Settings>): RuleProblem[] {
  const problems: RuleProblem[] = [];
  if (foundation?.kind === "aws") {
    problems.push(...tagProblems(foundation.tags));
    if (foundation.network.kind === "create")
      problems.push(...once(["foundation", "network", "endpoints"], foundation.network.endpoints));
    problems.push(...imageProblems(foundation.images.repositories));
    if (foundation.cluster.kind === "create") {
      const { endpoint } = foundation.cluster;
      problems.push(...once(["foundation", "cluster", "endpoint", "allowedCidrs"], endpoint.allowedCidrs));
      problems.push(...entryProblems(foundation.cluster, foundation.assumeRoleArn));
    }
  }
  const budget = governance?.budget;
  if (budget !== undefined) {
    problems.push(...once(["governance", "budget", "alertAtPercent"], budget.alertAtPercent));
    problems.push(...once(["governance", "budget", "notifyEmails"], budget.notifyEmails, alikeAddress));
  }
  for (const [name, receiver] of Object.entries(monitoring?.receivers ?? {})) {
    if (receiver.kind === "email")
      problems.push(...once(["monitoring", "receivers", name, "addresses"], receiver.addresses, alikeAddress));
  }
  for (const [name, { training }] of Object.entries(models ?? {})) {
    if (training?.prepare?.with !== "container") continue;
    problems.push(...once(["models", name, "training", "prepare", "drop"], training.prepare.drop));
  }
  return problems;
}

function imageProblems(repositories: readonly string[]): RuleProblem[] {
  const path: Path = ["foundation", "images", "repositories"];
  const taken = repositories.flatMap((name, at) =>
    ownImages.includes(name)
      ? [
          {
            path: [...path, at],
            value: name,
            allowed: `names other than the platform's own repositories: ${ownImages.join(", ")}`,
            remedy: `remove it, or write team/${name}`,
          },
        ]
      : [],
  );
  return [...once(path, repositories), ...taken];
}

/**
 * Controllers that find what is theirs by a tag, by how its key begins. Every resource carries the stack's tags.
 * @see https://karpenter.sh/docs/concepts/nodeclasses/#spectags
 * @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/subnet_discovery/
 */
const readersOfTags = [
  ["kubernetes.io/", "the cluster"],
  ["k8s.io/", "the cluster autoscaler"],
  ["karpenter.", "Karpenter"],
  ["eks:", "EKS"],
  ["elbv2.k8s.aws/", "the load balancer controller"],
  ["ingress.k8s.aws/", "the load balancer controller"],
  ["service.k8s.aws/", "the load balancer controller"],
] as const;

/**
 * IAM takes keys of tags for equal whose letters differ in case alone, and every role carries them all.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
 */
function tagProblems(tags: Readonly<Record<string, string>>): RuleProblem[] {
  const keys = Object.keys(tags);
  const alike = keys.map((key) => key.toLowerCase());
  return keys.flatMap((key, at) => {
    const problem = { path: ["foundation", "tags", key], value: tags[key] };
    if (alike[at]!.startsWith("mlplatform/"))
      return [
        {
          ...problem,
          allowed: "keys other than the platform's own, which begin with mlplatform/",
          remedy: "choose another key",
        },
      ];
    const reader = readersOfTags.find(([beginning]) => alike[at]!.startsWith(beginning));
    if (reader !== undefined)
      return [
        {
          ...problem,
          allowed: `keys that ${reader[1]} does not read: it would take what is not its own`,
          remedy: "choose another key",
        },
      ];
    const first = alike.indexOf(alike[at]!);
    return first < at
      ? [
          {
            ...problem,
            allowed: `each key once: IAM takes it for ${keys[first]}, whatever the case of its letters`,
            remedy: "remove it",
          },
        ]
      : [];
  });
}

/** EKS keeps one access entry per principal, and makes the one of whoever creates the cluster itself. */
function entryProblems(
  { admins, viewers }: { admins: readonly string[]; viewers: readonly string[] },
  creator: string | undefined,
): RuleProblem[] {
  const path: Path = ["foundation", "cluster"];
  const problems = [...once([...path, "admins"], admins), ...once([...path, "viewers"], viewers)];
  viewers.forEach((arn, at) => {
    if (!admins.includes(arn)) return;
    problems.push({
      path: [...path, "viewers", at],
      value: arn,
      allowed: "a role or user that is not among cluster.admins: EKS keeps one access entry for each",
      remedy: "remove it here, or from cluster.admins",
      restsOn: [[...path, "admins"]],
    });
  });
  for (const [key, list] of Object.entries({ admins, viewers })) {
    list.forEach((arn, at) => {
      if (arn !== creator) return;
      problems.push({
        path: [...path, key, at],
        value: arn,
        allowed: "roles and users other than foundation.assumeRoleArn, which creates the cluster and so has all rights",
        remedy: "remove it",
        restsOn: [["foundation", "assumeRoleArn"]],
      });
    });
  }
  return problems;
}

const alikeAddress = (address: string) => address.toLowerCase();

function once<T extends string | number>(
  path: Path,
  items: readonly T[],
  alike: (item: T) => string | number = (item) => item,
): RuleProblem[] {
  const keys = items.map(alike);
  return items.flatMap((item, at) =>
    keys.indexOf(alike(item)) < at
      ? [{ path: [...path, at], value: item, allowed: "each once", remedy: "remove it" }]
      : [],
  );
}
