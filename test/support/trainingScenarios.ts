import { trainingDefinition } from "../../components/training/stepFunctions/definition";
import { searchesLike } from "../../components/training/stepFunctions/searches";
import { machineFacts } from "./trainingFacts";
import { failing, type TrainingScenario } from "./trainingMachine";

const [a, b] = [
  { key: 'incoming/churn/"a" b.csv', etag: "1" },
  { key: "incoming/churn/b.csv", etag: "2" },
];
export const plain = machineFacts();
const untagged = { repositoryUrl: "registry.example/ml/training", repositoryName: "ml/training" };
const glue = { with: "glue", script: "churn/prepare.py", workers: 2, timeoutMinutes: 60 } as const;
const container = { with: "container", image: "i:1", cpu: "1", memoryMiB: 4096, timeoutMinutes: 60 } as const;
const dropping = { ...container, drop: ["e-mail", "Straße (Wohnort)"] };
const drift = { metric: "auc", atLeast: 0.8, beatChampion: true, maxDriftPsi: 0.2 };
const full = machineFacts(
  { prepare: glue, approve: "manual", endpointName: "dev-churn", gate: drift, liveBaseline: true },
  { newObjects: true, glueJobName: "prepare-churn" },
);
const manual = machineFacts({ approve: "manual" });
const onEndpoint = machineFacts({ endpointName: "dev-churn" });
const published = machineFacts({ endpointName: "dev-churn", liveBaseline: true });
const { gate: _, ...withoutGate } = plain.spec;
const { topicArn: __, ...untold } = plain;
const search: TrainingScenario["facts"] = {
  ...untold,
  task: { clusterArn: "cluster", definitionArn: "definition" },
  spec: {
    ...withoutGate,
    image: { uri: "docker.example/own@sha256:77" },
    prepare: dropping,
    tune: {
      objective: "validation:auc",
      direction: "maximize",
      strategy: "Bayesian",
      maxJobs: 20,
      parallel: 4,
      warmStart: false,
      ranges: {
        eta: { type: "continuous", min: 0.01, max: 0.3, scale: "logarithmic" },
        depth: { type: "integer", min: 2, max: 10, scale: "auto" },
        criterion: { type: "categorical", values: ["gini", "entropy"] },
      },
    },
  },
};
const algorithm = {
  name: "xgboost",
  version: "3.0-5",
  hyperparameters: { num_round: "200", objective: "binary:logistic" },
} as const;
const algorithmImage = "000000000001.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5";
const builtIn = machineFacts({ algorithm }, { algorithmImage });
const searched = machineFacts(
  {
    algorithm,
    tune: {
      objective: "validation:auc",
      direction: "maximize",
      strategy: "Bayesian",
      maxJobs: 20,
      parallel: 4,
      warmStart: false,
      ranges: { eta: { type: "continuous", min: 0.01, max: 0.3, scale: "auto" } },
    },
  },
  { algorithmImage },
);
const { tune } = search.spec;
const learning = { ...search, spec: { ...search.spec, tune: { ...tune!, warmStart: true } } };
/** Names of searches as those of that machine, of all and of one that had another value fixed. */
const [like, unlike] = [
  learning,
  { ...learning, spec: { ...learning.spec, hyperparameters: { project: "attrition" } } },
].map((facts) => searchesLike(facts, learning.spec.tune)) as [string, string];
const past = (name: string, jobs: number, succeeded = jobs) => ({ name, jobs, succeeded });
const other = "arn:aws:states:eu-west-1:123456789012:execution:m:other";
const far = { N: "9999999999" };
const held = { id: { S: "model#churn" }, run: { S: other }, expires: far };
const waiting = { ...held, id: { S: "waiting#churn" } };
const slots = (until: Record<string, { N: string }>) => ({ id: { S: "slots" }, held: { M: until } });
const compares = machineFacts({
  dataDrift: { maxPsi: 0.2, effect: "block", minPsi: 0.02 },
  ignoredColumns: ["customer id"],
});
const rows = { passed: true, problems: [], rows: 900, baseline: true, drift: { tenure: 0.01 }, unchanged: false };
const heldFacts = { ...machineFacts({}, { newObjects: true }), heldByBudget: true };
const onNewObjects = machineFacts({}, { newObjects: true });
const pushed = (ImageDigest: string, month: number, more: object = {}) => ({
  ImageDigest,
  ImageTags: ["1"],
  ImagePushedAt: `2026-0${month}-01T00:00:00Z`,
  ...more,
});
const config = { ArtifactMediaType: "application/vnd.oci.image.config.v1+json" };

