import { stoppedTag } from "../lib/endpointName";
import type { State, States } from "../lib/states";
import { resumedNotice, stoppedNotice } from "./budgetNotices";
import { resumes, resuming, stopping, stops } from "./budgetStopActs";
import { asked, type BudgetStopFacts, forEach } from "./budgetStopWords";

/**
 * A look at what AWS knows of the month's costs, made every hour. Once the limit is reached it stops what people agreed to stop, tells so once, and
 * stops it again for as long as that holds: so a month that costs more is one that somebody has allowed, by a higher limit. In a new month, or below
 * a higher limit, what it stopped may run again. That it has stopped is a tag of the machine, which no provider touches.
 * @see https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_DescribeBudget.html
 */
export function budgetStopDefinition(facts: BudgetStopFacts): string {
  const machine = "{% $states.context.StateMachine.Id %}";
  const States: States = {
    AskBudget: {
      ...asked("aws-sdk:budgets:describeBudget", { AccountId: facts.accountId, BudgetName: facts.budgetName }),
      Assign: {
        // A budget that is new has no sum yet.
        spentUsd: "{% $number([$states.result.Budget.CalculatedSpend.ActualSpend.Amount, '0'][0]) %}",
      },
      Next: "AskWhetherStopped",
    },
    AskWhetherStopped: {
      ...asked("aws-sdk:sfn:listTagsForResource", { ResourceArn: machine }),
      Assign: { stopped: `{% $exists($states.result.Tags[Key='${stoppedTag}']) %}` },
      Next: "WhatIsDue",
    },
    WhatIsDue: {
      Type: "Choice",
      Choices: [
        { Condition: `{% $spentUsd >= ${facts.limitUsd} and $stopped %}`, Next: "Stop" },
        { Condition: `{% $spentUsd >= ${facts.limitUsd} %}`, Next: "Tell" },
        { Condition: "{% $stopped %}", Next: "Resume" },
      ],
      Default: "Done",
    },
    // Before anything is stopped: what was, is let go again whatever happens then.
    Tell: { ...told(facts.topicArn, stoppedNotice(facts)), Next: "Note" },
    Note: {
      ...asked("aws-sdk:sfn:tagResource", {
        ResourceArn: machine,
        Tags: [{ Key: stoppedTag, Value: "by its budget" }],
      }),
      Next: "Stop",
    },
    Stop: { ...forEach("Stop", stops(facts), stopping(facts)), Next: "Whether" },
    Whether: {
      Type: "Choice",
      Choices: [{ Condition: "{% $count($failed) > 0 %}", Next: "NotAll" }],
      Default: "Done",
    },
    NotAll: { Type: "Fail", Error: "NotAll", Cause: "{% $join($failed, '; ') %}" },
    Resume: { ...forEach("Resume", resumes(facts), resuming(facts)), Next: "WhetherResumed" },
    WhetherResumed: {
      Type: "Choice",
      Choices: [{ Condition: "{% $count($failed) > 0 %}", Next: "NotAll" }],
      Default: "Forget",
    },
    Forget: {
      ...asked("aws-sdk:sfn:untagResource", { ResourceArn: machine, TagKeys: [stoppedTag] }),
      Next: "TellResumed",
    },
    TellResumed: { ...told(facts.topicArn, resumedNotice(facts)), Next: "Done" },
    Done: { Type: "Succeed" },
  };
  return JSON.stringify({
    Comment: `Stops what ${facts.stack} can do without once its budget is used up`,
    QueryLanguage: "JSONata",
    StartAt: "AskBudget",
    TimeoutSeconds: 3000,
    States,
  });
}

const told = (TopicArn: string, notice: { Subject: string; Message: string }): State =>
  asked("sns:publish", { TopicArn, ...notice });
