import { endpointName, longestEndpointName } from "../../lib/endpointName";
import { type Problem, valueText } from "../problems";
import type { Settings } from "../settings";
import { usesSageMaker } from "./sagemaker";

const prefix = "mlplatform-";

/** Endpoints are called `mlplatform-<stack>-<model>`, their models and configurations so and then the version. */
export function endpointNameProblems(
  stackName: string | undefined,
  { models }: Partial<Pick<Settings, "models">>,
): Problem[] {
  if (stackName === undefined) return [];
  return Object.entries(models ?? {}).flatMap(([name, model]) => {
    const called = endpointName(`${prefix}${stackName}`, name, model.serve.sagemaker?.kind ?? "realtime");
    const room = name.length + longestEndpointName - called.length;
    if (!usesSageMaker(model) || name.length <= room) return [];
    return [
      {
        path: `models.${name}`,
        value: valueText(name),
        allowed: `a name of at most ${Math.max(room, 0)} characters in this stack: its endpoint is called ${called}, and ${longestEndpointName} characters are the most`,
        remedy:
          room < 1
            ? "make the stack under a shorter name"
            : `rename the model, for example: ${name.slice(0, room).replace(/-+$/, "")}`,
      },
    ];
  });
}
