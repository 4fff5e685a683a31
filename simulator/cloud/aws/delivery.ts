/** CodePipeline, CodeBuild and CodeConnections: what builds and delivers from git. */
import { between, describeTypes, howMany, longest, oneOf, Refusal, type Situation } from "./describe";
import * as type from "./tokens";
import { mustTrust } from "./trust";

const connection = "aws:codeconnections/connection:Connection";
const project = "aws:codebuild/project:Project";
/** Of connections that somebody made in the console. */
const connectionReference = { to: [connection], unless: (value: string) => value.includes(":connection/") };

interface Action {
  name: string;
  provider: string;
  configuration?: Record<string, string>;
}

describeTypes(
  {
    // https://docs.aws.amazon.com/codeconnections/latest/APIReference/API_CreateConnection.html
    type: connection,
    id: connectionArn,
    arn: connectionArn,
    name: { longest: 32, allowed: /^[\w.,@:/+=-]+$/, allowedMeans: "letters, digits and signs" },
    forces: ["providerType", "hostArn"],
    limits: [oneOf("providerType", "Bitbucket", "GitHub", "GitHubEnterpriseServer", "GitLab", "GitLabSelfManaged")],
    // A person confirms it in the console.
    computed: { connectionStatus: () => "PENDING" },
  },
  {
    // https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html
    type: project,
    id: (x) => `arn:aws:codebuild:${x.region}:${x.account.number}:project/${x.inputs.name}`,
    arn: "codebuild:{region}:{account}:project/{name}",
    name: { longest: 150, allowed: /^[A-Za-z0-9][\w-]{1,149}$/, allowedMeans: "letters, digits, - and _" },
    refs: {
      serviceRole: type.roleReference,
      encryptionKey: type.keyReference,
      "logsConfig.cloudwatchLogs.groupName": { to: [type.logGroup], holds: false },
    },
    limits: [
      between("buildTimeout", 5, 2160, "minutes"),
      oneOf("artifacts.type", "CODEPIPELINE", "NO_ARTIFACTS", "S3"),
      oneOf(
        "environment.computeType",
        ...["SMALL", "MEDIUM", "LARGE", "XLARGE"].map((size) => `BUILD_GENERAL1_${size}`),
      ),
      longest("description", 255),
    ],
    defaults: { buildTimeout: 60, queuedTimeout: 480, badgeEnabled: false, projectVisibility: "PRIVATE" },
    computed: { encryptionKey: (x) => `arn:aws:kms:${x.region}:${x.account.number}:alias/aws/s3` },
    verify: (x) => mustTrust(x, "serviceRole", "codebuild.amazonaws.com"),
  },
  {
    // https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineDeclaration.html
    type: "aws:codepipeline/pipeline:Pipeline",
    id: (x) => x.inputs.name,
    arn: "codepipeline:{region}:{account}:{name}",
    name: { longest: 100, allowed: /^[\w.@-]+$/, allowedMeans: "letters, digits and .@-_" },
    refs: {
      roleArn: type.roleReference,
      "artifactStores[].location": type.bucket,
      "artifactStores[].encryptionKey.id": type.keyReference,
      "stages[].actions[].configuration.ConnectionArn": connectionReference,
    },
    limits: [
      howMany("stages", 2, 50),
      oneOf("pipelineType", "V1", "V2"),
      oneOf("executionMode", "QUEUED", "SUPERSEDED", "PARALLEL"),
    ],
    defaults: { pipelineType: "V1", executionMode: "SUPERSEDED" },
    verify: (x) => {
      mustTrust(x, "roleArn", "codepipeline.amazonaws.com");
      const stages = x.inputs.stages as { name: string; actions: Action[] }[];
      const names = stages.flatMap(({ actions }) => actions.map(({ name }) => name));
      const twice = names.find((name, at) => names.indexOf(name) !== at);
      if (twice !== undefined)
        throw new Refusal("InvalidActionDeclarationException", `two actions are called ${twice}`);
      for (const { provider, configuration = {} } of stages.flatMap(({ actions }) => actions)) {
        if (provider === "CodeBuild") mustBe(x, [project], configuration.ProjectName);
      }
    },
  },
);

function connectionArn(x: Situation): string {
  return `arn:aws:codeconnections:${x.region}:${x.account.number}:connection/${uuid(x)}`;
}

function mustBe(x: Situation, to: string[], value: string | undefined): void {
  if (value === undefined || x.account.resolve(to, value) === undefined)
    throw new Refusal("InvalidStageDeclarationException", `an action names ${value}, which does not exist`);
}

function uuid(x: Situation): string {
  const digits = x.digits("connection", 32);
  return [8, 12, 16, 20, 32].map((end, at, all) => digits.slice(all[at - 1] ?? 0, end)).join("-");
}
