/** Objects of a rendered chart: their names as resources, their scope, and the order in which they are made. */
import { isBuiltIn, isClusterWide, kindOf } from "../kubernetes/kinds";
import type { Properties } from "../values";

/** An object with the keys of those that must exist before it. */
export interface Ordered {
  object: Properties;
  key: string;
  after: string[];
}

/** Takes lists apart, leaves hooks out and puts objects that name no namespace into the given one. */
export function normalized(documents: Properties[], namespace: string): Properties[] {
  const objects = documents
    .flatMap((document) =>
      /List$/.test(document.kind ?? "") && Array.isArray(document.items)
        ? (document.items as Properties[])
        : [document],
    )
    .filter((object) => object.metadata?.annotations?.["helm.sh/hook"] === undefined);
  const clusterKinds = new Set(
    objects
      .filter(({ kind, spec }) => kind === "CustomResourceDefinition" && spec?.scope === "Cluster")
      .map(({ spec }) => `${spec.group}/${spec.names?.kind}`),
  );
  return objects.map((object) => {
    const kind = kindOf(object);
    const inNoNamespace = isBuiltIn(kind) ? isClusterWide(kind) : clusterKinds.has(`${kind.group}/${kind.kind}`);
    if (inNoNamespace || object.metadata?.namespace) return object;
    return { ...object, metadata: { ...object.metadata, namespace } };
  });
}

/** `namespace/name`, or the name alone: what the resource is called after the prefix. */
export function resourceName(object: Properties): string {
  const { name, namespace } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}

/**
 * Orders objects so that each comes after those it needs: its namespace, the definition of its kind, and what the
 * annotation `config.kubernetes.io/depends-on` names. @throws when the annotation names something the chart lacks.
 */
export function ordered(objects: Properties[]): Ordered[] {
  const keys = new Map(objects.map((object) => [keyOf(object), object]));
  const definitions = new Map(
    objects
      .filter(({ kind }) => kind === "CustomResourceDefinition")
      .map((object) => [`${object.spec?.group}/${object.spec?.names?.kind}`, keyOf(object)]),
  );
  const waiting = objects.map((object): Ordered => {
    const { group, kind } = kindOf(object);
    const namespaceKey = `/_/Namespace/${object.metadata.namespace}`;
    const definition = definitions.get(`${group}/${kind}`);
    const after = [
      ...(object.metadata.namespace && keys.has(namespaceKey) ? [namespaceKey] : []),
      ...(definition === undefined ? [] : [definition]),
      ...dependsOn(object),
    ];
    return { object, key: keyOf(object), after };
  });
  const done = new Set<string>();
  const result: Ordered[] = [];
  while (result.length < waiting.length) {
    const ready = waiting.filter(({ key, after }) => !done.has(key) && after.every((needed) => done.has(needed)));
    if (ready.length === 0) {
      const stuck = waiting.filter(({ key }) => !done.has(key)).map(({ object }) => resourceName(object));
      throw new Error(`objects wait for each other, or for one the chart does not have: ${stuck.join(", ")}`);
    }
    for (const each of ready) done.add(each.key);
    result.push(...ready);
  }
  return result;
}

function keyOf(object: Properties): string {
  const { group, kind } = kindOf(object);
  return `${group}/${object.metadata.namespace ?? "_"}/${kind}/${object.metadata.name}`;
}

/** Entries are `group/kind/name` or `group/namespaces/namespace/kind/name`, separated by commas. */
function dependsOn(object: Properties): string[] {
  const text: string | undefined = object.metadata.annotations?.["config.kubernetes.io/depends-on"];
  return (text ?? "")
    .split(",")
    .map((entry) => entry.trim().split("/"))
    .filter((parts) => parts.length >= 3)
    .map((parts) =>
      parts.length === 5 ? `${parts[0]}/${parts[2]}/${parts[3]}/${parts[4]}` : `${parts[0]}/_/${parts[1]}/${parts[2]}`,
    );
}
