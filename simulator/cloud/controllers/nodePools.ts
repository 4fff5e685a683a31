/** Karpenter: a node for each NodePool, in the subnets of the cluster, until the NodePool goes. */
import { Account, type Existing, Refusal } from "../account";
import * as type from "../aws/tokens";
import { acts, deployed } from "./scheduling";
import type { Surroundings } from "./surroundings";

const nodePool = "kubernetes:karpenter.sh/NodePool";
const nodeClass = "kubernetes:karpenter.k8s.aws/EC2NodeClass";
const instance = "aws:ec2/instance:Instance";

/** The node of a pool. A pool that was there before Karpenter gets none until it changes. */
export function launched(object: Existing, surroundings: Surroundings): Existing[] {
  const { account, eks, scope } = surroundings;
  if (object.type !== nodePool || !deployed("karpenter", surroundings)) return [];
  const className = object.inputs.spec?.template?.spec?.nodeClassRef?.name;
  if (account.get(nodeClass, scope, className) === undefined) {
    throw new Refusal(
      "Timeout",
      `NodePool ${object.id}: its EC2NodeClass "${className}" does not exist, so it never becomes ready. Make the class first and depend on it`,
    );
  }
  const urn = `karpenter:${eks.id}:${object.id}`;
  if (find(object, surroundings) !== undefined) return [];
  const generation = account.nextGeneration(urn);
  const id = `i-sim${account.digits(urn, generation, "id", 14)}`;
  const [subnetId] = eks.inputs.vpcConfig.subnetIds as string[];
  const uses = [{ key: Account.key(type.subnet, eks.scope, subnetId!), path: "subnetId", holds: true }];
  return [
    {
      type: instance,
      name: object.id,
      urn,
      id,
      scope: eks.scope,
      handles: [id],
      claims: [],
      uses,
      inputs: {},
      outputs: { cluster: eks.id, pool: object.id, subnetId },
      generation,
      madeBy: "karpenter",
    },
  ];
}

/** Keys of the nodes that end with their pool. */
export function terminated(object: Existing, surroundings: Surroundings): string[] {
  if (object.type === nodeClass) {
    const user = surroundings.account
      .ofType(nodePool)
      .find(
        ({ scope, inputs }) =>
          scope === surroundings.scope && inputs.spec?.template?.spec?.nodeClassRef?.name === object.id,
      );
    if (user !== undefined)
      throw new Refusal(
        "Timeout",
        `EC2NodeClass ${object.id} waits for its finalizer: NodePool ${user.id} still uses it. Let the pool depend on the class`,
      );
  }
  if (object.type !== nodePool) return [];
  const node = find(object, surroundings);
  if (node === undefined) return [];
  if (!acts("karpenter", surroundings)) {
    throw new Refusal(
      "Timeout",
      `NodePool ${object.id} waits for its finalizer: Karpenter, which would end its nodes, does not run in ${surroundings.eks.id} any more. Let the pool depend on Karpenter, so that it goes first`,
    );
  }
  return [Account.key(node.type, node.scope, node.id)];
}

function find(object: Existing, { account, eks }: Surroundings): Existing | undefined {
  return account.ofType(instance).find(({ outputs }) => outputs.cluster === eks.id && outputs.pool === object.id);
}
