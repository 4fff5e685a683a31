/** What the platform's function `endpointRelease` does when it is invoked; the simulated Lambda runs no code. */
import { Account, type Existing, Refusal } from "../account";
import type { Properties } from "../values";
import type { Situation } from "./describe";
import * as type from "./tokens";

interface Request {
  action: "check" | "leftovers";
  endpointName: string;
  endpointConfigName: string;
  namePrefix: string;
}

function requestIn(inputs: Properties): Partial<Request> {
  const asked = typeof inputs.input === "string" ? (JSON.parse(inputs.input) as Partial<Request>) : {};
  return /endpoint-?release/i.test(String(inputs.functionName)) ? asked : {};
}

/** `check` fails as the function does where another configuration is live than was asked for. */
export function runReleaseFunction(x: Situation): void {
  const { action, endpointName, endpointConfigName } = requestIn(x.inputs);
  if (action !== "check") return;
  const live = x.account.resolve([type.sagemakerEndpoint], endpointName!)?.outputs.endpointConfigName;
  if (live !== endpointConfigName) {
    throw new Refusal(
      "FunctionError",
      `endpoint ${endpointName}: ${live ?? "nothing"} is live, not ${endpointConfigName}: SageMaker took the update back`,
    );
  }
}

/** What goes together with a request for `leftovers`: what others made under its prefix. */
export function leftoversOfRelease(existing: Existing, account: Account): string[] {
  const { action, namePrefix } = requestIn(existing.inputs);
  if (action !== "leftovers") return [];
  return [type.sagemakerConfiguration, type.sagemakerModel]
    .flatMap((of) => account.ofType(of))
    .filter(({ id, madeBy }) => madeBy !== undefined && id.startsWith(namePrefix!))
    .map((left) => Account.key(left.type, left.scope, left.id));
}
