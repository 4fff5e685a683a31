/** How a run begins: what it is called and why it is, or whose things it puts back. */

import { longestRunSeconds } from "../../contracts/trainingLoop";
import type { States } from "../../lib/states";
import { searchesLike } from "./searches";
import type { TrainingMachineFacts } from "./terms";

const begun = "$states.context.Execution.StartTime";
const moment = `$fromMillis($toMillis(${begun}), '[Y0001][M01][D01]-[H01][m01][s01]-[f001]')`;
/** The same for names that have no room for it. */
const shortMoment = `$formatBase($toMillis(${begun}), 36)`;
const input = "$states.input";
/** Objects are known for so long that no event comes twice: queues and pipes give up earlier. */
const objectDays = 30;
const day = 24 * 3600;

const epoch = (seconds: number) => `{% $string($floor($toMillis(${begun}) / 1000) + ${seconds}) %}`;

/** What a person typed, on one line: it goes into mails and descriptions, which take no more. */
const typed = `$substring($trim(${input}.reason), 0, 256)`;

/**
 * Names the run and says why it began. In JSONata, since the other language of Step Functions can neither cut texts nor reckon with
 * time, which the table needs for what it is to forget.
 */
export function nameRun(facts: TrainingMachineFacts, next: string): States {
  const { spec, jobPrefix } = facts;
  return {
    NameRun: {
      Type: "Pass",
      QueryLanguage: "JSONata",
      Output: {
        given: `{% ${input} %}`,
        model: spec.model,
        reason: `{% $type(${input}) = 'array' ? 'newData' : $exists(${input}.aborted) ? 'aborted' : $type(${input}.reason) = 'string' and ${typed} != '' ? ${typed} : 'manual' %}`,
        putsBack: `{% $exists(${input}.aborted) %}`,
        ended: `{% $type(${input}.status) = 'string' ? ${input}.status : 'stopped' %}`,
        holder: `{% $type(${input}.aborted) = 'string' ? ${input}.aborted : $states.context.Execution.Id %}`,
        run: `{% '${jobPrefix}' & ${moment} %}`,
        ...(spec.tune ? { search: `{% '${searchesLike(facts, spec.tune)}' & ${shortMoment} %}` } : {}),
        startedAt: `{% ${begun} %}`,
        yesterday: `{% $substring($fromMillis($toMillis(${begun}) - ${day * 1000}), 0, 10) %}`,
        expires: epoch(longestRunSeconds(facts) + day),
        objectsExpire: epoch(objectDays * day),
      },
      Next: "WhatCame",
    },
    WhatCame: {
      Type: "Choice",
      Choices: [{ Variable: "$.putsBack", BooleanEquals: true, Next: "ExplainAborted" }],
      Default: next,
    },
  };
}

/** What a run that ended without its way out holds is freed by another one, which the event of its end starts. */
export function explainAborted(Next: string): States {
  return {
    ExplainAborted: {
      Type: "Pass",
      Parameters: {
        outcome: "aborted",
        "cause.$": "States.Format('{} ended on its way ({}): what it held is freed', $.holder, $.ended)",
      },
      ResultPath: "$.verdict",
      Next,
    },
  };
}
