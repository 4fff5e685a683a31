import { expect } from "chai";
import { encryptVolumes, scaleNodeGroups, writeDnsRecords } from "../../components/identity/policies/cluster";
import {
  administerKey,
  denyPlainHttp,
  makeDatabases,
  useKeyForLogs,
  useKeyForVolumes,
  writeFlowLogs,
} from "../../components/identity/policies/data";
import { receiveInterruptions, startNodes } from "../../components/identity/policies/karpenter";
import { manageLoadBalancers } from "../../components/identity/policies/loadBalancers";
import {
  publishAlerts,
  publishFromAccount,
  publishOverTls,
  readCloudWatch,
  searchPodLogs,
  writePodLogs,
} from "../../components/identity/policies/monitoring";
import {
  type PolicyStatement,
  policyDocument,
  trustInstances,
  trustPods,
  trustService,
} from "../../components/lib/statements";
import { anyResourceActions } from "../../policy/anyResourceActions";

const account = { accountId: "000000000000", region: "eu-west-1", partition: "aws" };
const scope = {
  clusterName: "mlplatform-dev",
  nodeRoleArn: "arn:aws:iam::000000000000:role/nodes",
  queueArn: "arn:aws:sqs:eu-west-1:000000000000:mlplatform-dev",
};
const granted: Record<string, PolicyStatement[]> = {
  encryptVolumes: encryptVolumes("arn:aws:kms:eu-west-1:000000000000:key/k"),
  publishAlerts: publishAlerts(["arn:aws:sns:eu-west-1:000000000000:t"]),
  readCloudWatch: readCloudWatch(account, ["/aws/eks/mlplatform-dev/*"]),
  writePodLogs: writePodLogs(account, ["mlplatform-dev/pods/airflow", "mlplatform-dev/pods/models"]),
  searchPodLogs: searchPodLogs(account, ["mlplatform-dev/pods/jupyterhub"]),
  manageLoadBalancers: manageLoadBalancers(account, "mlplatform-dev"),
  scaleNodeGroups: scaleNodeGroups(account, "mlplatform-dev"),
  startNodes: startNodes(account, scope),
  writeDnsRecords: writeDnsRecords(account, "Z0123456789"),
  writeFlowLogs: writeFlowLogs("arn:aws:logs:eu-west-1:000000000000:log-group:flow"),
  makeDatabases: makeDatabases(
    "arn:aws:logs:eu-west-1:000000000000:log-group:x",
    ["arn:aws:secretsmanager:x"],
    "arn:aws:kms:x",
  ),
};
const ofResources = {
  key: [...administerKey(account), ...useKeyForLogs(account), ...useKeyForVolumes(account)],
  bucket: denyPlainHttp("arn:aws:s3:::b"),
  queue: receiveInterruptions(scope.queueArn, ["arn:aws:events:rule"]),
};

