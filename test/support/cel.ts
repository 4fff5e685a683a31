import type { Context } from "mocha";
import type { AdmissionRule } from "../../components/lib/admission";
import { askProgram } from "./python";
import { pythonOrSkip } from "./pythonOrSkip";

/** As the API server tells a policy of a request. */
export interface AdmissionRequest {
  user: string;
  operation?: "CREATE" | "UPDATE";
  object: object;
  oldObject?: object;
}

/** The Python that evaluates CEL, by a library that is neither ours nor the API server's; skips where it cannot be had. */
export async function celPython(context: Context): Promise<string> {
  return (await pythonOrSkip(context, "cel", 120)).python;
}

/** For each request, the messages with which it is refused. @throws where an expression cannot be evaluated: the API server would refuse. */
export async function refusals(python: string, rule: AdmissionRule, requests: AdmissionRequest[]): Promise<string[][]> {
  const conditions = Object.values(rule.when ?? {});
  const expressions = [...conditions, ...rule.demands.map(({ expression }) => expression)];
  const asked = requests.flatMap(({ user, operation = "CREATE", object, oldObject = {} }) =>
    expressions.map((expression) => ({
      expression,
      variables: { request: { operation, userInfo: { username: user } }, object, oldObject },
    })),
  );
  const answers = await askProgram<(boolean | string)[]>(python, "cel.py", { asked });
  const fault = answers.find((each) => typeof each === "string");
  if (fault !== undefined) throw new Error(String(fault));
  return requests.map((_, at) => {
    const own = answers.slice(at * expressions.length, (at + 1) * expressions.length);
    if (own.slice(0, conditions.length).includes(false)) return [];
    return rule.demands
      .filter((_demand, index) => own[conditions.length + index] === false)
      .map(({ message }) => message);
  });
}
