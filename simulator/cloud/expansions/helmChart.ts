import type { Cloud } from "../provider";
import type { ConstructAnswer, ConstructCall } from "../registrar";

export async function helmChart(
  call: ConstructCall,
  _context: { cloud: Cloud; namespace: string; version?: string },
): Promise<ConstructAnswer> {
  const component = await call.registrar.component();
  return call.registrar.outputs(component, { resources: [] });
}
