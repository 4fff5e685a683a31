/** The cluster autoscaler: it moves the number of nodes of a managed group, which is in nobody's program. */
import { type Account, Refusal } from "../account";

/** @throws the refusal of EKS where the number is outside the group's limits. */
export function resize(account: Account, logicalName: string, nodes: number): void {
  const group = account.ofType("aws:eks/nodeGroup:NodeGroup").find(({ name }) => name === logicalName);
  if (group === undefined) throw new Refusal("ResourceNotFoundException", `no node group is made as ${logicalName}`);
  const { scalingConfig } = group.outputs;
  if (nodes < scalingConfig.minSize || nodes > scalingConfig.maxSize) {
    throw new Refusal(
      "ValidationError",
      `new SetDesiredCapacity value ${nodes} is outside the limits ${scalingConfig.minSize} and ${scalingConfig.maxSize}`,
    );
  }
  account.put({ ...group, outputs: { ...group.outputs, scalingConfig: { ...scalingConfig, desiredSize: nodes } } });
}
