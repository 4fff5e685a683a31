/** Glue's catalog, Athena and DynamoDB. */
import { between, describeTypes, howMany, like, longest, oneOf, Refusal, type Situation } from "./describe";
import * as type from "./tokens";

/** Athena reads names without quotes only so. https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html */
const plainName = { longest: 255, allowed: /^[a-z0-9_]+$/, allowedMeans: "small letters, digits and _" };

const glueSecurity = "aws:glue/securityConfiguration:SecurityConfiguration";

describeTypes(
  {
    // https://docs.aws.amazon.com/glue/latest/webapi/API_CreateDatabase.html
    type: type.glueDatabase,
    id: (x) => `${x.account.number}:${x.inputs.name}`,
    arn: "glue:{region}:{account}:database/{name}",
    name: plainName,
    forces: ["catalogId"],
    limits: [longest("description", 2048)],
    handles: (x) => [x.inputs.name],
    computed: {
      catalogId: (x) => x.account.number,
      locationUri: () => "",
      createTableDefaultPermissions: () => [
        { permissions: ["ALL"], principal: { dataLakePrincipalIdentifier: "IAM_ALLOWED_PRINCIPALS" } },
      ],
    },
  },
  {
    // https://docs.aws.amazon.com/glue/latest/webapi/API_CreateTable.html
    type: "aws:glue/catalogTable:CatalogTable",
    id: (x) => `${x.account.number}:${x.inputs.databaseName}:${x.inputs.name}`,
    arn: "glue:{region}:{account}:table/{databaseName}/{name}",
    name: { ...plainName, uniqueIn: "nowhere" },
    forces: ["catalogId", "databaseName"],
    refs: { databaseName: type.glueDatabase },
    limits: [longest("description", 2048), oneOf("tableType", "EXTERNAL_TABLE", "VIRTUAL_VIEW", "GOVERNED")],
    claims: (x) => [`table ${x.inputs.databaseName} ${x.inputs.name}`],
    computed: { catalogId: (x) => x.account.number },
    verify: (x) => projectionFault(x.inputs.parameters ?? {}, x.inputs.partitionKeys ?? []),
  },
  {
    // https://docs.aws.amazon.com/glue/latest/webapi/API_CreateCrawler.html
    type: "aws:glue/crawler:Crawler",
    id: (x) => x.inputs.name,
    arn: "glue:{region}:{account}:crawler/{name}",
    name: { longest: 255, allowed: /^[^\r\n\t]+$/, allowedMeans: "no line breaks" },
    refs: {
      databaseName: type.glueDatabase,
      role: type.roleReference,
      securityConfiguration: { to: [glueSecurity], holds: false },
    },
    required: ["s3Targets[].path"],
    limits: [
      like("s3Targets[].path", /^s3:\/\/[a-z0-9.-]+\/\S*$/, "s3://bucket/folder/"),
      like("schedule", /^cron\(\S+( \S+){5}\)$/, "cron(…) with six fields"),
      oneOf("recrawlPolicy.recrawlBehavior", "CRAWL_EVERYTHING", "CRAWL_EVENT_MODE", "CRAWL_NEW_FOLDERS_ONLY"),
      oneOf("schemaChangePolicy.updateBehavior", "LOG", "UPDATE_IN_DATABASE"),
      oneOf("schemaChangePolicy.deleteBehavior", "LOG", "DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE"),
      longest("tablePrefix", 128),
      longest("description", 2048),
    ],
    verify: (x) => crawlerFault(x),
  },
  {
    // https://docs.aws.amazon.com/glue/latest/webapi/API_CreateSecurityConfiguration.html
    type: glueSecurity,
    id: (x) => x.inputs.name,
    name: { longest: 255 },
    forces: ["encryptionConfiguration"],
    refs: {
      "encryptionConfiguration.cloudwatchEncryption.kmsKeyArn": type.keyReference,
      "encryptionConfiguration.jobBookmarksEncryption.kmsKeyArn": type.keyReference,
      "encryptionConfiguration.s3Encryption.kmsKeyArn": type.keyReference,
    },
    limits: [
      oneOf("encryptionConfiguration.cloudwatchEncryption.cloudwatchEncryptionMode", "DISABLED", "SSE-KMS"),
      oneOf("encryptionConfiguration.jobBookmarksEncryption.jobBookmarksEncryptionMode", "DISABLED", "CSE-KMS"),
      oneOf("encryptionConfiguration.s3Encryption.s3EncryptionMode", "DISABLED", "SSE-KMS", "SSE-S3"),
    ],
  },
  {
    // https://docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html
    type: "aws:glue/job:Job",
    id: (x) => x.inputs.name,
    arn: "glue:{region}:{account}:job/{name}",
    name: { longest: 255 },
    required: ["command.scriptLocation"],
    refs: { roleArn: type.roleReference, securityConfiguration: glueSecurity },
    limits: [
      oneOf("workerType", "Standard", "G.025X", "G.1X", "G.2X", "G.4X", "G.8X", "Z.2X"),
      oneOf("glueVersion", "3.0", "4.0", "5.0"),
      between("numberOfWorkers", 2, 299),
      between("timeout", 1, 10080, "minutes"),
      like("command.scriptLocation", /^s3:\/\/[^/]+\/\S+$/, "s3://bucket/script"),
      longest("description", 2048),
    ],
    defaults: { maxRetries: 0 },
    computed: { executionClass: () => "", executionProperty: () => ({ maxConcurrentRuns: 1 }), maxCapacity: () => 0 },
    verify: (x) => {
      const trust = x.referred("roleArn")?.outputs.assumeRolePolicy;
      if (typeof trust === "string" && !trust.includes("glue.amazonaws.com")) {
        throw new Refusal("InvalidInputException", "the role's trust policy does not name glue.amazonaws.com");
      }
    },
  },
  {
    // https://docs.aws.amazon.com/athena/latest/APIReference/API_CreateWorkGroup.html
    type: "aws:athena/workgroup:Workgroup",
    id: (x) => x.inputs.name,
    arn: "athena:{region}:{account}:workgroup/{name}",
    name: { longest: 128, allowed: /^[\w.-]+$/, allowedMeans: "letters, digits and ._-" },
    refs: { "configuration.resultConfiguration.encryptionConfiguration.kmsKeyArn": type.keyReference },
    limits: [
      oneOf("state", "ENABLED", "DISABLED"),
      oneOf(
        "configuration.resultConfiguration.encryptionConfiguration.encryptionOption",
        "SSE_S3",
        "SSE_KMS",
        "CSE_KMS",
      ),
      between("configuration.bytesScannedCutoffPerQuery", 10485760, Number.MAX_SAFE_INTEGER, "bytes"),
      like("configuration.resultConfiguration.outputLocation", /^s3:\/\/[a-z0-9.-]+\/\S*$/, "s3://bucket/folder/"),
      longest("description", 1024),
    ],
    defaults: { state: "ENABLED", forceDestroy: false },
  },
  {
    // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
    type: type.dynamoTable,
    id: (x) => x.inputs.name,
    arn: "dynamodb:{region}:{account}:table/{name}",
    name: { longest: 255, allowed: /^[a-zA-Z0-9_.-]{3,}$/, allowedMeans: "three or more letters, digits and _.-" },
    forces: ["hashKey", "rangeKey"],
    limits: [
      oneOf("billingMode", "PROVISIONED", "PAY_PER_REQUEST"),
      oneOf("attributes[].type", "S", "N", "B"),
      howMany("attributes", 1, 20),
    ],
    defaults: { billingMode: "PROVISIONED" },
    computed: {
      readCapacity: () => 0,
      writeCapacity: () => 0,
      pointInTimeRecovery: () => ({ enabled: false }),
      serverSideEncryption: () => ({ enabled: false }),
      ttl: () => ({ enabled: false, attributeName: "" }),
      tableClass: () => "STANDARD",
      streamArn: () => "",
      streamLabel: () => "",
      streamViewType: () => "",
    },
    verify: (x) => {
      const defined = (x.inputs.attributes ?? []).map(({ name }: { name: string }) => name);
      if (!defined.includes(x.inputs.hashKey)) {
        throw new Refusal("ValidationException", `hashKey ${x.inputs.hashKey} is none of the attributes`);
      }
    },
  },
);

