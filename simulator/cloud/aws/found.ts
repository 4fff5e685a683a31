import { type Existing, somebodyElse } from "../account";

/** A thing that no program made: it is there before the first one runs, and stays when the last has gone. */
export function found(
  thing: Pick<Existing, "type" | "name" | "id" | "scope" | "outputs"> & Partial<Pick<Existing, "handles" | "claims">>,
): Existing {
  const { type, name, scope, outputs, id, handles = [], claims = [] } = thing;
  return {
    type,
    name,
    urn: `preexisting:${type}:${scope}:${name}`,
    id,
    scope,
    handles: [id, ...handles],
    claims,
    uses: [],
    inputs: outputs,
    outputs,
    generation: 0,
    madeBy: somebodyElse,
  };
}
