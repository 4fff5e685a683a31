import { at, list, type Resource, text, unknown } from "../resource";
import type { Rule } from "../rule";

const namespaceType = "kubernetes:core/v1:Namespace";
const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy";

/** Whether a policy holds for every pod of its namespace. */
function forAll({ props }: Resource): boolean {
  const selector = at(props, "spec", "podSelector");
  if (selector === unknown || props.spec === unknown) return true;
  const narrowed = [
    ...Object.keys((at(selector, "matchLabels") as object) ?? {}),
    ...list(at(selector, "matchExpressions")),
  ];
  return narrowed.length === 0;
}

export const networkPolicies: readonly Rule[] = [
  {
    name: "namespace-network-policy",
    level: "mandatory",
    reason: "Without one, every pod of the cluster reaches every pod of the namespace.",
    remedy: "Add a NetworkPolicy with an empty podSelector, and beside it what is allowed.",
    check: {
      stack: (all) => {
        const policies = all.filter(({ type }) => type === policyType).filter(forAll);
        return all
          .filter(({ type }) => type === namespaceType)
          .filter((namespace) => {
            const name = text(at(namespace.props, "metadata", "name"));
            return !policies.some(
              (policy) =>
                (name !== "" && text(at(policy.props, "metadata", "namespace")) === name) ||
                policy.dependencies.includes(namespace.urn),
            );
          })
          .map(({ urn }) => ({ urn, what: "No network policy holds for all pods of the namespace" }));
      },
    },
  },
];