/** Athena notices a wrong projection only when a query comes. https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html */
function projectionFault(parameters: Record<string, string>, keys: { name: string }[]): void {
  if (parameters["projection.enabled"] !== "true") return;
  for (const { name } of keys) {
    if (parameters[`projection.${name}.type`] === undefined) {
      throw new Refusal("InvalidInputException", `partition key ${name} has no projection.${name}.type`);
    }
    const template = parameters["storage.location.template"];
    if (template !== undefined && !template.includes(`\${${name}}`)) {
      throw new Refusal("InvalidInputException", `storage.location.template leaves \${${name}} out`);
    }
  }
}

/** What Glue says when a crawler is made that it could not run. @see https://docs.aws.amazon.com/glue/latest/dg/crawler-configuration.html */
function crawlerFault(x: Situation): void {
  const { inputs } = x;
  const refuse = (what: string) => {
    throw new Refusal("InvalidInputException", what);
  };
  const trust = x.referred("role")?.outputs.assumeRolePolicy;
  if (typeof trust === "string" && !trust.includes("glue.amazonaws.com")) {
    refuse(`Service is unable to assume role ${inputs.role}: its trust policy does not name glue.amazonaws.com`);
  }
  const { recrawlPolicy, schemaChangePolicy, configuration } = inputs;
  if (recrawlPolicy?.recrawlBehavior === "CRAWL_NEW_FOLDERS_ONLY" && schemaChangePolicy?.updateBehavior !== "LOG") {
    refuse("The SchemaChangePolicy for an incremental crawl must have both behaviors set to LOG");
  }
  if (typeof configuration !== "string") return;
  const { Version: version } = JSON.parse(configuration);
  if (version !== 1) refuse(`Unsupported version of the crawler's configuration: ${version}`);
}
