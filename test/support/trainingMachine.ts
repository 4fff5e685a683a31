import { trainingDefinition } from "../../components/training/stepFunctions/definition";
import type { TrainingMachineFacts } from "../../components/training/stepFunctions/terms";

/** What one run of the harness is told: see trainingMachine.py. */
export interface TrainingScenario {
  facts: TrainingMachineFacts;
  inputs?: unknown[];
  /** By the number of the input: go on to the next once this state is entered. */
  until?: Record<string, string>;
  /** Items of the table before it all, `secondsLeft` in place of when they expire; and ids of those that go while somebody waits. */
  before?: object[];
  whileWaiting?: string[];
  /** Errors of states, one for each attempt; one that ends in `*` stays. */
  faults?: Record<string, string[]>;
  validation?: object | string;
  judged?: object;
  champion?: object;
  /** How the endpoint is at each look, the last one for all after. */
  endpoint?: (string | { status: string; ageHours?: number })[];
  approval?: "Approved" | "Rejected";
  outcome?: string;
  /** How the pipeline ends, where there is one. */
  pipeline?: "Succeeded" | "Failed" | "Stopped";
  /** How its run stands when somebody looks for what the run of training has left. */
  leftover?: "Executing" | "Succeeded";
  /** SageMaker starts it, and nobody hears of it. */
  unheard?: boolean;
  samples?: boolean;
  /** What the registrar has found that somebody asks for, and keys of rows to measure on. */
  asked?: object;
  rows?: string[];
  /** Searches that went through before it all, the last one last; `succeeded` of their jobs, without it all. */
  searches?: { name: string; jobs: number; succeeded?: number }[];
  /** What the registry has of the image. */
  images?: object[];
}

/** What became of it. */
export interface TrainingAnswer {
  executions: {
    arn: string;
    status: string;
    error?: string;
    cause?: string;
    path: { state: string; failures: number; failed: boolean }[];
  }[];
  calls: { action: string; parameters: Record<string, unknown> }[];
  items: Record<string, Record<string, unknown>>[];
  records: Record<string, unknown>[];
  /** Keys of what the bucket has in the end. */
  stored: string[];
  /** What AWS would have refused to be asked. */
  refused: string[];
}

type Catcher = { ErrorEquals: string[]; Next: string };
export type ParsedState = {
  Type: string;
  Next?: string;
  Catch?: Catcher[];
  ItemProcessor?: { States: Record<string, ParsedState> };
} & Record<string, unknown>;

/** What makes a definition of facts. */
export type Compiler = (facts: TrainingMachineFacts) => string;

/** States of a definition, those inside of maps among them. */
export function statesOf(
  facts: TrainingMachineFacts,
  compile: Compiler = trainingDefinition,
): Record<string, ParsedState> {
  const { States } = JSON.parse(compile(facts)) as { States: Record<string, ParsedState> };
  return Object.assign({}, ...Object.values(States).map((state) => state.ItemProcessor?.States ?? {}), States);
}

/** Each scenario by name, with a task that has a catcher for everything made to fail for good. */
export function failing(
  bases: [string, TrainingScenario][],
  compile: Compiler,
  /** From a task to the only base that comes to it. */
  elsewhere: Record<string, string>,
): Record<string, TrainingScenario> {
  const only = Object.values(elsewhere);
  return Object.fromEntries(
    bases.flatMap(([base, scenario]) =>
      Object.entries(statesOf(scenario.facts, compile))
        .filter(([name, { Type }]) => Type === "Task" && (elsewhere[name] ?? "") === (only.includes(base) ? base : ""))
        .map(([name]) => [
          `${base}.${name}`,
          { ...scenario, faults: { ...scenario.faults, [name]: ["Made.UpException*"] } },
        ]),
    ),
  );
}

/** How often each state was entered and each catcher taken, as `state` and `state > next (errors)`. */
export function coverage(
  runs: [TrainingScenario, TrainingAnswer][],
  compile: Compiler = trainingDefinition,
): Map<string, number> {
  const counted = new Map<string, number>();
  const count = (key: string, by = 1) => counted.set(key, (counted.get(key) ?? 0) + by);
  for (const [{ facts }, { executions }] of runs) {
    const states = statesOf(facts, compile);
    const catchers = (name: string) => states[name]?.Catch ?? [];
    for (const name of Object.keys(states)) {
      count(name, 0);
      for (const each of catchers(name)) count(catcherKey(name, each), 0);
    }
    for (const { path } of executions) {
      for (const [at, { state, failed }] of path.entries()) {
        count(state);
        const next = path[at + 1]?.state;
        if (!failed || next === undefined) continue;
        const owner = catchers(state).some(({ Next }) => Next === next) ? state : mapAround(states, state);
        const taken = catchers(owner).find(({ Next }) => Next === next);
        if (taken) count(catcherKey(owner, taken));
      }
    }
  }
  return counted;
}

const catcherKey = (name: string, { ErrorEquals, Next }: Catcher) => `${name} > ${Next} (${ErrorEquals.join(", ")})`;

const mapAround = (states: Record<string, ParsedState>, inner: string) =>
  Object.keys(states).find((name) => Object.hasOwn(states[name]!.ItemProcessor?.States ?? {}, inner)) ?? inner;
