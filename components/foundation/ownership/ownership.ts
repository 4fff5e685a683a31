import { AsyncResource } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import { shortened } from "../../lib/mark";
import { platformNamespace } from "../existing/space";
import { type ClusterReader, groupOf, kindOfToken, type ObjectKey, type ObjectMark } from "./clusterReader";
import { adoptable, remedy } from "./remedy";
import { rivalOf } from "./rival";

/** Label of every object that a stack made on a cluster which others use too. */
export const stackLabel = "mlplatform/stack";
/** Annotation of what a stack uses and does not own. */
export const adoptedAnnotation = "mlplatform/adopted-by";

export interface OwnershipArgs {
  /** Name of the stack, as its objects carry it. */
  stack: string;
  /** What settings name as to be used though somebody else made it, such as `namespace/monitoring`. */
  adopted: readonly string[];
  /** Namespaces that people are told to make beforehand. */
  joined: readonly string[];
  /** Where the setting is, for remedies. */
  path: string;
  reader: ClusterReader;
}

type Named = Omit<OwnershipArgs, "reader">;

/**
 * Kinds that live in no namespace and that others can refer to: their roles, volumes, pods or resources would break or go with
 * them. They stay when the stack goes. https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#delete-a-customresourcedefinition
 */
const sharedKinds = new Set([
  "apiextensions.k8s.io/CustomResourceDefinition",
  "storage.k8s.io/StorageClass",
  "storage.k8s.io/VolumeAttributesClass",
  "networking.k8s.io/IngressClass",
  "scheduling.k8s.io/PriorityClass",
  "node.k8s.io/RuntimeClass",
  "rbac.authorization.k8s.io/ClusterRole",
]);

/** The stack's name as a label can hold it. https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
export const stackLabelValue = (stack: string) => shortened(stack, 63);

const isLabelled = (labels: Record<string, string>, { stack }: Named) => labels[stackLabel] === stackLabelValue(stack);

/** What is said of an object that exists and is not the stack's; nothing where the stack may have it. */
export function collision(key: ObjectKey, found: ObjectMark | undefined, args: Named): string | undefined {
  const name = title(key);
  if (isAdopted(key, args.adopted)) {
    if (found === undefined) return `${args.path} names ${adoptable(key)}, and the cluster has none. Take it out.`;
    return takenByAnother(key, found, args);
  }
  if (found === undefined || isLabelled(found.labels, args)) return undefined;
  const other = found.labels[stackLabel];
  if (other === undefined && isJoined(key, args)) return takenByAnother(key, found, args);
  const whose = other === undefined ? "and is not this stack's" : `and belongs to the stack ${other}`;
  return `${name} is in the cluster already ${whose}; nothing of it is changed. ${remedy(key, args.path)}`;
}

/** Of two stacks in one namespace each would take the other's mark away, and then the namespace for its own. */
function takenByAnother(key: ObjectKey, { annotations }: ObjectMark, args: Named): string | undefined {
  const by = annotations[adoptedAnnotation];
  if (by === undefined || by === stackLabelValue(args.stack)) return undefined;
  return (
    `${title(key)} is used by the stack ${by}, and one stack alone may put its objects into a namespace that is not its own. ` +
    `Where that stack is gone: kubectl annotate ${key.kind.toLowerCase()} ${key.name} ${adoptedAnnotation}-`
  );
}

/**
 * Has every object carry the stack's label, keeps what others can refer to when the stack goes, and refuses to take what
 * somebody else made. The label is what heals a run that was killed between making an object and recording it, and what
 * leads back to data that an earlier run of the stack kept; an object without it is never taken for the stack's own.
 */
export function ownership(args: OwnershipArgs): pulumi.ResourceTransform {
  const preview = pulumi.runtime.isDryRun();
  const guard = new pulumi.ResourceHook("mlplatform-ownership", guarding(args, preview), { onDryRun: true });
  return async ({ custom, type, props, opts }) => {
    if (!custom || !type.startsWith("kubernetes:")) return undefined;
    const kind = kindOfToken(type);
    const key = { ...kind, ...plainName(props.metadata) };
    const hooks = { ...opts.hooks, beforeCreate: [...(opts.hooks?.beforeCreate ?? []), guard] };
    // The SDK hands over an absent deleteBeforeReplace as false. Sent back, that would overrule the provider, which deletes an object
    // before it makes another of the same name: the new one would be written over the old one, and then deleted as it.
    const { deleteBeforeReplace, ...given } = opts as pulumi.CustomResourceOptions;
    const kept = { ...given, hooks, ...(deleteBeforeReplace ? { deleteBeforeReplace } : {}) };
    const standing = await standingOf(key, args, preview);
    if (standing !== "own") {
      const metadata = marked(standing === "used" ? { name: key.name } : props.metadata, "annotations", args);
      const left = standing === "used" ? { apiVersion: props.apiVersion, kind: props.kind } : props;
      return { props: { ...left, metadata }, opts: { ...kept, retainOnDelete: true } };
    }
    const stays = sharedKinds.has(`${groupOf(kind)}/${kind.kind}`);
    return {
      props: { ...props, metadata: marked(props.metadata, "labels", args) },
      opts: { ...kept, ...(stays ? { retainOnDelete: true } : {}) },
    };
  };
}