/** Runs of the machine as they happen. */
export const scenarios = {
  schedule: { facts: plain, inputs: [{ reason: "schedule" }] },
  first: { facts: machineFacts({ gate: drift }), champion: { version: null, packageUri: null } },
  regression: {
    facts: machineFacts({
      problemType: "regression",
      gate: { metric: "rmse", direction: "minimize", atMost: 5, beatChampion: true },
    }),
    judged: { passed: true, reasons: [], metrics: { rmse: 4.2, r2: 0.7 } },
  },
  noGateNoTopic: { facts: search },
  published: { facts: published },
  nothingToPublish: { facts: published, validation: { passed: true, problems: [], rows: 900 } },
  notPublished: { facts: published, outcome: "rolled-back: 5 % of requests failed" },
  noBaseline: { facts: plain, validation: { passed: true, problems: [], rows: 900 } },
  searchesInTurn: { facts: learning, inputs: [{ reason: "schedule" }, { reason: "schedule" }] },
  searchesBefore: {
    facts: learning,
    searches: [
      past(`${like}old`, 100),
      past(`${like}too-much`, 400),
      past(`${like}some`, 60, 3),
      past(`${like}nothing`, 10, 0),
      past(`${unlike}foreign`, 20),
      past(`${like}last`, 80),
    ],
  },
  parentsRefused: {
    facts: learning,
    searches: [past(`${like}last`, 80)],
    faults: { TuneFurther: ["SageMaker.AmazonSageMakerException*"] },
  },
  furtherFails: {
    facts: learning,
    searches: [past(`${like}last`, 80)],
    faults: { TuneFurther: ["States.TaskFailed*"] },
  },
  everything: { facts: full, inputs: [[a, b, a]], approval: "Approved", samples: true },
  builtIn: { facts: builtIn },
  builtInSearched: { facts: searched },
  builtInRejected: {
    facts: builtIn,
    judged: { passed: false, reasons: ["auc is 0.7000, at least 0.8000 is asked"], metrics: { auc: 0.7 } },
  },
  conversionFailsOnce: { facts: builtIn, faults: { Convert: ["States.TaskFailed"] } },
  objectsAgain: { facts: onNewObjects, inputs: [[a], [a], [{ ...a, etag: "3" }]] },
  objectsWait: { facts: onNewObjects, inputs: [[a]], before: [held], whileWaiting: ["model#churn"] },
  objectsLeft: { facts: onNewObjects, inputs: [[a], [b], [b]], before: [held, waiting] },
  waitingStopped: {
    facts: onNewObjects,
    inputs: [[a], { aborted: 0, status: "TIMED_OUT" }],
    until: { "0": "WaitForOtherRun" },
    before: [held],
  },
  expiresWhileWaiting: {
    facts: onNewObjects,
    inputs: [[a]],
    before: [{ ...held, secondsLeft: 3 }],
  },
  reasons: { facts: plain, inputs: [{ reason: ' again,\n"rows" were wrong' }, { reason: "aborted" }, { reason: "" }] },
  skippedWithObjectsPossible: { facts: full, inputs: [{ reason: "drift" }], before: [held] },
  concurrent: {
    facts: manual,
    inputs: [{ reason: "schedule" }, { reason: "drift" }, { aborted: 0 }, { reason: "commit" }],
    until: { "0": "Approve", "3": "Approve" },
  },
  newestImage: {
    facts: machineFacts({ image: untagged }),
    images: [
      pushed("sha256:old", 1, config),
      pushed("sha256:new", 3), // An index of images for several kinds of processors.
      pushed("sha256:less", 2, { ArtifactMediaType: "application/vnd.docker.container.image.v1+json" }),
      pushed("sha256:signature", 4, { ...config, ImageTags: [`sha256-${"0".repeat(64)}.sig`] }),
      pushed("sha256:chart", 5, { ArtifactMediaType: "application/vnd.cncf.helm.config.v1+json" }),
    ],
  },
  nothingPushed: { facts: machineFacts({ image: untagged }), images: [] },
  forgotten: { facts: plain, before: [{ ...held, expires: { N: "1" } }] },
  slotsFull: {
    facts: plain,
    before: [slots({ one: far, two: far })],
    whileWaiting: ["slots"],
  },
  slotLeft: { facts: plain, before: [slots({ one: far })] },
  slotsForgotten: { facts: plain, before: [slots({ one: far, two: { N: "1" } })] },
  slotContended: { facts: plain, faults: { ClaimSlot: ["DynamoDB.ConditionalCheckFailedException"] } },
  dataRejected: { facts: plain, validation: { passed: false, problems: ["no rows of the class 1"], rows: 12 } },
  dataUnread: { facts: plain, validation: "no JSON" },
  dataUnsaid: { facts: plain, validation: {} },
  moved: { facts: compares, inputs: [{ reason: "schedule" }], validation: rows },
  movedTooFar: {
    facts: compares,
    validation: {
      ...rows,
      passed: false,
      problems: ["drift of tenure is 0.3100, at most 0.2000 is allowed"],
      drift: { tenure: 0.31 },
    },
  },
  unmoved: { facts: compares, inputs: [{ reason: "schedule" }], validation: { ...rows, unchanged: true } },
  unmovedObjects: {
    facts: { ...compares, newObjects: true },
    inputs: [[a]],
    validation: { ...rows, unchanged: true },
  },
  unmovedButAsked: { facts: compares, inputs: [{ reason: "decay" }], validation: { ...rows, unchanged: true } },
  nothingLive: {
    facts: compares,
    champion: { version: null, packageUri: null },
    validation: { ...rows, drift: null },
  },
  notCompared: { facts: compares },
  gateOnMetric: {
    facts: onEndpoint,
    judged: { passed: false, reasons: ["auc is 0.7000, at least 0.8000 is asked"], metrics: { auc: 0.7 } },
  },
  gateAgainstChampion: {
    facts: onEndpoint,
    judged: { passed: false, reasons: ["auc is 0.8100, more than 0.9000 is asked"], metrics: { auc: 0.81 } },
  },
  endpointUpdating: { facts: onEndpoint, endpoint: ["updating", "updating", "inService"] },
  endpointAbsent: { facts: onEndpoint, endpoint: ["absent"] },
  endpointFailed: { facts: onEndpoint, endpoint: ["failed"] },
  rejected: { facts: manual, approval: "Rejected" },
  approved: { facts: manual, approval: "Approved" },
  rejectedWhileAway: {
    ...{ facts: manual, approval: "Rejected" },
    faults: { NoteRejection: ["Unavailable", "Unavailable", "States.Timeout"] },
  },
  approvedWhileAway: { facts: manual, approval: "Approved", faults: { NoteApproval: Array(6).fill("Unavailable") } },
  approvedUntold: { facts: manual, approval: "Approved", faults: { NoteApproval: ["Unavailable*"] } },
  rejectedUntold: { facts: manual, approval: "Rejected", faults: { NoteRejection: ["Unavailable*"] } },
  timedOut: { facts: manual, faults: { Approve: ["States.Timeout"] } },
  rolledBack: { facts: plain, outcome: "rolled-back: 5 % of requests failed" },
  registrarMoves: {
    facts: plain,
    faults: {
      Register: ["States.Timeout"],
      Promote: ["States.HeartbeatTimeout", "States.HeartbeatTimeout"],
    },
  },
  registrarRefuses: { facts: plain, faults: { Register: ["Refused*"] } },
  jobFailsOnce: { facts: plain, faults: { Train: ["States.TaskFailed"] } },
  jobFailsTwice: { facts: onEndpoint, faults: { Train: ["States.TaskFailed*"] } },
  throttled: {
    facts: full,
    inputs: [{ reason: "schedule" }],
    approval: "Approved",
    faults: {
      ClaimModel: ["DynamoDB.ThrottlingException"],
      Prepare: ["Glue.ConcurrentRunsExceededException", "Glue.ConcurrentRunsExceededException"],
      Train: [
        ...Array(3).fill("SageMaker.ResourceLimitExceededException"),
        "SageMaker.ThrottlingException",
        ...Array(2).fill("SageMaker.AmazonSageMakerException"),
      ],
      Gate: ["Lambda.TooManyRequestsException"],
      Package: ["SageMaker.SageMakerException"],
      Promote: ["States.TaskFailed"],
    },
  },
  budgetHolds: {
    facts: heldFacts,
    before: [{ id: { S: "budget" } }],
    inputs: [{ reason: "schedule" }, { reason: "drift" }, { reason: "decay" }, [a], { reason: "a better model" }],
  },
  budgetNotUsedUp: { facts: heldFacts, inputs: [{ reason: "schedule" }] },
  tellingFails: {
    facts: plain,
    judged: { passed: false, reasons: ["no"], metrics: {} },
    faults: { TellOwner: ["SNS.AuthorizationErrorException*"] },
  },
} satisfies Record<string, TrainingScenario>;

/** Every task that has a catcher for everything, made to fail for good. */
export function broken(): Record<string, TrainingScenario> {
  const bases: [string, TrainingScenario][] = [
    ["full", { facts: full, inputs: [[a]], approval: "Approved", samples: true }],
    ["search", { facts: search }],
    ["learning", { facts: learning, searches: [past(`${like}last`, 20)] }],
    ["builtIn", { facts: builtIn }],
    ["compares", { facts: compares, validation: rows }],
    ["skipped", { facts: manual, before: [held] }],
    ["refused", { facts: manual, approval: "Rejected" }],
    ["held", { facts: heldFacts, inputs: [{ reason: "schedule" }], before: [{ id: { S: "budget" } }] }],
    ["waits", { facts: onNewObjects, inputs: [[a]], before: [held] }],
  ];
  return failing(bases, trainingDefinition, {
    FindLive: "compares",
    NoteSkipped: "skipped",
    SeeRejection: "refused",
    NoteRejection: "refused",
    LookForHold: "held",
    NoteHeld: "held",
    ClaimWaiting: "waits",
    FindSearches: "learning",
    TuneFurther: "learning",
  });
}
