/** What a budget stops, and how. */
import { heldByBudget } from "../contracts/trainingLoop";
import { brief, type States, tableErrors } from "../lib/states";
import { type Act, asked, type BudgetStopFacts, unlessFailed } from "./budgetStopWords";

/** Apps of Studio that run on machines of their own. */
const studioApps = ["CodeEditor", "JupyterLab", "KernelGateway"];

const named = unlessFailed("StopFailed");

/** What there is to stop. */
export function stops(facts: BudgetStopFacts): Act[] {
  return [
    ...(facts.tableName === undefined ? [] : [{ kind: "Training", name: facts.tableName }]),
    ...facts.endpoints.map((name) => ({ kind: "Endpoint", name })),
    ...facts.notebooks.map((name) => ({ kind: "Notebook", name })),
    ...(facts.domainId === undefined ? [] : [{ kind: "Studio", name: facts.domainId }]),
    ...facts.groups.map(({ name }) => ({ kind: "Nodes", name })),
  ];
}

/** How each is stopped. */
export function stopping(facts: BudgetStopFacts): States {
  const name = "{% $states.input.name %}";
  const only = (kind: boolean, states: States) => (kind ? states : {});
  return {
    ...only(facts.tableName !== undefined, {
      Training: {
        ...asked("dynamodb:putItem", { TableName: name, Item: { id: { S: heldByBudget } } }),
        Retry: brief(...tableErrors),
        ...named,
        Next: "StopFinished",
      },
    }),
    ...only(facts.endpoints.length > 0, {
      Endpoint: {
        ...asked("aws-sdk:sagemaker:describeEndpoint", { EndpointName: name }),
        Retry: [], // What is gone stays gone, and the next look is an hour away.
        Output: { kind: "Endpoint", name, status: "{% $states.result.EndpointStatus %}" },
        Catch: [
          {
            ErrorEquals: ["States.TaskFailed"],
            Output: { kind: "Endpoint", name, status: "absent", error: "{% $states.errorOutput.Cause %}" },
            Next: "WhetherAbsent",
          },
          ...named.Catch,
        ],
        Next: "WhetherEnds",
      },
      WhetherAbsent: {
        Type: "Choice",
        Choices: [
          { Condition: "{% $contains($lowercase($states.input.error), 'could not find') %}", Next: "StopFinished" },
        ],
        Default: "NotTold",
      },
      NotTold: {
        Type: "Pass",
        Output: { what: "{% 'Endpoint ' & $states.input.name %}", error: "{% $states.input.error %}" },
        Next: "StopFailed",
      },
      // What SageMaker is at work on is for the next look.
      WhetherEnds: {
        Type: "Choice",
        Choices: [
          { Condition: "{% $states.input.status in ['InService', 'OutOfService', 'Failed'] %}", Next: "EndEndpoint" },
        ],
        Default: "StopFinished",
      },
      EndEndpoint: {
        ...asked("aws-sdk:sagemaker:deleteEndpoint", { EndpointName: name }),
        ...named,
        Next: "StopFinished",
      },
    }),
    ...only(facts.notebooks.length > 0, {
      Notebook: {
        ...asked("aws-sdk:sagemaker:describeNotebookInstance", { NotebookInstanceName: name }),
        Output: { kind: "Notebook", name, status: "{% $states.result.NotebookInstanceStatus %}" },
        ...named,
        Next: "WhetherRuns",
      },
      WhetherRuns: {
        Type: "Choice",
        Choices: [{ Condition: "{% $states.input.status = 'InService' %}", Next: "StopNotebook" }],
        Default: "StopFinished",
      },
      StopNotebook: {
        ...asked("aws-sdk:sagemaker:stopNotebookInstance", { NotebookInstanceName: name }),
        ...named,
        Next: "StopFinished",
      },
    }),
    ...only(facts.domainId !== undefined, {
      Studio: {
        ...asked("aws-sdk:sagemaker:listApps", { DomainIdEquals: name, MaxResults: 100 }),
        // What is behind the first hundred is for the next look.
        Output: {
          apps: `{% $append([], $states.result.Apps[Status = 'InService' and AppType in ${JSON.stringify(studioApps)}]) %}`,
        },
        ...named,
        Next: "CloseApps",
      },
      CloseApps: {
        Type: "Map",
        Items: "{% $states.input.apps %}",
        MaxConcurrency: 1,
        ItemProcessor: {
          ProcessorConfig: { Mode: "INLINE" },
          StartAt: "CloseApp",
          States: {
            CloseApp: {
              ...asked(
                "aws-sdk:sagemaker:deleteApp",
                "{% $sift($states.input, function($value, $key) { $key in ['DomainId', 'UserProfileName', 'SpaceName', 'AppType', 'AppName'] }) %}",
              ),
              End: true,
            },
          },
        },
        ...unlessFailed("StopFailed", "'Studio'"),
        Next: "StopFinished",
      },
    }),
    ...only(facts.groups.length > 0, {
      Nodes: {
        ...asked("aws-sdk:autoscaling:updateAutoScalingGroup", {
          ...{ AutoScalingGroupName: name, MinSize: 0, MaxSize: 0, DesiredCapacity: 0 },
        }),
        ...named,
        Next: "StopFinished",
      },
    }),
  };
}

/** What may run again. */
export function resumes({ tableName, groups, groupsComeBack }: BudgetStopFacts): Act[] {
  return [
    ...(tableName === undefined ? [] : [{ kind: "LetTrain", name: tableName }]),
    ...(groupsComeBack ? [] : groups.map((group) => ({ kind: "LetNodes", ...group }))),
  ];
}

/** How. */
export function resuming({ tableName, groups, groupsComeBack }: BudgetStopFacts): States {
  const name = "{% $states.input.name %}";
  return {
    ...(tableName === undefined
      ? {}
      : {
          LetTrain: {
            ...asked("dynamodb:deleteItem", { TableName: name, Key: { id: { S: heldByBudget } } }),
            Retry: brief(...tableErrors),
            ...unlessFailed("ResumeFailed"),
            Next: "ResumeFinished",
          },
        }),
    ...(groups.length === 0 || groupsComeBack
      ? {}
      : {
          LetNodes: {
            ...asked("aws-sdk:autoscaling:updateAutoScalingGroup", {
              AutoScalingGroupName: name,
              MinSize: "{% $states.input.minNodes %}",
              MaxSize: "{% $states.input.maxNodes %}",
              DesiredCapacity: "{% $states.input.minNodes %}",
            }),
            ...unlessFailed("ResumeFailed"),
            Next: "ResumeFinished",
          },
        }),
  };
}