/**
 * Whose a namespace is: the stack's own; somebody else's that settings name, of which nothing but the name is said; or one that
 * somebody was told to make, and that the platform says more of. The last two stay so when no setting says it any more.
 * @throws where the cluster cannot be asked, but for a preview: what is taken for the stack's own is deleted with it.
 */
async function standingOf(key: ObjectKey, args: OwnershipArgs, preview: boolean): Promise<"own" | "used" | "joined"> {
  if (isAdopted(key, args.adopted)) return "used";
  if (key.kind !== "Namespace" || groupOf(key) !== "" || key.name === "") return "own";
  const found = await args.reader.find(key).catch((error: Error) => {
    if (preview) return undefined;
    throw new Error(`${title(key)} is left as it is, since the cluster cannot be asked whose it is: ${error.message}`);
  });
  if (found?.annotations[adoptedAnnotation] === stackLabelValue(args.stack))
    return key.name === platformNamespace ? "joined" : "used";
  return found !== undefined && found.labels[stackLabel] === undefined && isJoined(key, args) ? "joined" : "own";
}

/** Before each object that is made, also in a preview: there it says all that collides, else it stops the run. */
function guarding(args: OwnershipArgs, preview: boolean): pulumi.ResourceHookFunction {
  let unreachable = false;
  const warn = AsyncResource.bind((message: string) => void pulumi.log.warn(message));
  const report = AsyncResource.bind((message: string) => void pulumi.log.error(message));
  return async ({ type, newInputs = {} }) => {
    const kind = kindOfToken(type);
    const key = { ...kind, ...plainName(newInputs.metadata) };
    if (key.name === "") return;
    let found: ObjectMark | undefined;
    let rival: string | undefined;
    try {
      found = await args.reader.find(key);
      rival = await rivalOf(key, newInputs.webhooks, args.reader, (labels) => isLabelled(labels, args));
    } catch (error) {
      const reason = (error as Error).message;
      if (!preview)
        throw new Error(`${title(key)} is not made, since the cluster cannot be asked whether it has one: ${reason}`);
      if (!unreachable) warn(`The cluster was not asked what it has already: ${reason}`);
      unreachable = true;
      return;
    }
    const problem = collision(key, found, args) ?? rival;
    if (problem === undefined) {
      if (found !== undefined && isTakenUp(key, args)) warn(takenUp(key));
      return;
    }
    if (!preview) throw new Error(problem);
    if (found !== undefined && mayBeOfOlderStack(found))
      warn(`${problem} Pulumi made it: where this stack did, before it labelled its objects, all is well.`);
    else report(problem);
  };
}

/** Whether an object that bears the stack's label holds what others may have put there. */
function isTakenUp(key: ObjectKey, { adopted }: Named): boolean {
  return key.kind === "Namespace" && groupOf(key) === "" && !isAdopted(key, adopted);
}

/** Of a state that has nothing of it the label says who made it no better than by the stack's name. */
const takenUp = (key: ObjectKey) =>
  `${title(key)} carries this stack's label, and the stack's state does not have it: it is taken up again with all that is in it, as what an ` +
  "earlier run left. Where another stack of the same name made it, whose state is kept in another place, stop here and give this one another name.";

/**
 * Whether a stack may have made it before stacks labelled their objects: a preview plans the new one of an object that is replaced while the
 * old one is there. What a stack only used is marked, and `up` refuses it.
 */
export const mayBeOfOlderStack = ({ labels, annotations, managers }: ObjectMark) =>
  labels[stackLabel] === undefined &&
  annotations[adoptedAnnotation] === undefined &&
  managers.some((manager) => manager.startsWith("pulumi-"));

/** Metadata with the stack's name in it: as the label of what it owns, or as the annotation of what it only uses. */
function marked(metadata: unknown, where: "labels" | "annotations", { stack }: OwnershipArgs): unknown {
  const key = where === "labels" ? stackLabel : adoptedAnnotation;
  const add = (given: Record<string, unknown> | undefined) => ({
    ...given,
    [where]: { ...(given?.[where] as object | undefined), [key]: stackLabelValue(stack) },
  });
  return pulumi.Output.isInstance(metadata)
    ? metadata.apply((given) => add(given as Record<string, unknown>))
    : add(metadata as Record<string, unknown> | undefined);
}

/** Name and namespace where they are plain; an object without a name gets one that nobody has. */
function plainName(metadata: unknown): { name: string; namespace?: string } {
  const { name, namespace } = (metadata ?? {}) as Record<string, unknown>;
  return {
    name: typeof name === "string" ? name : "",
    ...(typeof namespace === "string" ? { namespace } : {}),
  };
}

function isAdopted(key: ObjectKey, adopted: readonly string[]): boolean {
  return groupOf(key) === "" && key.kind === "Namespace" && adopted.includes(adoptable(key));
}

function isJoined(key: ObjectKey, { joined }: Named): boolean {
  return groupOf(key) === "" && key.kind === "Namespace" && joined.includes(key.name);
}

function title({ kind, name, namespace }: ObjectKey): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}
