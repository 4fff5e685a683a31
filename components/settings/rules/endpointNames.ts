import { type Problem, valueText } from "../problems";
import type { Settings } from "../settings";
import { usesSageMaker } from "./sagemaker";

const prefix = "mlplatform-";
/** SageMaker's 63, less two dashes, a version of six digits, a dash and six digits that tell configurations apart. */
const longest = 63 - "--".length - 6 - "-".length - 6;

/**
 * Endpoints are called `mlplatform-<stack>-<model>`, their models and configurations so and then the version.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html
 */
export function endpointNameProblems(
  stackName: string | undefined,
  { models }: Partial<Pick<Settings, "models">>,
): Problem[] {
  if (stackName === undefined) return [];
  return Object.entries(models ?? {}).flatMap(([name, model]) => {
    const room = longest - `${prefix}${stackName}-`.length;
    if (!usesSageMaker(model) || name.length <= room) return [];
    return [
      {
        path: `models.${name}`,
        value: valueText(name),
        allowed: `a name of at most ${Math.max(room, 0)} characters in this stack: on SageMaker it is called ${prefix}${stackName}-${name}, at most ${longest}`,
        remedy:
          room < 1
            ? "make the stack under a shorter name"
            : `rename the model, for example: ${name.slice(0, room).replace(/-+$/, "")}`,
      },
    ];
  });
}
