/** Lambda. Limits: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
import { between, describeTypes, howMany, like, oneOf, Refusal } from "./describe";
import { leftoversOfRelease, runReleaseFunction } from "./endpointRelease";
import { runsOfRelease } from "./machineRuns";
import { packagesOfRelease } from "./packageVersions";
import { pipelineRunsOfRelease } from "./pipelineRuns";
import * as type from "./tokens";

const mostEnvironmentBytes = 4096;

describeTypes(
  {
    type: type.lambda,
    id: (x) => x.inputs.name,
    arn: "lambda:{region}:{account}:function:{name}",
    name: { longest: 64, allowed: /^[a-zA-Z0-9-_]+$/, allowedMeans: "letters, digits, - and _" },
    forces: ["packageType"],
    refs: {
      role: type.roleReference,
      "vpcConfig.subnetIds[]": type.subnet,
      "vpcConfig.securityGroupIds[]": { to: type.securityGroups },
      kmsKeyArn: type.keyReference,
      s3Bucket: { to: [type.bucket], holds: false },
      "deadLetterConfig.targetArn": { to: [type.queue, type.topic], holds: false },
      "loggingConfig.logGroup": { to: [type.logGroup], holds: false },
    },
    limits: [
      between("memorySize", 128, 10240, "MB"),
      between("timeout", 1, 900, "seconds"),
      between("ephemeralStorage.size", 512, 10240, "MB"),
      howMany("layers", 0, 5),
      oneOf("architectures[]", "x86_64", "arm64"),
      // https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
      like(
        "runtime",
        /^(nodejs(20|22|24)\.x|python3\.(10|11|12|13|14)|java(11|17|21|25)|java8\.al2|dotnet(8|9|10)|ruby3\.[2-4]|provided\.al2(023)?)$/,
        "supported runtimes such as nodejs22.x",
      ),
      {
        path: "environment.variables",
        wrong: (variables: Record<string, string>) => {
          const bytes = Object.entries(variables).reduce(
            (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(String(value)),
            0,
          );
          const badName = Object.keys(variables).find((name) => !/^[a-zA-Z]\w+$/.test(name));
          if (badName !== undefined)
            return `has the variable ${JSON.stringify(badName)}; names are a letter, then letters, digits and _`;
          return bytes > mostEnvironmentBytes
            ? `holds ${bytes} bytes; at most ${mostEnvironmentBytes} are allowed`
            : undefined;
        },
      },
    ],
    defaults: { memorySize: 128, timeout: 3, packageType: "Zip", reservedConcurrentExecutions: -1, publish: false },
    computed: {
      architectures: () => ["x86_64"],
      ephemeralStorage: () => ({ size: 512 }),
      invokeArn: (x) => `arn:aws:apigateway:${x.region}:lambda:path/2015-03-31/functions/${x.arn}/invocations`,
      qualifiedArn: (x) => `${x.arn}:$LATEST`,
      qualifiedInvokeArn: (x) => `${x.arn}:$LATEST/invocations`,
      responseStreamingInvokeArn: (x) => `${x.arn}/response-streaming-invocations`,
      lastModified: () => "2000-01-01T00:00:00Z",
      codeSha256: () => "simulated",
      sourceCodeHash: () => "simulated",
      sourceCodeSize: () => 0,
      version: () => "$LATEST",
      loggingConfig: (x) => ({ logFormat: "Text", logGroup: `/aws/lambda/${x.inputs.name}` }),
      tracingConfig: () => ({ mode: "PassThrough" }),
    },
    verify: (x) => {
      const ways = ["code", "s3Bucket", "imageUri"].filter((way) => x.inputs[way] !== undefined);
      if (ways.length !== 1)
        throw new Refusal(
          "InvalidParameterValueException",
          `a function needs exactly one of code, s3Bucket, imageUri; given: ${ways.join(", ") || "none"}`,
        );
      if (x.inputs.packageType === "Zip" && (x.inputs.handler === undefined || x.inputs.runtime === undefined)) {
        throw new Refusal("InvalidParameterValueException", "handler and runtime are required for a zip package");
      }
      const trust = x.referred("role")?.outputs.assumeRolePolicy;
      if (typeof trust === "string" && !trust.includes("lambda.amazonaws.com")) {
        throw new Refusal(
          "InvalidParameterValueException",
          `role ${x.inputs.role} cannot be assumed by Lambda: its trust policy does not name lambda.amazonaws.com`,
        );
      }
    },
  },
  {
    type: "aws:lambda/permission:Permission",
    id: (x) => x.inputs.statementId ?? `simulated-${x.digits("statement", 12)}`,
    forces: [
      "action",
      "function",
      "principal",
      "sourceArn",
      "sourceAccount",
      "statementId",
      "qualifier",
      "eventSourceToken",
      "functionUrlAuthType",
      "principalOrgId",
    ],
    refs: { function: { to: [type.lambda], holds: false } },
    limits: [like("action", /^lambda:(\*|[A-Za-z]+)$/, "actions such as lambda:InvokeFunction")],
    computed: { statementId: (x) => `simulated-${x.digits("statement", 12)}` },
    claims: (x) =>
      x.inputs.statementId === undefined ? [] : [`statement ${x.inputs.function} ${x.inputs.statementId}`],
  },
  {
    type: "aws:lambda/invocation:Invocation",
    id: (x) => `${x.inputs.functionName}_$LATEST_${x.digits(`input ${x.inputs.input}`, 8)}`,
    forces: ["functionName", "qualifier", "lifecycleScope"],
    forcesWhen: (path, _, news) => news.lifecycleScope !== "CRUD" && (path === "input" || path.startsWith("triggers")),
    refs: { functionName: { to: [type.lambda], holds: false } },
    limits: [
      { path: "input", wrong: (value) => (parses(value) ? undefined : "is not JSON") },
      oneOf("lifecycleScope", "CREATE_ONLY", "CRUD"),
    ],
    defaults: { lifecycleScope: "CREATE_ONLY", qualifier: "$LATEST" },
    computed: { result: () => '{"simulated":true}' },
    verify: (x) => runReleaseFunction(x),
    takesAlong: (existing, account) => [
      ...leftoversOfRelease(existing, account),
      ...packagesOfRelease(existing, account),
      ...pipelineRunsOfRelease(existing, account),
      ...runsOfRelease(existing, account),
    ],
  },
);

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