describe("permissions", () => {
  for (const [name, statements] of Object.entries(granted)) {
    it(`${name} names every action it allows, and "*" as resource for listed actions only`, () => {
      for (const statement of statements) {
        for (const action of statement.Action) expect(action, statement.Sid).to.match(/^[a-z0-9-]+:[A-Za-z0-9]+$/);
        if (statement.Resource.includes("*")) {
          expect(
            statement.Action.filter((action) => !anyResourceActions.has(action)),
            statement.Sid,
          ).to.deep.equal([]);
        }
        expect(statement.Sid).to.match(/^[A-Za-z0-9]+$/);
      }
    });

    it(`${name} fits into an inline policy of a role and repeats no Sid`, () => {
      expect(policyDocument(statements).replace(/\s/g, "").length).to.be.below(10_240);
      expect(new Set(statements.map(({ Sid }) => Sid)).size).to.equal(statements.length);
    });
  }

  for (const [name, statements] of Object.entries(ofResources)) {
    it(`the policy of a ${name} allows no wildcard action, and denies everything over plain HTTP where it has data`, () => {
      for (const { Effect, Action, Sid } of statements) {
        if (Effect === "Allow") for (const action of Action) expect(action, Sid).not.to.contain("*");
        else
          expect(
            Action.every((action) => action.endsWith(":*")),
            Sid,
          ).to.equal(true);
      }
    });
  }

  it("let EC2 alone use a key for volumes, for callers of the account alone", () => {
    expect(useKeyForVolumes(account).map(({ Condition }) => Condition)).to.deep.equal([
      {
        StringEquals: {
          "kms:CallerAccount": account.accountId,
          "kms:ViaService": `ec2.${account.region}.amazonaws.com`,
        },
      },
    ]);
  });

  it("let the load-balancer controller change only what carries its cluster's tag", () => {
    const changing = granted.manageLoadBalancers!.filter(({ Action }) =>
      Action.some((action) =>
        /^(ec2|elasticloadbalancing):(Add|Authorize|Create|Delete|Modify|Register|Remove|Revoke|Set)/.test(action),
      ),
    );
    const unconditional = changing.filter(({ Condition }) => Condition === undefined).map(({ Sid }) => Sid);
    expect(unconditional, "a VPC has no tag to ask for").to.deep.equal(["MakeSecurityGroup"]);
    for (const { Condition, Sid } of changing.filter(({ Sid }) => Sid !== "MakeSecurityGroup")) {
      expect(JSON.stringify(Condition), Sid).to.contain("mlplatform-dev");
    }
  });

  it("let Karpenter end only instances of its own cluster and pass only the nodes' role", () => {
    const by = (Sid: string) => granted.startNodes!.find((statement) => statement.Sid === Sid)!;
    expect(by("EndOwnNodes").Condition!.StringEquals).to.deep.equal({
      "aws:ResourceTag/kubernetes.io/cluster/mlplatform-dev": "owned",
    });
    expect(by("PassNodeRole").Resource).to.deep.equal([scope.nodeRoleArn]);
    expect(granted.startNodes!.flatMap(({ Action }) => Action)).not.to.include("iam:CreateInstanceProfile");
  });

  it("who keeps what pods write may add lines to groups that are there, and make, read or delete none", () => {
    expect(granted.writePodLogs).to.deep.equal([
      {
        Sid: "WritePodLogs",
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: ["airflow", "models"].map(
          (namespace) => `arn:aws:logs:eu-west-1:000000000000:log-group:mlplatform-dev/pods/${namespace}:*`,
        ),
      },
    ]);
  });

  it("who searches what pods wrote reads the groups that are named, and writes nowhere", () => {
    const [search, ...lists] = granted.searchPodLogs!;
    const group = "arn:aws:logs:eu-west-1:000000000000:log-group:mlplatform-dev/pods/jupyterhub";
    expect(search!.Resource).to.deep.equal([group, `${group}:*`]);
    const actions = [search!, ...lists].flatMap(({ Action }) => Action);
    for (const action of actions) expect(action).to.match(/^logs:(Describe|Filter|Get|Start|Stop)/);
  });

  it("let Grafana query the log groups that are named, and none where none is", () => {
    const by = (groups: string[], Sid: string) => readCloudWatch(account, groups).find((each) => each.Sid === Sid);
    const group = "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/eks/mlplatform-dev/*";
    expect(by(["/aws/eks/mlplatform-dev/*"], "QueryLogs")!.Resource).to.deep.equal([group, `${group}:*`]);
    expect(
      readCloudWatch(account, [])
        .flatMap(({ Action }) => Action)
        .join(),
    ).not.to.contain("logs:");
  });

  it("let Grafana read metrics of the stack's region alone, and charges where CloudWatch keeps them", () => {
    const regions = (bill: boolean) =>
      readCloudWatch(account, [], bill).find(({ Sid }) => Sid === "ReadMetrics")!.Condition!.StringEquals;
    expect(regions(false)).to.deep.equal({ "aws:RequestedRegion": "eu-west-1" });
    expect(regions(true)).to.deep.equal({ "aws:RequestedRegion": ["eu-west-1", "us-east-1"] });
  });

  it("let Grafana look for alarms by metric, which no ARN of an alarm allows", () => {
    const asking = granted.readCloudWatch!.filter(({ Action }) =>
      Action.includes("cloudwatch:DescribeAlarmsForMetric"),
    );
    expect(asking.map(({ Resource }) => Resource)).to.deep.equal([["*"]]);
  });

  it("let Alertmanager publish to its topics and do nothing else", () => {
    expect(granted.publishAlerts).to.deep.equal([
      {
        Sid: "PublishAlerts",
        Effect: "Allow",
        Action: ["sns:Publish"],
        Resource: ["arn:aws:sns:eu-west-1:000000000000:t"],
      },
    ]);
  });

  it("of a topic deny what SNS knows as an action of topics, over plain HTTP", () => {
    const [statement, ...more] = publishOverTls("arn:topic");
    expect(more).to.deep.equal([]);
    expect(statement).to.deep.include({ Effect: "Deny", Action: ["sns:Publish"], Resource: ["arn:topic"] });
    expect(statement!.Condition).to.deep.equal({ Bool: { "aws:SecureTransport": "false" } });
  });

  it("of a topic let alarms and budgets of this account publish, and those of no other", () => {
    expect(publishFromAccount(account, "arn:topic")).to.deep.equal(
      [
        ["Alarms", "cloudwatch.amazonaws.com", "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:*"],
        ["Budgets", "budgets.amazonaws.com", "arn:aws:budgets::000000000000:*"],
      ].map(([Sid, service, source]) => ({
        Sid,
        Effect: "Allow",
        Principal: { Service: [service] },
        Action: ["sns:Publish"],
        Resource: ["arn:topic"],
        Condition: {
          StringEquals: { "aws:SourceAccount": "000000000000" },
          ArnLike: { "aws:SourceArn": source },
        },
      })),
    );
  });

  it("let external-dns write into one zone", () => {
    expect(granted.writeDnsRecords![0]).to.deep.include({ Resource: ["arn:aws:route53:::hostedzone/Z0123456789"] });
  });
});

describe("trust", () => {
  it("of a pod's role names cluster, namespace and service account, all three", () => {
    const [statement] = JSON.parse(trustPods("arn:cluster", "mlflow", "server")).Statement;
    expect(statement.Principal).to.deep.equal({ Service: ["pods.eks.amazonaws.com"] });
    expect(statement.Action).to.deep.equal(["sts:AssumeRole", "sts:TagSession"]);
    expect(statement.Condition).to.deep.equal({
      StringEquals: {
        "aws:RequestTag/eks-cluster-arn": "arn:cluster",
        "aws:RequestTag/kubernetes-namespace": "mlflow",
        "aws:RequestTag/kubernetes-service-account": "server",
      },
    });
  });

  it("of a service's role holds for this account only", () => {
    const [statement] = JSON.parse(trustService("lambda.amazonaws.com", account.accountId)).Statement;
    expect(statement.Condition).to.deep.equal({ StringEquals: { "aws:SourceAccount": account.accountId } });
  });

  it("of the nodes' role names EC2 and nobody else", () => {
    expect(JSON.parse(trustInstances()).Statement[0].Principal).to.deep.equal({ Service: ["ec2.amazonaws.com"] });
  });
});
