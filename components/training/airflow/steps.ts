/** Steps of a loop, the same as those of the state machine, in the same order. */
import { posix } from "node:path";
import { sourceVariables } from "../../contracts/dataSource";
import { featureVariables } from "../../contracts/features";
import {
  approvalDays,
  checkMinutes,
  dropping,
  evaluating,
  type LoopGate,
  layout,
  releaseMinutes,
  toldOf,
  unasked,
  validating,
} from "../../contracts/trainingLoop";
import type { AirflowGround, AirflowLoop } from "./facts";
import {
  answer,
  askedBy,
  command,
  dagRun,
  dayBefore,
  type LoopPod,
  literal,
  pod,
  runName,
  stepStates,
  tool,
} from "./pods";

/** One task of the DAG: a pod, a question to a person, or the start of another DAG. */
export type AirflowStep =
  | {
      id: string;
      /** Times that it is tried again. What was judged is not asked again. */
      retries: number;
      /** Until Airflow gives it up, waiting for a node included. */
      timeoutMinutes: number;
      /** Whether the step's exit code 1 is its last word, whatever tries are left. */
      final?: true;
      pod: LoopPod;
    }
  | { id: "approve"; retries: number; subject: string; body: string; days: number }
  | { id: "start"; dag: string; reason: string };

/** Where it is noted which decay a training was started for. */
export const answeredDecay = (model: string) => `${layout.models(model)}decay.json`;

/** Report of the version that is live before anything is trained. */
const liveReport = "live.json";
/** Minutes that a pod may wait for a node before it counts. */
const waitingMinutes = 60;
/** Of a step that asks once. */
const briefMinutes = 30;

/** After a minute, and after twice as long each time: about 17 hours in which what was answered waits for MLflow. */
const recordRetries = 10;

/** Of the last step. */
export const howStepsWent = { name: "TRAINING_STEPS", value: stepStates };

/** Where a run reads and writes. */
export function places({ dataUri }: Pick<AirflowGround, "dataUri">, { model, prepare, rawFolder }: AirflowLoop) {
  return {
    raw: `${dataUri}/${rawFolder}`,
    data: prepare ? `${dataUri}/${layout.extracts(model)}${runName}/` : `${dataUri}/${rawFolder}`,
    /** What `train` left, as SageMaker packs it. */
    package: `${dataUri}/${layout.models(model)}${runName}/output/model.tar.gz`,
    packages: `${dataUri}/models`,
    baseline: `${dataUri}/${layout.models(model)}${runName}${posix.dirname(layout.baseline)}/`,
    reports: `${dataUri}/${layout.outputs(model)}${runName}/`,
    samples: `${dataUri}/samples/${model}/date=${dayBefore}/`,
    record: `${dataUri}/${layout.records(model)}${runName}.json`,
  };
}

/** All steps, each after the one before it; the last one runs however they went. */
export function steps(loop: AirflowLoop, ground: AirflowGround): AirflowStep[] {
  const { gate } = loop;
  const answered = loop.approve === "manual" ? [{ name: "TRAINING_ANSWER", value: answer }] : [];
  return [
    ...prepare(loop, ground),
    ...validate(loop, ground),
    asking("check_data", loop, ground, checkData(loop)),
    train(loop, ground),
    ...(gate ? judge(loop, ground, gate) : []),
    asking(
      "register",
      loop,
      ground,
      {
        action: "register",
        image: loop.image,
        data: places(ground, loop).data,
        source: dagRun,
        keep: kept(loop, ground),
      },
      { retries: 2, variables: [{ name: "TRAINING_ASKED_BY", value: askedBy }] },
    ),
    ...(loop.approve === "manual" ? [approve(loop, ground)] : []),
    asking(
      "promote",
      loop,
      ground,
      { action: "promote", ...(loop.approve === "manual" ? { approved: true } : {}) },
      { minutes: releaseMinutes(loop), retries: 2, variables: answered },
    ),
    asking(
      "record",
      loop,
      ground,
      { action: "record" },
      { retries: recordRetries, variables: [howStepsWent, ...answered] },
    ),
  ];
}

/** Reports of the run that stay beside its model, each under its own name; what rows were like is there only where the image says it. */
function kept(loop: AirflowLoop, ground: AirflowGround): { to: string; files: string[]; optional: string[] } {
  const optional = Object.values(layout.dataBaseline).map((file) => file.slice(1));
  return { to: places(ground, loop).baseline, files: loop.gate ? [posix.basename(layout.baseline)] : [], optional };
}

function prepare(loop: AirflowLoop, ground: AirflowGround): AirflowStep[] {
  const { prepare: asked } = loop;
  if (asked === undefined) return [];
  const { raw, data } = places(ground, loop);
  const preparing = command("prepare", ground, {
    image: asked.image,
    args: ["prepare", "--input", raw, "--output", data, ...dropping(asked).map(literal)],
    hyperparameters: toldOf(loop),
    variables: { ...sourceVariables(loop.sources), ...literals(featureVariables(loop.features)) },
    size: asked,
    store: true,
    features: loop.features !== undefined,
  });
  return [step("prepare", loop, ground, [preparing], { minutes: asked.timeoutMinutes })];
}

const literals = (variables: Record<string, string>) =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, literal(value)]));

