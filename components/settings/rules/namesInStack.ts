import { packageGroupName } from "../../contracts/trainingLoop";
import { endpointName, longestEndpointName } from "../../lib/endpointName";
import { trainedOnAws } from "../engines";
import type { ModelSettings } from "../models";
import { type Problem, valueText } from "../problems";
import type { Settings } from "../settings";
import { usesSageMaker } from "./sagemaker";

const prefix = "mlplatform-";
/**
 * Of a group of packages and of a notebook instance. State machines may be called so and `-training` or `-batch`: 80 characters are theirs.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackageGroup.html
 */
const longestSageMakerName = 63;

/** What bears the name of the stack and one from its config. */
interface Named {
  what: string;
  called: string;
  longest: number;
}

/** Models and notebook instances whose names do not fit behind that of the stack: AWS would say so half-way through an update. */
export function nameInStackProblems(
  stack: string | undefined,
  { foundation, models, training }: Partial<Pick<Settings, "foundation" | "models" | "training">>,
): Problem[] {
  if (stack === undefined || foundation?.kind === "existing") return [];
  const stackName = `${prefix}${stack}`;
  return [
    ...Object.entries(models ?? {}).flatMap(([name, model]) =>
      tooLong(`models.${name}`, "the model", name, ofModel(stackName, name, model)),
    ),
    ...Object.keys(training?.studio.notebooks ?? {}).flatMap((name) =>
      tooLong(`training.studio.notebooks.${name}`, "the notebook", name, [
        { what: "notebook instance", called: `${stackName}-${name}`, longest: longestSageMakerName },
      ]),
    ),
  ];
}

function ofModel(stackName: string, name: string, model: ModelSettings): Named[] {
  const named: Named[] = [];
  if (usesSageMaker(model)) {
    // Models and configurations of an endpoint are called so and then the version.
    const called = endpointName(stackName, name, model.serve.sagemaker?.kind ?? "realtime");
    named.push({ what: "endpoint", called, longest: longestEndpointName });
  }
  if (trainedOnAws(model.training)) {
    const called = packageGroupName(stackName, name);
    named.push({ what: "model package group", called, longest: longestSageMakerName });
  }
  return named;
}

/** The one problem of a name: with that which leaves it the least room. */
function tooLong(path: string, noun: string, name: string, named: Named[]): Problem[] {
  const spare = ({ called, longest }: Named) => longest - called.length;
  const [tightest] = named.toSorted((a, b) => spare(a) - spare(b));
  if (tightest === undefined || spare(tightest) >= 0) return [];
  const { what, called, longest } = tightest;
  const room = name.length + spare(tightest);
  return [
    {
      path,
      value: valueText(name),
      allowed: `a name of at most ${Math.max(room, 0)} characters in this stack: its ${what} is called ${called}, and ${longest} characters are the most`,
      remedy:
        room < 1
          ? "make the stack under a shorter name"
          : `rename ${noun}, for example: ${name.slice(0, room).replace(/-+$/, "")}`,
    },
  ];
}
