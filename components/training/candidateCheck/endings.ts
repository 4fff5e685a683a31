import { anything, type States } from "../../lib/states";
import { explainFailure, goesOn, howItEnded, record, tellOwner } from "../stepFunctions/endings";
import { askRegistrar } from "../stepFunctions/registry";
import { freeSlot } from "../stepFunctions/slots";
import { explained, type TrainingMachineFacts } from "../stepFunctions/terms";

/** What was measured is kept before the version says so: without its evidence nothing has passed. */
export function endings(facts: TrainingMachineFacts): States {
  const note = (name: string, parameters: object, next: string) =>
    askRegistrar(name, facts, {
      action: "judged",
      parameters: { "version.$": "$.asked.found.version", "record.$": "$.noted.record", ...parameters },
      result: { "gate.$": "$.gate" },
      path: "$.told",
      next,
      ifItFails: [{ ErrorEquals: anything, ResultPath: "$.error", Next: "ExplainNotNoted" }],
    });
  return {
    ...explainFailure(),
    ...tellOwner(facts, {
      subject: `A version of ${facts.spec.model} that was asked for did not pass`,
      message: "States.Format('Run {}, since {}: {}', $.run, $.noted.why, $.verdict.cause)",
    }),
    ...record(facts, {
      next: "WhetherToPass",
      ifItFails: [{ ErrorEquals: anything, ResultPath: "$.error", Next: "ExplainNotNoted" }],
    }),
    WhetherToPass: {
      Type: "Choice",
      Choices: [{ Variable: "$.verdict.error", IsPresent: true, Next: "NoteFailed" }],
      Default: "NotePassed",
    },
    ...note("NotePassed", { passed: true }, "FreeSlot"),
    ...note("NoteFailed", { passed: false, "reason.$": "$.verdict.cause" }, "FreeSlot"),
    ...explained(
      "ExplainNotNoted",
      "NotNoted",
      "States.Format('What was found of version {} could not be noted: {}. Ask again', $.asked.found.version, States.JsonToString($.error))",
      "FreeSlot",
    ),
    FreeSlot: freeSlot(facts, goesOn("HowItEnded"), "HowItEnded"),
    ...howItEnded,
  };
}