/** The rows are judged beside those of the version that is live then; another one may be, once a candidate is. */
function validate(loop: AirflowLoop, ground: AirflowGround): AirflowStep[] {
  const { data, reports } = places(ground, loop);
  const rows = { uri: data, path: "processing/data" };
  const live = { told: { report: `${reports}${liveReport}`, key: "packageUri" }, path: "processing/champion" };
  const compares = loop.dataDrift !== undefined;
  const inputs = [rows, ...(compares ? [live] : [])];
  return [
    ...(compares ? [asking("live", loop, ground, { action: "champion", report: liveReport }, { retries: 2 })] : []),
    step("validate", loop, ground, checking("validate", loop, ground, inputs, validating(loop).map(literal))),
  ];
}

/** What the report has to say for the run to go on. */
const checkData = ({ dataDrift }: AirflowLoop) => ({
  action: "checkData",
  ...(dataDrift ? { compared: true } : {}),
  ...(dataDrift?.minPsi === undefined ? {} : { putOff: unasked }),
});

function train(loop: AirflowLoop, ground: AirflowGround): AirflowStep {
  const { data, package: uri } = places(ground, loop);
  const channel = (name: string) => ({ uri: `${data}${name}/`, path: `input/data/${name}` });
  const { cpu, memoryMiB, gpus } = loop;
  return step(
    "train",
    loop,
    ground,
    [
      tool("fetch", ground, { action: "fetch", inputs: ["train", "validation"].map(channel) }, [
        { name: "TRAINING_HYPERPARAMETERS", value: literal(JSON.stringify(loop.hyperparameters)) },
      ]),
      command("train", ground, {
        image: loop.image,
        args: ["train"],
        hyperparameters: {},
        size: { cpu, memoryMiB, gpus },
      }),
      tool("store", ground, { action: "store", package: { path: "model", uri } }),
    ],
    { minutes: loop.timeoutMinutes, gpu: gpus > 0 },
  );
}

/** The live version is measured on the same rows, and the gate fails closed: what was not measured does not pass. */
function judge(loop: AirflowLoop, ground: AirflowGround, gate: LoopGate): AirflowStep[] {
  const { data, package: candidate } = places(ground, loop);
  const own = [
    { uri: candidate, path: "processing/candidate" },
    { uri: `${data}test/`, path: "processing/test" },
  ];
  return measured(loop, ground, gate, own);
}

/** Steps from the live version to a verdict. @param measuring the candidate and the rows */
export function measured(loop: AirflowLoop, ground: AirflowGround, gate: LoopGate, measuring: object[]): AirflowStep[] {
  const { reports, samples } = places(ground, loop);
  const inputs = [
    ...measuring,
    { told: { report: `${reports}champion.json`, key: "packageUri" }, path: "processing/champion" },
    ...(gate.maxDriftPsi === undefined ? [] : [{ uri: samples, path: "processing/samples", optional: true }]),
  ];
  return [
    asking("champion", loop, ground, { action: "champion" }, { retries: 2 }),
    step("evaluate", loop, ground, checking("evaluate", loop, ground, inputs, evaluating(loop).map(literal))),
    asking("gate", loop, ground, { action: "judge", gate, ...(loop.checks ? { checks: loop.checks } : {}) }),
  ];
}

/** A command that leaves a report in `processing/output`. */
function checking(
  name: "validate" | "evaluate",
  loop: AirflowLoop,
  ground: AirflowGround,
  inputs: object[],
  flags: string[] = [],
): [object, object, object] {
  const { reports } = places(ground, loop);
  return [
    tool("fetch", ground, { action: "fetch", inputs }),
    command(name, ground, {
      image: loop.image,
      args: [name, ...flags],
      hyperparameters: toldOf(loop),
      size: { cpu: loop.cpu, memoryMiB: loop.memoryMiB },
    }),
    tool("store", ground, { action: "store", folder: { path: "processing/output", uri: reports } }),
  ];
}

function approve(loop: AirflowLoop, ground: AirflowGround): AirflowStep {
  const { reports } = places(ground, loop);
  return {
    id: "approve",
    retries: 2,
    subject: `${loop.model}: a version waits for your approval`,
    body: `Run ${runName} has registered a version. What was measured: ${reports}verdict.json`,
    days: approvalDays,
  };
}

/** A question to MLflow, or of what an earlier step has written. */
export function asking(
  id: string,
  loop: AirflowLoop,
  ground: AirflowGround,
  request: { action: string } & Record<string, unknown>,
  {
    retries = 0,
    minutes = briefMinutes,
    variables = [],
  }: { retries?: number; minutes?: number; variables?: { name: string; value: string }[] } = {},
): AirflowStep {
  const { reports, package: uri, packages, record } = places(ground, loop);
  const { stack, region } = ground;
  const registry = { stack, region, packages, name: loop.model, from: loop.from, targets: loop.targets };
  const asked = { ...request, reports, package: uri, record, registry };
  return { ...step(id, loop, ground, [tool(id, ground, asked, variables)], { minutes, retries }), final: true };
}

export function step(
  id: string,
  loop: AirflowLoop,
  ground: AirflowGround,
  containers: [...object[], object],
  { minutes = checkMinutes, retries = 1, gpu = false }: { minutes?: number; retries?: number; gpu?: boolean } = {},
): AirflowStep {
  const timeoutMinutes = minutes + waitingMinutes;
  return {
    id,
    retries,
    timeoutMinutes,
    pod: pod(loop.model, ground, {
      containers: containers as [...Record<string, unknown>[], Record<string, unknown>],
      minutes: timeoutMinutes,
      ...(gpu ? { placement: ground.gpuPlacement } : {}),
    }),
  };
}
