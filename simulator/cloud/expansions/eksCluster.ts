import type { ConstructAnswer, ConstructCall } from "../registrar";

export async function eksCluster(call: ConstructCall): Promise<ConstructAnswer> {
  const component = await call.registrar.component();
  return call.registrar.outputs(component, {});
}
