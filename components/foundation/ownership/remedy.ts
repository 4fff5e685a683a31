import { groupOf, type ObjectKey } from "./clusterReader";

/** How settings do without an operator of the stack's own, by an API group of what it keeps. */
const alternatives: Readonly<Record<string, string>> = {
  "cert-manager.io": "To use the cert-manager that is there, write foundation.certificates.install: false.",
  "postgresql.cnpg.io":
    "One CloudNativePG keeps all servers of a cluster: have it make one, and write foundation.database: { kind: adopt, host: …, adminSecretName: … }.",
};

/** The same, by the name of an object that such an operator has wherever it runs. */
const groupsByName: Readonly<Record<string, string>> = {
  "cert-manager": "cert-manager.io",
  "cert-manager-webhook": "cert-manager.io",
  "cnpg-system": "postgresql.cnpg.io",
  "cnpg-validating-webhook-configuration": "postgresql.cnpg.io",
  "cnpg-mutating-webhook-configuration": "postgresql.cnpg.io",
};

/** What to write where somebody else keeps the objects of one of the groups; nothing where settings have no choice. */
export function withoutOwn(groups: readonly string[]): string | undefined {
  return groups.map((group) => alternatives[group]).find((each) => each !== undefined);
}

/** A namespace as settings name it. */
export const adoptable = ({ name }: ObjectKey) => `namespace/${name}`;

/** What to do where an object is there and is somebody else's. */
export function remedy(key: ObjectKey, path: string): string {
  const { kind, name, namespace } = key;
  const inspect = `See whose it is: kubectl get ${kind.toLowerCase()} ${name}${namespace ? ` -n ${namespace}` : ""} --show-labels.`;
  const alternative = namespace === undefined ? withoutOwn([groupsByName[name] ?? ""]) : undefined;
  const first = alternative === undefined ? inspect : `${inspect} ${alternative}`;
  if (kind === "Namespace" && groupOf(key) === "")
    return `${first} To put the platform's objects into it, write ${path}: [${adoptable(key)}]: it is then never deleted.`;
  if (kind === "CustomResourceDefinition") {
    const group = name.slice(name.indexOf(".") + 1);
    return `${inspect} To use the definitions that are there, write ${path}: [crds/${group}].`;
  }
  if (kind === "ClusterIssuer")
    return `${inspect} To have it sign, make one of another name, or take one that is there: foundation.certificates.issuer.`;
  return `${first} Leave out what makes it here, or have whoever made it rename or delete it.`;
}
