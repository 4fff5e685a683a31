import { inOrder, type States, type Step } from "../../lib/states";
import { lookForHold } from "./budget";
import { endings } from "./endings";
import { claimObjects } from "./objects";
import { claimSlot } from "./slots";
import { explainAborted, nameRun } from "./start";
import { type TrainingMachineFacts, toldFirst } from "./terms";
import { claimModel, stopWaiting } from "./turn";

/**
 * The states of a run whatever it does: it takes its objects, waits for its turn, does its work, and gives back what it holds.
 * @param leftover what there is to do about the work of a run of which a state failed, or that ended on its way
 */
export function wholeRun(facts: TrainingMachineFacts, work: Step[], leftover?: Step): States {
  const { newObjects } = facts;
  const steps: Step[] = [
    ...(facts.heldByBudget ? [{ entry: "LookForHold", states: (next: string) => lookForHold(facts, next) }] : []),
    ...(newObjects ? [{ entry: "WhetherObjects", states: (next: string) => claimObjects(facts, next) }] : []),
    { entry: "ClaimModel", states: (next) => claimModel(facts, next) },
    { entry: "LookForSlot", states: (next) => claimSlot(facts, next) },
    ...(newObjects ? [{ entry: "StopWaiting", states: (next: string) => stopWaiting(facts, next) }] : []),
    ...work,
  ];
  const run = inOrder(steps);
  const afterFailure = leftover?.entry ?? toldFirst;
  return {
    ...nameRun(facts, run.entry),
    ...explainAborted(afterFailure),
    ...run.states("Record"),
    ...leftover?.states(toldFirst),
    ...endings(facts, afterFailure),
  };
}
