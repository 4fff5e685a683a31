import * as pulumi from "@pulumi/pulumi";

/** Key by which the engine marks values that are more than they look: secrets, assets, references to resources. */
export const signatureKey = "4dabf18193072939515e22adb298388d";
const resourceSignature = "5cf8f73096256a8f31e491e813e4eb8e";

/** A resource made by a remote component, among whose outputs it stands. */
export interface MadeRemotely {
  urn: string;
  id: string;
  state: Record<string, unknown>;
}

/** Stands among the outputs of a remote component for a resource that the component would have made. Its id is its name. */
export function madeRemotely(type: string, name: string, state: Record<string, unknown> = {}): MadeRemotely {
  const urn = `urn:pulumi:remote::mlplatform::${type}::${name}`;
  return { [signatureKey]: resourceSignature, urn, id: name, state } as MadeRemotely;
}

/** Whether a value was made by `madeRemotely`. */
export function isMadeRemotely(value: unknown): value is MadeRemotely {
  return (value as Record<string, unknown> | null)?.[signatureKey] === resourceSignature;
}

/** Whether a URN names a resource that a remote component would have made. */
export function namesMadeRemotely(urn: string): boolean {
  return urn.startsWith("urn:pulumi:remote::");
}

/** Outputs as a preview has them: what a remote component is going to make is there, but no value that the cloud gives. */
export function inPreview(outputs: Record<string, unknown>): Record<string, unknown> {
  const { unknownValue } = pulumi.runtime as unknown as { unknownValue: string };
  const hidden = (value: unknown): unknown => {
    if (isMadeRemotely(value)) return { ...value, id: "", state: inPreview(value.state) };
    return Array.isArray(value) ? value.map(hidden) : unknownValue;
  };
  return Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, hidden(value)]));
}
