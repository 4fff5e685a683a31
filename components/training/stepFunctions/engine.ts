import type { TrainingEngine } from "../engine";
import { jobPrefix, searchPrefix } from "../names";
import { trainingDefinition } from "./definition";

/** The state machine starts jobs of SageMaker itself. */
export const stepFunctions: TrainingEngine = {
  jobPrefixes: (stack, { model, tune }) => [jobPrefix(stack, model), ...(tune ? [searchPrefix(stack, model)] : [])],
  runner: (_name, { facts }) => ({ definition: facts.apply(trainingDefinition), judgedByMachine: true, ready: [] }),
};
