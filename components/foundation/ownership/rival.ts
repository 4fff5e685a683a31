import { type ClusterReader, groupsOfWebhooks, isWebhooks, type ObjectKey } from "./clusterReader";
import { withoutOwn } from "./remedy";

/**
 * What is said of webhooks to be made where others answer for the same objects: those have one keeper, and a second copy of an operator
 * would work on everybody's, whatever its own are called. Nothing where nobody else keeps them.
 * @param isOwn whether labels are of the stack
 * @throws where the cluster cannot be asked
 */
export async function rivalOf(
  key: ObjectKey,
  webhooks: unknown,
  reader: Pick<ClusterReader, "webhooks">,
  isOwn: (labels: Record<string, string>) => boolean,
): Promise<string | undefined> {
  if (!isWebhooks(key)) return undefined;
  const wanted = groupsOfWebhooks(webhooks);
  if (wanted.length === 0) return undefined;
  for (const { name, labels, groups } of await reader.webhooks(key.kind)) {
    const shared = groups.filter((group) => wanted.includes(group));
    if (name === key.name || isOwn(labels) || shared.length === 0) continue;
    return (
      `${key.kind} ${key.name} is not made: ${name}, which is in the cluster and not this stack's, answers for ${shared.join(", ")} already, ` +
      `and two operators would work on the same objects. ${withoutOwn(wanted) ?? "Leave out what makes it here."}`
    );
  }
  return undefined;
}
