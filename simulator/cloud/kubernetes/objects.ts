/** Objects of a cluster as the account keeps them, and what they are in or bring along. */
import { type Account, type Existing, Refusal } from "../account";
import { appliedUnseen } from "../unexpandedCharts";
import type { Properties } from "../values";
import { servedByAddon } from "./addonKinds";
import { isBuiltIn, type Kind, kindOf } from "./kinds";

const givenNamespaces = new Set(["default", "kube-system", "kube-public", "kube-node-lease"]);

/** The namespace an object goes to, which must exist; nothing for custom resources that live in none. */
export function namespaceFor(kind: Kind, inputs: Properties, scope: string, account: Account): string | undefined {
  if (!isBuiltIn(kind)) {
    const definition = definitionOf(kind, scope, account);
    if (definition?.outputs.spec?.scope === "Cluster") return undefined;
    if (definition === undefined && inputs.metadata.namespace === undefined) return undefined;
  }
  const namespace = namespaceOf(inputs);
  if (!givenNamespaces.has(namespace) && account.get("kubernetes:/Namespace", scope, namespace) === undefined) {
    throw new Refusal(
      "NotFound",
      `namespaces "${namespace}" not found in ${scope}: ${kind.kind} ${inputs.metadata.name} cannot be made. Create the namespace first and depend on it`,
    );
  }
  return namespace;
}

/** The definition of a custom kind; nothing where an add-on brought it, or a chart that was applied unseen may have. */
function definitionOf(kind: Kind, scope: string, account: Account): Existing | undefined {
  const definitions = account.ofType("kubernetes:apiextensions.k8s.io/CustomResourceDefinition");
  const definition = definitions.find(
    ({ scope: where, inputs }) =>
      where === scope && inputs.spec?.group === kind.group && inputs.spec?.names?.kind === kind.kind,
  );
  const served = definition?.inputs.spec?.versions?.some(
    ({ name, served }: Properties) => name === kind.version && served !== false,
  );
  if (definition === undefined && (servedByAddon(kind, scope, account) || appliedUnseen(account, scope)))
    return undefined;
  if (definition === undefined || served !== true) {
    throw new Refusal(
      "NoMatch",
      `no matches for kind "${kind.kind}" in version "${kind.group}/${kind.version}" in ${scope}: its CustomResourceDefinition does not exist. Create it first and depend on it`,
    );
  }
  return definition;
}

/** Whether a custom kind lives in no namespace. */
export function clusterScoped(kind: Kind, scope: string, account: Account): boolean {
  return account
    .ofType("kubernetes:apiextensions.k8s.io/CustomResourceDefinition")
    .some(
      ({ scope: where, inputs: { spec } }) =>
        where === scope && spec?.group === kind.group && spec?.names?.kind === kind.kind && spec?.scope === "Cluster",
    );
}

/** Who wrote fields of an object: Pulumi's provider, or whoever made it otherwise. */
export function managersOf({ madeBy }: Existing): string[] {
  return [madeBy ?? "pulumi-kubernetes"];
}

/** Objects that go when this one goes: all in a namespace, all of a custom kind. */
export function within(existing: Existing, account: Account): Existing[] {
  const sameCluster = (other: Existing) => other.scope === existing.scope && other.type.startsWith("kubernetes:");
  if (existing.type === "kubernetes:/Namespace") {
    return [...account.all()].filter((other) => sameCluster(other) && other.id.startsWith(`${existing.id}/`));
  }
  if (existing.type === "kubernetes:apiextensions.k8s.io/CustomResourceDefinition") {
    const { group, names } = existing.inputs.spec ?? {};
    return [...account.all()].filter(
      (other) => sameCluster(other) && other.type === `kubernetes:${group}/${names?.kind}`,
    );
  }
  return [];
}

export function namespaceOf(object: Properties): string {
  return object.metadata?.namespace ?? "default";
}

/** Objects are kept by group and kind: versions of a kind are views of one object. */
export function storedType({ group, kind }: Kind): string {
  return `kubernetes:${group}/${kind}`;
}

export function storedTypeOf(token: string): string {
  const [, apiVersion, kind] = token.split(":");
  return storedType(kindOf({ apiVersion: apiVersion === "core/v1" ? "v1" : apiVersion, kind }));
}
