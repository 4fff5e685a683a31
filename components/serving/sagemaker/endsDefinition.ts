import { noticeTag } from "../../lib/endpointName";
import { brief, type State, type States } from "../../lib/states";

/** What the state machine that ends endpoints is told of one of them. */
export interface EndInput {
  endpointName: string;
  endpointArn: string;
  /** Name in the stack's config. */
  model: string;
  ttlHours: number;
  /** Full hours of age from which on the owner is told first, and last. */
  tellAtHours: number;
  lastHour: number;
  /** What a tag of the endpoint says once that is done. They name the end, so that another one is told of anew. */
  notices: { first: string; last: string };
  topicArn: string;
}

/** The owner is told so long before the end, or after half of the time where that is less. */
const noticeHours = 24;

/** When the owner of an endpoint is told: so long before its end, and in its last hour. */
export function tellAt(ttlHours: number): Pick<EndInput, "tellAtHours" | "lastHour" | "notices"> {
  const tellAtHours = Math.max(Math.floor(ttlHours / 2), ttlHours - noticeHours);
  const lastHour = ttlHours - 1;
  const notice = (hour: number) => `${hour} of ${ttlHours} hours`;
  return { tellAtHours, lastHour, notices: { first: notice(tellAtHours), last: notice(lastHour) } };
}

const keep = "To keep it, write a larger models.{}.serve.sagemaker.ttlHours, or leave it out, and run pulumi up.";

/**
 * A look at one endpoint, made every hour: its owner is told twice, and once its time is over it is deleted, at the earliest a look after it was told
 * for the last time, however many looks were missed. Its age is that of the endpoint itself, so that whatever makes it anew gives it all of its time again.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
 */
export function endsDefinition(functionArn: string): string {
  const toldOf = (notice: keyof EndInput["notices"]) => ({
    Variable: "$.told.notice",
    StringEqualsPath: `$.notices.${notice}`,
  });
  const States: States = {
    Look: {
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke",
      Parameters: { FunctionName: functionArn, Payload: { "endpointName.$": "$.endpointName" } },
      // Whole: of an endpoint that is gone there is no age.
      ResultSelector: { "found.$": "$.Payload" },
      ResultPath: "$.look",
      Retry: brief("States.TaskFailed"),
      Next: "HowOld",
    },
    HowOld: {
      Type: "Choice",
      Choices: [
        { Variable: "$.look.found.status", StringEquals: "absent", Next: "Nothing" },
        { Variable: "$.look.found.status", StringEquals: "updating", Next: "Nothing" },
        { Variable: "$.look.found.ageHours", NumericGreaterThanEqualsPath: "$.tellAtHours", Next: "FindNotice" },
      ],
      Default: "Nothing",
    },
    FindNotice: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:sagemaker:listTags",
      QueryLanguage: "JSONata",
      Arguments: { ResourceArn: "{% $states.input.endpointArn %}" },
      Output: `{% $merge([$states.input, {'told': {'notice': [$states.result.Tags[Key='${noticeTag}'].Value, ''][0]}}]) %}`,
      Retry: brief("States.TaskFailed"),
      Next: "WhatIsDue",
    },
    WhatIsDue: {
      Type: "Choice",
      Choices: [
        {
          And: [toldOf("last"), { Variable: "$.look.found.ageHours", NumericGreaterThanEqualsPath: "$.ttlHours" }],
          Next: "End",
        },
        { ...toldOf("last"), Next: "Nothing" },
        { Variable: "$.look.found.ageHours", NumericGreaterThanEqualsPath: "$.lastHour", Next: "TellLast" },
        { ...toldOf("first"), Next: "Nothing" },
      ],
      Default: "TellFirst",
    },
    TellFirst: told(
      "States.Format('{}: its endpoint ends soon', $.model)",
      `States.Format('The endpoint {} is {} hours old and is deleted at {}. ${keep}', $.endpointName, $.look.found.ageHours, $.ttlHours, $.model)`,
      "NoteFirst",
    ),
    NoteFirst: noted("first"),
    TellLast: told(
      "States.Format('{}: its endpoint ends within the hour', $.model)",
      `States.Format('The endpoint {} is {} hours old, has {}, and is deleted at the next look, an hour from now. ${keep}', $.endpointName, $.look.found.ageHours, $.ttlHours, $.model)`,
      "NoteLast",
    ),
    NoteLast: noted("last"),
    End: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:sagemaker:deleteEndpoint",
      Parameters: { "EndpointName.$": "$.endpointName" },
      ResultPath: null,
      Retry: brief("States.TaskFailed"),
      Next: "TellEnded",
    },
    TellEnded: told(
      "States.Format('{}: its endpoint has ended', $.model)",
      "States.Format('The endpoint {} was {} hours old and is deleted. Another version in models.{}.from makes it anew, and so does pulumi up --refresh.', $.endpointName, $.look.found.ageHours, $.model)",
    ),
    Nothing: { Type: "Succeed" },
  };
  return JSON.stringify({ Comment: "Ends endpoints", StartAt: "Look", TimeoutSeconds: 900, States });
}

const told = (subject: string, message: string, next?: string): State => ({
  Type: "Task",
  Resource: "arn:aws:states:::sns:publish",
  Parameters: { "TopicArn.$": "$.topicArn", "Subject.$": subject, "Message.$": message },
  ResultPath: null,
  Retry: brief("States.TaskFailed"),
  ...(next === undefined ? { End: true } : { Next: next }),
});

/** After the mail: what could not be noted is told once more, and nothing ends untold. */
const noted = (notice: keyof EndInput["notices"]): State => ({
  Type: "Task",
  Resource: "arn:aws:states:::aws-sdk:sagemaker:addTags",
  Parameters: {
    "ResourceArn.$": "$.endpointArn",
    Tags: [{ Key: noticeTag, "Value.$": `$.notices.${notice}` }],
  },
  ResultPath: null,
  Retry: brief("States.TaskFailed"),
  End: true,
});
