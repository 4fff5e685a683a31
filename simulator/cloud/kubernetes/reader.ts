/** Answers what a program asks an API server beside its provider: what an object says of itself. */
import type { Account } from "../account";
import type { Properties } from "../values";
import { connect } from "./connection";
import { isBuiltIn, isClusterWide, kindOf } from "./kinds";
import { clusterScoped, managersOf, storedType } from "./objects";

interface Asked {
  apiVersion: string;
  kind: string;
  namespace?: string;
  name: string;
}

/** A way to look at the clusters of a simulated account, by kubeconfig. */
export function readSimulatedCluster(account: Account) {
  return ({ kubeconfig, identifier }: { kubeconfig: string; identifier: string }) => ({
    async find(asked: Asked): Promise<Properties | undefined> {
      const { scope, unreachable } = connect({ kubeconfig, clusterIdentifier: identifier }, account);
      if (unreachable !== undefined) throw new Error(unreachable);
      const kind = kindOf(asked);
      const unplaced = !isBuiltIn(kind) && asked.namespace === undefined;
      const alone = isClusterWide(kind) || clusterScoped(kind, scope, account) || unplaced;
      const id = alone ? asked.name : `${asked.namespace ?? "default"}/${asked.name}`;
      const found = account.get(storedType(kind), scope, id);
      if (found === undefined) return undefined;
      const { labels = {}, annotations = {} } = found.outputs.metadata ?? {};
      return { labels, annotations, managers: managersOf(found) };
    },
    async webhooks(kind: string): Promise<Properties[]> {
      const { scope, unreachable } = connect({ kubeconfig, clusterIdentifier: identifier }, account);
      if (unreachable !== undefined) throw new Error(unreachable);
      return account
        .ofType(`kubernetes:admissionregistration.k8s.io/${kind}`)
        .filter((each) => each.scope === scope)
        .map(({ id, outputs: { metadata = {}, webhooks = [] } }) => ({
          name: id,
          labels: metadata.labels ?? {},
          groups: webhooks.flatMap(({ rules = [] }: Properties) =>
            rules.flatMap(({ apiGroups }: Properties) => apiGroups),
          ),
        }));
    },
  });
}
