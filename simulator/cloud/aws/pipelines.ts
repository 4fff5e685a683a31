/** SageMaker Pipelines. Limits: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePipeline.html */
import { describeTypes, like, longest, Refusal, type Situation } from "./describe";
import { runsOfPipeline } from "./pipelineRuns";
import * as type from "./tokens";

const mostDefinitionBytes = 1024 * 1024;
const name = /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/;

describeTypes({
  type: "aws:sagemaker/pipeline:Pipeline",
  id: (x) => x.inputs.pipelineName,
  arn: (x) => `arn:${x.partition}:sagemaker:${x.region}:${x.account.number}:pipeline/${x.id.toLowerCase()}`,
  name: {
    property: "pipelineName",
    longest: 256,
    allowed: name,
    allowedMeans: "letters, digits and dashes, no dash first or last",
    automatic: false,
  },
  required: ["roleArn"],
  refs: { roleArn: type.roleReference },
  limits: [
    like("pipelineDisplayName", name, "letters, digits and dashes, no dash first or last"),
    longest("pipelineDisplayName", 256),
    longest("pipelineDescription", 3072),
    { path: "pipelineDefinition", wrong: (value) => definitionFault(String(value)) },
  ],
  verify: trusted,
  // https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeletePipeline.html
  verifyDeletion: ({ id }, account) => {
    const { length } = runsOfPipeline(account, id);
    if (length > 0) throw new Refusal("ConflictException", `the pipeline ${id} has ${length} runs that have not ended`);
  },
});

function trusted(x: Situation): void {
  const trust = x.referred("roleArn")?.outputs.assumeRolePolicy;
  if (typeof trust === "string" && !trust.includes("sagemaker.amazonaws.com")) {
    throw new Refusal(
      "ValidationException",
      "the role cannot be assumed: its trust policy does not name sagemaker.amazonaws.com",
    );
  }
}

interface Step {
  Name?: unknown;
  Type?: unknown;
  DependsOn?: string[];
  Arguments?: { IfSteps?: Step[]; ElseSteps?: Step[] };
}

/** What the service says of a definition before it takes it. */
function definitionFault(text: string): string | undefined {
  if (Buffer.byteLength(text) > mostDefinitionBytes) return `is longer than ${mostDefinitionBytes} bytes`;
  let definition: { Version?: string; Parameters?: { Name: string }[]; Steps?: Step[] };
  try {
    definition = JSON.parse(text);
  } catch (error) {
    return `is not JSON: ${(error as Error).message}`;
  }
  const { Version, Parameters = [], Steps = [] } = definition;
  if (Version !== "2020-12-01") return `has the version ${Version}, and 2020-12-01 is allowed`;
  if (Steps.length === 0) return "has no steps";
  const all = Steps.flatMap(withInner);
  const unnamed = all.find(({ Name }) => !/^[A-Za-z0-9\-_]{1,64}$/.test(String(Name)));
  if (unnamed) return `has the step ${JSON.stringify(unnamed.Name)}; names are 1 to 64 letters, digits, - and _`;
  const names = all.map(({ Name }) => Name);
  const twice = names.find((each, at) => names.indexOf(each) !== at);
  if (twice !== undefined) return `has the step ${twice} twice`;
  const known = { Parameters: Parameters.map(({ Name }) => Name), Steps: names };
  for (const [, kind, which] of text.matchAll(/"Get":"(Parameters|Steps)\.([\w-]+)/g)) {
    const there = known[kind as "Parameters" | "Steps"];
    if (!there.includes(which!)) return `asks for ${kind}.${which}, which is not there`;
  }
  const waiting = all.find(({ DependsOn = [] }) => DependsOn.some((each) => !names.includes(each)));
  return waiting && `lets ${waiting.Name} wait for a step that is not there`;
}

const withInner = (step: Step): Step[] => [
  step,
  ...[...(step.Arguments?.IfSteps ?? []), ...(step.Arguments?.ElseSteps ?? [])].flatMap(withInner),
];
