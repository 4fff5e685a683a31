/** What the platform's function `machineRuns` does when it is invoked; the simulated Lambda runs no code. */
import { Account, type Existing } from "../account";

/** An execution of a state machine that goes on. No program makes one. */
export const machineRun = "simulated:machineRun";

/** Executions of a state machine that go on. */
export function runsOf(account: Account, machineArn: string): Existing[] {
  return account.ofType(machineRun).filter(({ inputs }) => inputs.stateMachineArn === machineArn);
}

/** What ends with an invocation: the runs of the machine that it names. */
export function runsOfRelease({ inputs }: Existing, account: Account): string[] {
  if (!/(training|batch)-runs/i.test(String(inputs.functionName)) || typeof inputs.input !== "string") return [];
  const { machineArn } = JSON.parse(inputs.input) as { machineArn?: string };
  return runsOf(account, machineArn ?? "").map(({ type, scope, id }) => Account.key(type, scope, id));
}
