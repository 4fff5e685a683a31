import { expect } from "chai";
import { Mwaa, type MwaaArgs, mwaaLogGroups } from "../../components/apps/mwaa/component";
import { anyResourceActions } from "../../policy/anyResourceActions";
import { isOwnLogGroup } from "../../sweep/logGroups";
import { store } from "../support/apps";
import { account, building, Marker } from "../support/foundation";
import { dependencies, inputs, outline, statements } from "../support/outline";

const make = (over: Partial<MwaaArgs> = {}) =>
  building(
    () =>
      new Mwaa("airflow", {
        account,
        environmentName: "mlplatform-test",
        environmentClass: "mw1.small",
        maxWorkers: 5,
        dags: store("made-up-dags"),
        dagPrefix: "dags",
        vpcId: "vpc-made-up",
        privateSubnetIds: ["subnet-1", "subnet-2", "subnet-3"],
        logRetentionDays: 30,
        ready: [new Marker("network")],
        ...over,
      }),
  );
const parts = ["DAGProcessing", "Scheduler", "Task", "WebServer", "Worker"];

describe("managed Airflow", () => {
  it("is an environment with a role, a security group and log groups of its own", async () => {
    expect(outline(await make())).to.deep.equal([
      "Mwaa airflow",
      ...parts.map((part) => `  cloudwatch.LogGroup airflow-${part}`),
      "  ec2.SecurityGroup airflow",
      "  iam.Role airflow",
      "  iam.RolePolicy airflow",
      "  mwaa.Environment airflow",
      "  vpc.SecurityGroupEgressRule airflow",
      "  vpc.SecurityGroupIngressRule airflow",
    ]);
  });

  it("is private, in two zones, encrypted with the bucket's key, and reads DAGs below their prefix", async () => {
    const environment = inputs(await make(), "mwaa.Environment airflow");
    expect(environment).to.deep.include({
      name: "mlplatform-test",
      webserverAccessMode: "PRIVATE_ONLY",
      dagS3Path: "dags",
      sourceBucketArn: "arn:aws:s3:::made-up-dags",
      kmsKey: "arn:aws:kms:eu-west-1:000000000000:key/made-up",
      minWorkers: 1,
      maxWorkers: 5,
    });
    expect(environment.networkConfiguration).to.have.property("subnetIds").deep.equal(["subnet-1", "subnet-2"]);
    expect(environment).to.not.have.property("schedulers");
  });

  it("of the smallest class has one worker, which is all it can have", async () => {
    const environment = inputs(await make({ environmentClass: "mw1.micro" }), "mwaa.Environment airflow");
    expect(environment).to.deep.include({ schedulers: 1, minWorkers: 1, maxWorkers: 1, maxWebservers: 1 });
  });

  it("may do what it needs and what its tasks were given, and passes nothing but lists on any resource", async () => {
    const task = { Sid: "Train", Effect: "Allow" as const, Action: ["sagemaker:AddTags"], Resource: ["arn:made-up"] };
    const given = statements(await make({ taskStatements: [task] }), "iam.RolePolicy airflow");
    expect(given).to.deep.include(task);
    const actions = given.flatMap(({ Action }) => Action as string[]);
    expect(actions.filter((action) => action.includes("*"))).to.deep.equal([]);
    expect(actions).to.not.include.members(["s3:PutObject"]);
    const reading = given.find(({ Sid }) => Sid === "ReadBelow")!;
    expect(reading.Resource).to.deep.equal(["arn:aws:s3:::made-up-dags/dags/*"]);
    const anywhere = given.filter(({ Resource }) => (Resource as string[]).includes("*"));
    for (const action of anywhere.flatMap(({ Action }) => Action as string[])) {
      expect(anyResourceActions.has(action), action).to.equal(true);
    }
    expect(new Set(given.map(({ Sid }) => Sid)).size).to.equal(given.length);
  });

  it("can be taken by MWAA on behalf of this account alone", async () => {
    const [trust] = statements(await make(), "iam.Role airflow", "assumeRolePolicy");
    expect(trust!.Principal).to.deep.equal({ Service: ["airflow.amazonaws.com", "airflow-env.amazonaws.com"] });
    expect(trust!.Condition).to.deep.equal({ StringEquals: { "aws:SourceAccount": "000000000000" } });
  });

  it("comes after its permissions, its rules, its log groups and the network, and goes before them", async () => {
    const made = await make();
    expect(dependencies(made, "mwaa.Environment airflow")).to.include.members([
      "iam.RolePolicy airflow",
      "vpc.SecurityGroupEgressRule airflow",
      "cloudwatch.LogGroup airflow-Task",
      "test:index:Marker network",
    ]);
    expect(inputs(made, "cloudwatch.LogGroup airflow-Task")).to.deep.include({
      name: "airflow-mlplatform-test-Task",
      retentionInDays: 30,
    });
  });

  it("has log groups that the sweep knows as the stack's", () => {
    const groups = mwaaLogGroups("mlplatform-test");
    expect(groups).to.have.lengthOf(5);
    for (const group of groups) {
      expect(isOwnLogGroup(group, "mlplatform-test", []), group).to.equal(true);
      expect(isOwnLogGroup(group, "mlplatform", []), group).to.equal(false);
    }
  });
});
