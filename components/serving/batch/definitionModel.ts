/** Which SageMaker model a run scores with: looked up when it starts, unless the version is pinned. */
import { caught, patient, type State } from "./definitionTerms";

/** Where the live model of SageMaker is found. */
export type LiveModel =
  /** Pinned: this one. */
  | { modelName: string }
  /** Of an endpoint. Its first configuration has a model without a version, which cannot score. */
  | { endpointName: string; placeholderModelName: string };

const waitSeconds = 3600;

/**
 * States from `FindModel` on; `$.modelName` holds the name when `next` begins. A run of new objects waits for a first version and
 * looks once an hour; a scheduled one ends, the next comes by itself.
 */
export function resolveModel(live: LiveModel, next: string, waits: boolean): Record<string, State> {
  if ("modelName" in live) {
    return { FindModel: { Type: "Pass", Result: live.modelName, ResultPath: "$.modelName", Next: next } };
  }
  const none: Record<string, State> = waits
    ? {
        NoVersionYet: {
          Type: "Choice",
          Choices: [{ Variable: "$.events[0]", IsPresent: true, Next: "WaitForVersion" }],
          Default: "NothingToScoreWith",
        },
        WaitForVersion: { Type: "Wait", Seconds: waitSeconds, Next: "FindModel" },
        NothingToScoreWith: { Type: "Succeed" },
      }
    : { NoVersionYet: { Type: "Succeed" } };
  const called = (api: string, parameters: object, selector: object, path: string, then: string): State => ({
    Type: "Task",
    Resource: `arn:aws:states:::aws-sdk:sagemaker:${api}`,
    Parameters: parameters,
    ResultSelector: selector,
    ResultPath: path,
    Retry: patient("States.TaskFailed"),
    Catch: caught(),
    Next: then,
  });
  return {
    FindModel: called(
      "describeEndpoint",
      { EndpointName: live.endpointName },
      { "name.$": "$.EndpointConfigName" },
      "$.configuration",
      "FindVersion",
    ),
    FindVersion: called(
      "describeEndpointConfig",
      { "EndpointConfigName.$": "$.configuration.name" },
      { "names.$": "$.ProductionVariants[*].ModelName" },
      "$.found",
      "HasVersion",
    ),
    HasVersion: {
      Type: "Choice",
      Choices: [{ Variable: "$.found.names[0]", StringEquals: live.placeholderModelName, Next: "NoVersionYet" }],
      Default: "TakeVersion",
    },
    TakeVersion: { Type: "Pass", InputPath: "$.found.names[0]", ResultPath: "$.modelName", Next: next },
    ...none,
  };
}
