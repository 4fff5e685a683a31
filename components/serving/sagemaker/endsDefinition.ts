import { brief, type States } from "../../lib/states";

/** What the state machine that ends endpoints is told of one of them. */
export interface EndInput {
  endpointName: string;
  /** Name in the stack's config. */
  model: string;
  ttlHours: number;
  /** Full hours of age at which the owner is told first, and last. */
  tellAtHours: number;
  lastHour: number;
  topicArn: string;
}

/** The owner is told so long before the end, or after half of the time where that is less. */
const noticeHours = 24;

/** When the owner of an endpoint is told: so long before its end, and in its last hour. */
export function tellAt(ttlHours: number): Pick<EndInput, "tellAtHours" | "lastHour"> {
  return { tellAtHours: Math.max(Math.floor(ttlHours / 2), ttlHours - noticeHours), lastHour: ttlHours - 1 };
}

/**
 * A look at one endpoint, made every hour: its owner is told, and once its time is over it is deleted. Its age is that of the endpoint itself, so
 * that whatever makes it anew gives it all of its time again.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
 */
export function endsDefinition(functionArn: string): string {
  const keep = "To keep it, write a larger models.{}.serve.sagemaker.ttlHours, or leave it out, and run pulumi up.";
  const States: States = {
    Look: {
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke",
      Parameters: { FunctionName: functionArn, Payload: { "endpointName.$": "$.endpointName" } },
      ResultSelector: { "status.$": "$.Payload.status", "ageHours.$": "$.Payload.ageHours" },
      ResultPath: "$.look",
      Retry: brief("States.TaskFailed"),
      Next: "HowOld",
    },
    HowOld: {
      Type: "Choice",
      Choices: [
        { Variable: "$.look.status", StringEquals: "absent", Next: "Nothing" },
        { Variable: "$.look.status", StringEquals: "updating", Next: "Nothing" },
        { Variable: "$.look.ageHours", NumericGreaterThanEqualsPath: "$.ttlHours", Next: "End" },
        { Variable: "$.look.ageHours", NumericEqualsPath: "$.tellAtHours", Next: "Tell" },
        { Variable: "$.look.ageHours", NumericEqualsPath: "$.lastHour", Next: "Tell" },
      ],
      Default: "Nothing",
    },
    Tell: told(
      "States.Format('{}: its endpoint ends soon', $.model)",
      `States.Format('The endpoint {} is {} hours old and is deleted at {}. ${keep}', $.endpointName, $.look.ageHours, $.ttlHours, $.model)`,
    ),
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
      "States.Format('The endpoint {} was {} hours old and is deleted. Another version in models.{}.from makes it anew, and so does pulumi up --refresh.', $.endpointName, $.look.ageHours, $.model)",
    ),
    Nothing: { Type: "Succeed" },
  };
  return JSON.stringify({ Comment: "Ends endpoints", StartAt: "Look", TimeoutSeconds: 900, States });
}

const told = (subject: string, message: string) => ({
  Type: "Task",
  Resource: "arn:aws:states:::sns:publish",
  Parameters: { "TopicArn.$": "$.topicArn", "Subject.$": subject, "Message.$": message },
  ResultPath: null,
  Retry: brief("States.TaskFailed"),
  End: true,
});
