/** Glue's catalog, Athena and DynamoDB. */
import { between, describeTypes, howMany, like, longest, oneOf, Refusal } from "./describe";
import * as type from "./tokens";

/** Athena reads names without quotes only so. https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html */
const plainName = { longest: 255, allowed: /^[a-z0-9_]+$/, allowedMeans: "small letters, digits and _" };

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
