import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { DatabaseAccess } from "../../../components/foundation/data/databaseAccess";
import type { Postgres } from "../../../components/foundation/data/postgres";
import { account, building, keyArn, networkFacts } from "../../support/foundation";
import { dependencies, inputs, outline, secretInputs, statements } from "../../support/outline";

const passwordArn = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:mlflow";
const masterArn = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:master";
const postgres = {
  host: output("db.fake.invalid"),
  securityGroupId: output("sg-database"),
  masterSecretArn: output(masterArn),
} as Postgres;
const access = () =>
  new DatabaseAccess("access", {
    account,
    network: networkFacts(),
    postgres,
    passwordSecretArns: [passwordArn],
    keyArn,
    logRetentionDays: 30,
  });

describe("access to the databases", () => {
  it("is one function with a role, a log group and a security group of its own", async () => {
    expect(outline(await building(access))).to.deep.equal([
      "DatabaseAccess access",
      "  SecurityGroup access",
      "    ec2.SecurityGroup access",
      "    vpc.SecurityGroupEgressRule access-to-postgres",
      "    vpc.SecurityGroupEgressRule access-to-secrets-manager",
      "  cloudwatch.LogGroup access",
      "  iam.Role access",
      "  iam.RolePolicy access",
      "  iam.RolePolicyAttachment access",
      "  lambda.Function access",
      "  vpc.SecurityGroupIngressRule access-to-postgres",
    ]);
  });

  it("runs inside the private subnets and knows secrets by ARN only", async () => {
    const made = await building(access);
    const { code, ...rest } = inputs(made, "lambda.Function access");
    expect(code).to.not.equal(undefined);
    expect(rest).to.deep.equal({
      description: "Makes one database and one user per app",
      runtime: "nodejs22.x",
      architectures: ["arm64"],
      handler: "index.handler",
      role: "arn:aws:fake:eu-west-1:000000000000:aws:iam/role:Role/access",
      timeout: 300,
      memorySize: 256,
      vpcConfig: { subnetIds: ["subnet-private-1", "subnet-private-2"], securityGroupIds: ["access-id"] },
      environment: {
        variables: {
          MASTER_SECRET_ARN: masterArn,
          DATABASE_HOST: "db.fake.invalid",
          DATABASE_PORT: "5432",
          DATABASE_CA_FILE: "/var/runtime/ca-cert.pem",
        },
      },
      loggingConfig: { logFormat: "JSON", logGroup: "/aws/lambda/mlplatform-test/database-access" },
    });
    expect(secretInputs(made)).to.deep.equal([]);
  });

  it("is made after the routes, its permissions and the rule that lets it in", async () => {
    expect(dependencies(await building(access), "lambda.Function access")).to.include.members([
      "test:index:Marker routes",
      "iam.RolePolicy access",
      "iam.RolePolicyAttachment access",
      "vpc.SecurityGroupIngressRule access-to-postgres",
    ]);
  });

  it("speaks to PostgreSQL and, over HTTPS, to Secrets Manager; nobody speaks to it", async () => {
    const made = await building(access);
    const rule = { securityGroupId: "access-id", ipProtocol: "tcp" };
    expect(inputs(made, "vpc.SecurityGroupEgressRule access-to-postgres")).to.deep.equal({
      ...rule,
      fromPort: 5432,
      toPort: 5432,
      description: "postgres",
      referencedSecurityGroupId: "sg-database",
    });
    expect(inputs(made, "vpc.SecurityGroupEgressRule access-to-secrets-manager")).to.deep.equal({
      ...rule,
      fromPort: 443,
      toPort: 443,
      description: "secrets-manager",
      cidrIpv4: "0.0.0.0/0",
    });
    expect(inputs(made, "vpc.SecurityGroupIngressRule access-to-postgres")).to.include({
      securityGroupId: "sg-database",
      referencedSecurityGroupId: "access-id",
    });
  });

  it("may read the passwords it was given, and the master's", async () => {
    const made = await building(access);
    const [logs, passwords, key] = statements(made, "iam.RolePolicy access");
    expect(logs!.Resource).to.deep.equal([
      "arn:aws:fake:eu-west-1:000000000000:aws:cloudwatch/logGroup:LogGroup/access:*",
    ]);
    expect(passwords!.Resource).to.deep.equal([masterArn, passwordArn]);
    expect(key!.Resource).to.deep.equal([keyArn]);
    expect(inputs(made, "iam.RolePolicyAttachment access").policyArn).to.equal(
      "arn:aws:iam::aws:policy/service-role/AWSLambdaENIManagementAccess",
    );
    expect(statements(made, "iam.Role access", "assumeRolePolicy")[0]).to.deep.include({
      Principal: { Service: ["lambda.amazonaws.com"] },
      Condition: { StringEquals: { "aws:SourceAccount": "000000000000" } },
    });
  });
});
