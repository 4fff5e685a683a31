/** A check of a version that somebody asks for: it is measured as one that the loop has trained, on the rows of its last approved run. */

import {
  checkMinutes,
  hearingMinutes,
  type LoopGate,
  layout,
  longestRunSeconds,
  pickUpMinutes,
} from "../../contracts/trainingLoop";
import { anything, inOrder, type States, type Step } from "../../lib/states";
import { resolveImage } from "../stepFunctions/data";
import { measured } from "../stepFunctions/judgement";
import { askRegistrar } from "../stepFunctions/registry";
import { claimSlot } from "../stepFunctions/slots";
import { call, explained, type TrainingMachineFacts } from "../stepFunctions/terms";
import { endings } from "./endings";

/** How often somebody looks whether a version was asked for: MLflow tells nobody. */
export const checkSchedule = "rate(10 minutes)";

/** Days that a check waits at most for a slot. */
const waitingDays = 2;
const begun = "$states.context.Execution.StartTime";
const day = 24 * 3600;

/** The state machine in Amazon States Language. It takes no input; whoever asks is found out. */
export function checkDefinition(facts: TrainingMachineFacts, gate: LoopGate): string {
  const { spec } = facts;
  const minutes = 6 * pickUpMinutes + 2 * (checkMinutes + hearingMinutes);
  const work = inOrder([
    { entry: "FindRows", states: (next) => findRows(facts, next) },
    { entry: "LookForSlot", states: (next) => claimSlot(facts, next) },
    resolveImage(facts),
    measure(facts, gate),
  ]);
  return JSON.stringify({
    Comment: `Measures versions of ${spec.model} that people ask for`,
    StartAt: "NameRun",
    TimeoutSeconds: minutes * 60 + waitingDays * day,
    States: {
      ...nameRun(facts),
      ...findCandidate(facts, work.entry),
      ...work.states("Record"),
      ...endings(facts),
    },
  });
}

/** A letter follows the beginning that names of jobs have, where a run of the loop has a digit. */
function nameRun(facts: TrainingMachineFacts): States {
  const { spec, jobPrefix } = facts;
  const epoch = `$floor($toMillis(${begun}) / 1000) + ${longestRunSeconds(facts) + day}`;
  return {
    NameRun: {
      Type: "Pass",
      QueryLanguage: "JSONata",
      Output: {
        model: spec.model,
        holder: "{% $states.context.Execution.Id %}",
        run: `{% '${jobPrefix}check-' & $formatBase($toMillis(${begun}), 36) %}`,
        startedAt: `{% ${begun} %}`,
        yesterday: `{% $substring($fromMillis($toMillis(${begun}) - ${day * 1000}), 0, 10) %}`,
        expires: `{% $string(${epoch}) %}`,
      },
      Next: "FindCandidate",
    },
  };
}

/** What the registrar answers it has taken up, so that no other run measures the same. */
function findCandidate(facts: TrainingMachineFacts, next: string): States {
  return {
    ...askRegistrar("FindCandidate", facts, {
      action: "candidate",
      parameters: {},
      result: { "found.$": "$" },
      path: "$.asked",
      next: "WhetherAsked",
      // Whether anybody asks is not known, and the next look is soon.
      ifItFails: [{ ErrorEquals: anything, ResultPath: "$.error", Next: "NotFoundOut" }],
    }),
    NotFoundOut: { Type: "Fail", ErrorPath: "$.error.Error", CausePath: "$.error.Cause" },
    WhetherAsked: {
      Type: "Choice",
      Choices: [{ Variable: "$.asked.found.version", IsString: true, Next: "NoteAsked" }],
      Default: "NobodyAsks",
    },
    NobodyAsks: { Type: "Succeed" },
    NoteAsked: {
      Type: "Pass",
      Parameters: {
        "why.$": "States.Format('{} asked for version {}', $.asked.found.by, $.asked.found.version)",
        "record.$": `States.Format('s3://${facts.bucketName}/${layout.records(facts.spec.model)}{}.json', $.run)`,
      },
      ResultPath: "$.noted",
      Next: "WhetherMeasurable",
    },
    WhetherMeasurable: {
      Type: "Choice",
      Choices: [
        { Variable: "$.asked.found.refused", IsString: true, Next: "ExplainCandidateRefused" },
        { Variable: "$.asked.found.approvedRun", IsString: true, Next: "TakePackage" },
      ],
      Default: "ExplainNoApprovedRun",
    },
    TakePackage: {
      Type: "Pass",
      Parameters: { "package.$": "$.asked.found.packageUri" },
      ResultPath: "$.trained",
      Next: next,
    },
    ...explained(
      "ExplainCandidateRefused",
      "CandidateRefused",
      "States.Format('Version {} is not measured: {}', $.asked.found.version, $.asked.found.refused)",
    ),
    ...explained(
      "ExplainNoApprovedRun",
      "NoApprovedRun",
      "States.Format('Version {} is not measured: no run of the loop has gone live yet, so there are no rows to measure on. Start one', $.asked.found.version)",
    ),
  };
}

/** Folder with the rows, as a field. @param before what stands before it, such as `s3://<bucket>/` */
const rows = (field: string, { spec }: TrainingMachineFacts, before = ""): Record<string, string> =>
  spec.prepare
    ? { [`${field}.$`]: `States.Format('${before}${layout.extracts(spec.model)}{}/test/', $.asked.found.approvedRun)` }
    : { [field]: `${before}${spec.rawFolder}test/` };

function findRows(facts: TrainingMachineFacts, next: string): States {
  return {
    ...call("FindRows", "aws-sdk:s3:listObjectsV2", {
      Parameters: { Bucket: facts.bucketName, ...rows("Prefix", facts), MaxKeys: 1 },
      ResultSelector: { "count.$": "$.KeyCount" },
      ResultPath: "$.rows",
      Next: "WhetherRows",
    }),
    WhetherRows: {
      Type: "Choice",
      Choices: [{ Variable: "$.rows.count", NumericGreaterThan: 0, Next: next }],
      Default: "ExplainNoTestRows",
    },
    ...explained(
      "ExplainNoTestRows",
      "NoTestRows",
      "States.Format('The rows of {} are gone: start the loop, and ask again', $.asked.found.approvedRun)",
    ),
  };
}

function measure(facts: TrainingMachineFacts, gate: LoopGate): Step {
  return {
    entry: "FindChampion",
    states: (Next) => ({
      ...measured(facts, gate, { rows: rows("S3Uri", facts, `s3://${facts.bucketName}/`), passed: "Passed" }),
      Passed: {
        Type: "Pass",
        Parameters: { outcome: "passed", "cause.$": "States.Format('version {} passed', $.asked.found.version)" },
        ResultPath: "$.verdict",
        Next,
      },
    }),
  };
}
