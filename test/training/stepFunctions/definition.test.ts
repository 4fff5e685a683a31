import { expect } from "chai";
import { longestRunSeconds } from "../../../components/contracts/trainingLoop";
import { pipelineMachine } from "../../../components/training/pipelines/machine";
import { trainingDefinition } from "../../../components/training/stepFunctions/definition";
import {
  longestJobPrefix,
  longestSearchPrefix,
  type TrainingMachineFacts,
} from "../../../components/training/stepFunctions/terms";
import { languageFaults } from "../../support/statesLanguage";
import { machineFacts, plainSpec } from "../../support/trainingFacts";
import { statesOf } from "../../support/trainingMachine";

const tune = {
  objective: "validation:auc",
  direction: "minimize",
  strategy: "Random",
  maxJobs: 8,
  parallel: 2,
  warmStart: false,
  ranges: { depth: { type: "integer", min: 2, max: 10, scale: "linear" } },
} as const;
const preparations = {
  none: [{}, {}],
  glue: [{ prepare: { with: "glue", script: "a.py", workers: 2, timeoutMinutes: 30 } }, { glueJobName: "prepare" }],
  container: [
    { prepare: { with: "container", image: "i:1", cpu: "1", memoryMiB: 4096, timeoutMinutes: 30 } },
    { task: { clusterArn: "cluster", definitionArn: "definition" } },
  ],
} as const;
const algorithms = [
  [{}, {}],
  [
    {
      algorithm: {
        name: "xgboost",
        version: "3.0-5",
        hyperparameters: { num_round: "200", objective: "binary:logistic" },
      },
    },
    { algorithmImage: "000000000001.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5" },
  ],
] as const;
const gates = [
  undefined,
  { metric: "auc", beatChampion: true },
  { metric: "auc", beatChampion: true, maxDriftPsi: 0.2 },
];

/** Every combination of what a loop may have. */
function* combinations(): Generator<[string, TrainingMachineFacts]> {
  const either = [false, true];
  for (const [prepared, [spec, made]] of Object.entries(preparations))
    for (const [trains, image] of algorithms)
      for (const gate of gates)
        for (const searches of [false, true, "warm"])
          for (const manual of either)
            for (const endpoint of either)
              for (const newObjects of either)
                for (const told of either) {
                  const { gate: _, ...rest } = plainSpec;
                  const { topicArn, keyArn, ...facts } = machineFacts();
                  yield [
                    JSON.stringify({ prepared, ...trains, gate, searches, manual, endpoint, newObjects, told }),
                    {
                      ...facts,
                      ...made,
                      ...image,
                      newObjects,
                      ...(told ? { topicArn: topicArn!, keyArn: keyArn! } : {}),
                      spec: {
                        ...rest,
                        ...spec,
                        ...trains,
                        ...(gate ? { gate } : {}),
                        ...(searches ? { tune: { ...tune, warmStart: searches === "warm" } } : {}),
                        approve: manual ? "manual" : "automatic",
                        ...(endpoint ? { endpointName: "dev-churn" } : {}),
                      },
                    },
                  ];
                }
}

