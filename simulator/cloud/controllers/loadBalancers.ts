/** The AWS Load Balancer Controller: one load balancer and security group for each Ingress or group of them, and for each Service that asks. */
import { Account, type Existing, Refusal } from "../account";
import * as type from "../aws/tokens";
import { acts } from "./scheduling";
import type { Surroundings } from "./surroundings";

const controller = "aws-load-balancer-controller";

/** Of one load balancer; each Ingress here has one. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
const targetGroups = 100;

interface Wanted {
  /** Ingresses of one group share a load balancer. */
  group: string;
  internetFacing: boolean;
  kind: "Ingress" | "Service";
}

/** What an object asks of the controller, if anything. */
function wantedBy(object: Existing): Wanted | undefined {
  const { metadata, spec } = object.inputs;
  const annotations: Record<string, string> = metadata?.annotations ?? {};
  if (object.type === "kubernetes:networking.k8s.io/Ingress") {
    const className = spec?.ingressClassName ?? annotations["kubernetes.io/ingress.class"];
    if (className !== "alb") return undefined;
    const group = annotations["alb.ingress.kubernetes.io/group.name"] ?? object.id;
    return {
      group,
      internetFacing: annotations["alb.ingress.kubernetes.io/scheme"] === "internet-facing",
      kind: "Ingress",
    };
  }
  if (object.type === "kubernetes:/Service" && spec?.type === "LoadBalancer") {
    const scheme = annotations["service.beta.kubernetes.io/aws-load-balancer-scheme"];
    return { group: object.id, internetFacing: scheme === "internet-facing", kind: "Service" };
  }
  return undefined;
}

/**
 * Elsewhere than in EKS the ingress controller, if there is one, writes only an address that its own Service has, which takes a
 * load balancer. @throws a refusal, as the provider's timeout would be
 */
export function mustBeAddressed(object: Existing): void {
  if (object.type !== "kubernetes:networking.k8s.io/Ingress") return;
  throw new Refusal(
    "Timeout",
    `Ingress ${object.id}: no address was written within ten minutes; a cluster without load balancers has none to write. Do not wait for it: pulumi.com/skipAwait`,
  );
}

/** The load balancer and security group of an object, made or with one more owner. */
export function balanced(object: Existing, surroundings: Surroundings): Existing[] {
  const wanted = wantedBy(object);
  if (wanted === undefined) return [];
  if (!acts(controller, surroundings)) {
    throw new Refusal(
      "Timeout",
      `${wanted.kind} ${object.id}: no load balancer was made, since ${controller} does not run in ${surroundings.eks.id}. Make the controller first and depend on it`,
    );
  }
  const { account, eks } = surroundings;
  const before = find(wanted, surroundings);
  if (before !== undefined) {
    const owners: string[] = before.outputs.owners;
    if (owners.length >= targetGroups && !owners.includes(object.id)) {
      throw new Refusal(
        "TooManyUniqueTargetGroupsPerLoadBalancer",
        `${wanted.kind} ${object.id}: load balancer ${wanted.group} has ${targetGroups} target groups already, and the controller keeps none of them up to date any more. Put some into another group`,
      );
    }
    return owners.includes(object.id)
      ? []
      : [{ ...before, outputs: { ...before.outputs, owners: [...owners, object.id] } }];
  }
  const region = eks.scope;
  const urn = `controller:${eks.id}:${wanted.group}`;
  const generation = account.nextGeneration(urn);
  const digits = (purpose: string, count: number) => account.digits(urn, generation, purpose, count);
  const groupId = `sg-sim${digits("group", 14)}`;
  const arn = `arn:aws:elasticloadbalancing:${region}:${account.number}:loadbalancer/app/k8s-${digits("name", 10)}/${digits("arn", 16)}`;
  const common = { name: wanted.group, urn, scope: region, claims: [], inputs: {}, generation, madeBy: controller };
  const vpcKey = Account.key(type.vpc, region, eks.outputs.vpcConfig.vpcId);
  const subnets = subnetsFor(wanted, surroundings);
  if (subnets.length < 2) {
    const tag = wanted.internetFacing ? "kubernetes.io/role/elb" : "kubernetes.io/role/internal-elb";
    throw new Refusal(
      "Timeout",
      `${wanted.kind} ${object.id}: the controller finds ${subnets.length} subnets tagged ${tag}; two in different zones are needed`,
    );
  }
  return [
    {
      ...common,
      type: type.securityGroup,
      id: groupId,
      handles: [groupId],
      uses: [{ key: vpcKey, path: "vpcId", holds: true }],
      outputs: {
        vpcId: eks.outputs.vpcConfig.vpcId,
        name: `k8s-${digits("name", 10)}`,
        tags: { "elbv2.k8s.aws/cluster": eks.id },
      },
    },
    {
      ...common,
      type: type.loadBalancer,
      id: arn,
      handles: [arn],
      uses: [
        ...subnets.map(({ id }) => ({ key: Account.key(type.subnet, region, id), path: "subnets", holds: true })),
        { key: Account.key(type.securityGroup, region, groupId), path: "securityGroups", holds: true },
      ],
      outputs: {
        cluster: eks.id,
        group: wanted.group,
        groupId,
        owners: [object.id],
        tags: { "elbv2.k8s.aws/cluster": eks.id },
      },
    },
  ];
}

/** Takes an object off its load balancer, which goes with its last owner. */
export function unbalanced(object: Existing, surroundings: Surroundings): { remove: string[]; change: Existing[] } {
  const wanted = wantedBy(object);
  const balancer = wanted === undefined ? undefined : find(wanted, surroundings);
  if (wanted === undefined || balancer === undefined) return { remove: [], change: [] };
  if (!acts(controller, surroundings)) {
    throw new Refusal(
      "Timeout",
      `${wanted.kind} ${object.id} waits for its finalizer: ${controller}, which would remove its load balancer, does not run in ${surroundings.eks.id} any more. Let the ${wanted.kind} depend on the controller and on its nodes, so that it goes first`,
    );
  }
  const owners = (balancer.outputs.owners as string[]).filter((owner) => owner !== object.id);
  if (owners.length > 0) return { remove: [], change: [{ ...balancer, outputs: { ...balancer.outputs, owners } }] };
  const group = Account.key(type.securityGroup, balancer.scope, balancer.outputs.groupId);
  return { remove: [Account.key(balancer.type, balancer.scope, balancer.id), group], change: [] };
}

function find(wanted: Wanted, { account, eks }: Surroundings): Existing | undefined {
  return account
    .ofType(type.loadBalancer)
    .find(({ outputs }) => outputs.cluster === eks.id && outputs.group === wanted.group);
}

/** Subnets of the cluster's VPC that are tagged for such a load balancer. @see https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html */
function subnetsFor({ internetFacing }: Wanted, { account, eks }: Surroundings): Existing[] {
  const tag = internetFacing ? "kubernetes.io/role/elb" : "kubernetes.io/role/internal-elb";
  const tagged = new Set(
    account
      .ofType("aws:ec2/tag:Tag")
      .filter(({ inputs }) => inputs.key === tag)
      .map(({ inputs }) => inputs.resourceId),
  );
  return account
    .ofType(type.subnet)
    .filter(
      ({ id, outputs }) =>
        outputs.vpcId === eks.outputs.vpcConfig.vpcId && (outputs.tags?.[tag] !== undefined || tagged.has(id)),
    );
}
