import type { ConstructAnswer, ConstructCall } from "../registrar";

export async function vpc(call: ConstructCall): Promise<ConstructAnswer> {
  const component = await call.registrar.component();
  return call.registrar.outputs(component, {});
}