describe("the definition of a state machine of training", () => {
  const every = [...combinations()];

  it("is Amazon States Language, and fits into what a machine may be", () => {
    // The validator is slow. Thirteen has no factor in common with any of the choices, so that all of them meet.
    for (const [name, facts] of every.filter((_, at) => at % 13 === 0)) {
      const definition = trainingDefinition(facts);
      expect(languageFaults(definition), name).to.deep.equal([]);
      expect(Buffer.byteLength(definition), name).to.be.below(64 * 1024);
    }
  }).timeout(180000);

  it("leaves no state unreached, and leads to none that is missing", () => {
    for (const [name, facts] of every) {
      const { StartAt, States } = JSON.parse(trainingDefinition(facts)) as { StartAt: string; States: object };
      const inner = new Set(["Claim", "Claimed", "TakenAlready"]);
      const told = [...JSON.stringify(States).matchAll(/"(?:Next|Default)":"(\w+)"/g)].map((found) => found[1]!);
      const named = new Set([StartAt, ...told].filter((state) => !inner.has(state)));
      expect([...named].sort(), name).to.deep.equal(Object.keys(States).sort());
    }
  });

  it("every task ends, is tried again, and has somebody who catches whatever goes wrong", () => {
    for (const [name, facts] of every) {
      for (const [state, { Type, TimeoutSeconds, Retry, Catch }] of Object.entries(statesOf(facts))) {
        if (Type !== "Task") continue;
        expect(TimeoutSeconds, `${state} of ${name}`).to.be.a("number").above(0);
        expect(JSON.stringify(Retry), `${state} of ${name}`).to.contain('"JitterStrategy":"FULL"');
        if (state !== "Claim") expect(JSON.stringify(Catch), `${state} of ${name}`).to.contain("States.ALL"); // Its map has.
      }
    }
  });

  it("all steps at their longest, with what is tried again, leave a run a day and a half to wait for its turn", () => {
    type Retrier = { ErrorEquals: string[]; MaxAttempts: number };
    for (const [name, { spec, ...facts }] of every) {
      const { TuneFurther: _, ...states } = statesOf({ ...facts, spec }); // In place of the other.
      const seconds = Object.values(states).map(({ TimeoutSeconds, Retry }) => {
        const again = (Retry as Retrier[] | undefined)?.find(({ ErrorEquals }) =>
          ErrorEquals.includes("States.TaskFailed"),
        );
        return Number(TimeoutSeconds ?? 0) * (1 + (again?.MaxAttempts ?? 0));
      });
      const longest = seconds.reduce((all, each) => all + each, 0);
      expect(longestRunSeconds({ spec, newObjects: facts.newObjects }) - longest, name).to.be.at.least(36 * 3600);
    }
  });

  it("tells the job that measures drift which columns it is to pass over", () => {
    const gate = { metric: "auc", beatChampion: true, maxDriftPsi: 0.2 };
    const told = (spec: object) => statesOf(machineFacts({ gate, ...spec })).Evaluate!.Parameters;
    const command = "AppSpecification.ContainerArguments";
    expect(told({})).to.have.nested.property(command).that.deep.equals(["evaluate"]);
    expect(told({ ignoredColumns: ["customer id", "when"] }))
      .to.have.nested.property(command)
      .that.deep.equals(["evaluate", "--ignore=customer id", "--ignore=when"]);
  });

  it("asks for each check of the gate where it is measured, and holds the gate to the same", () => {
    const gate = { metric: "auc", beatChampion: true };
    const checks = [
      "kind=size,maxMiB=500",
      "kind=fairness,column=plan,measure=predicted,maxDifference=0.1,effect=warn",
    ];
    const { Evaluate, Gate } = statesOf(machineFacts({ gate, checks }));
    expect(Evaluate!.Parameters)
      .to.have.nested.property("AppSpecification.ContainerArguments")
      .that.deep.equals(["evaluate", ...checks.map((each) => `--check=${each}`)]);
    expect(Gate!.Parameters).to.have.nested.property("Payload.checks").that.deep.equals(checks);
    const unchecked = statesOf(machineFacts({ gate })).Gate!.Parameters as { Payload: object };
    expect(unchecked.Payload).to.have.all.keys("gate.$", "report");
  });

  it("a run with new objects outlives one before it that waits for a person", () => {
    const day = 24 * 3600;
    const time = (approve: "automatic" | "manual", newObjects: boolean) =>
      (JSON.parse(trainingDefinition(machineFacts({ approve }, { newObjects }))) as { TimeoutSeconds: number })
        .TimeoutSeconds;
    const telling = (5 * 30 + 31) * 60; // MLflow of what was decided, five times, and while it is away.
    expect(time("manual", true) - time("automatic", true), "the one before it and its own").to.equal(
      14 * day + telling,
    );
    expect(time("manual", false) - time("automatic", false)).to.equal(7 * day + telling);
    expect(time("automatic", true)).to.equal(time("automatic", false));
  });

  it("no run reaches 25,000 events by waiting before its time is up", () => {
    const counted: Record<string, number> = { Task: 5, Choice: 2, Pass: 2, Wait: 2 };
    type Parsed = ReturnType<typeof statesOf>[string] & { Choices?: { Next: string }[]; Default?: string };
    const longestWay = (states: Record<string, Parsed>, at: string, to: string, gone: string[]): number => {
      if (at === to) return 0;
      const state = states[at]!;
      const next = [state.Next, state.Default, ...(state.Choices ?? []).map(({ Next }) => Next)];
      const caught = (state.Catch ?? []).map(({ Next }) => Next);
      const ways = [...next, ...caught].filter(
        (each) => each !== undefined && !gone.includes(each) && each !== "Record",
      );
      const lengths = ways.map((each) => longestWay(states, each!, to, [...gone, each!]));
      return Math.max(-Infinity, ...lengths) + (counted[state.Type] ?? 0);
    };
    const waits = new Set<string>();
    for (const approve of ["automatic", "manual"] as const) {
      for (const timeoutMinutes of [5, 240, 7200]) {
        const facts = machineFacts({ approve, timeoutMinutes, endpointName: "dev-churn" }, { newObjects: true });
        for (const definition of [trainingDefinition(facts), pipelineMachine(facts, "p")]) {
          const { States } = JSON.parse(definition) as { States: Record<string, Parsed> };
          const loops = Object.entries(States).filter(([, { Type }]) => Type === "Wait");
          const each = loops.map(([name, { Next, Seconds }]) => {
            waits.add(name);
            const events = longestWay(States, Next!, name, [Next!]) + counted.Wait!;
            return (longestRunSeconds(facts) / Number(Seconds)) * events;
          });
          // At its worst it waits in one of them all the time.
          expect(Math.max(...each), `${approve}, ${timeoutMinutes} minutes`).to.be.within(1, 20_000);
        }
      }
    }
    expect([...waits]).to.have.members(["WaitForOtherRun", "WaitForSlot", "WaitForEndpoint", "WaitForPipeline"]);
  });

  it("names of jobs and searches fit with the longest beginnings, and the moment of the run", () => {
    const moment = "20261121-145130-123".length;
    expect(longestJobPrefix + moment + "-v12".length).to.be.at.most(63);
    const soon = new Date("2059-01-01").getTime().toString(36).length;
    expect(longestSearchPrefix + "12345678-".length + soon + "-12".length).to.be.at.most(32);
  });

  it("nobody who prepares, and an algorithm without an image, are faults of the program", () => {
    const facts = machineFacts({ prepare: preparations.glue[0].prepare });
    expect(() => trainingDefinition(facts)).to.throw("models.churn.training.prepare");
    expect(() => trainingDefinition(machineFacts(algorithms[1][0]))).to.throw("models.churn.training.algorithm");
  });

  it("the longest name of a metric fits into the pattern of a job, and its gate into a parameter of a pipeline", () => {
    const gate = { metric: ".".repeat(200), atLeast: 0.123456789, beatChampion: true, maxDriftPsi: 0.123456789 };
    const facts = machineFacts({ gate });
    const { AlgorithmSpecification } = statesOf(facts).Train!.Parameters as {
      AlgorithmSpecification: { MetricDefinitions: { Regex: string }[] };
    };
    expect(AlgorithmSpecification.MetricDefinitions[0]!.Regex.length).to.be.at.most(500);
    expect(JSON.stringify(gate).length).to.be.at.most(1024);
  });

  it("reads a metric's value from what the image prints, whatever stands around it", () => {
    const { AlgorithmSpecification } = statesOf(machineFacts()).Train!.Parameters as {
      AlgorithmSpecification: { MetricDefinitions: { Name: string; Regex: string }[] };
    };
    const [{ Name, Regex }] = AlgorithmSpecification.MetricDefinitions as [{ Name: string; Regex: string }];
    expect(Name).to.equal("auc");
    expect("epoch=3; auc=0.91; loss=1".match(Regex)?.[1]).to.equal("0.91");
    expect("auc=9e-1;".match(Regex)?.[1]).to.equal("9e-1");
    expect("pr_auc=0.5;".match(Regex)).to.equal(null);
  });
});
