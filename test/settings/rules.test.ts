import { expect } from "chai";
import { minimalAws, minimalExisting, onAws, onExisting, problemsOf, systemGroup } from "./fixtures";

const groups = (more: object) => onAws({ cluster: { nodeGroups: { system: systemGroup, ...more } } });
const apps = (more: object) => ({ purpose: "apps", instanceTypes: ["m7i.large"], ...more });
const network = (more: object) => onAws({ network: more });
const model = (more: object, sections: object = {}) => ({
  ...minimalAws(),
  mlflow: {},
  models: { churn: { from: "models:/churn@champion", ...more } },
  ...sections,
});
const training = (more: object) => model({ training: { image: "train", ...more } });
const signIn = { provider: "github", clientId: "ml", clientSecretName: "sign-in", organization: "example" };
const access = (more: object) => ({ domain: "ml.example.com", zoneId: "Z0123456789EXAMPLE", signIn, ...more });
const inGroup = "foundation.cluster.nodeGroups";

/** Each row is refused for exactly this path, by a message that says this. */
const refused: [what: string, raw: unknown, path: string, says: RegExp][] = [
  ["host bits behind the mask", network({ cidr: "10.0.5.0/16" }), "foundation.network.cidr", /write 10\.0\.0\.0\/16/],
  ["number above 255", network({ cidr: "10.0.300.0/16" }), "foundation.network.cidr", /0 to 255/],
  ["mask above 32", network({ cidr: "10.0.0.0/40" }), "foundation.network.cidr", /mask from \/0 to \/32/],
  [
    "VPC wider than AWS allows",
    network({ cidr: "10.0.0.0/8" }),
    "foundation.network.cidr",
    /write cidr: 10\.0\.0\.0\/16/,
  ],
  [
    "too few addresses",
    network({ cidr: "10.0.0.0/24" }),
    "foundation.network.cidr",
    /256 addresses are too few.*write cidr: 10\.0\.0\.0\/20/,
  ],
  [
    "too few pod addresses",
    network({ podCidr: "100.64.0.0/20" }),
    "foundation.network.podCidr",
    /prefix delegation.*100\.64\.0\.0\/18/,
  ],
  ["pods on public addresses", network({ podCidr: "8.8.0.0/16" }), "foundation.network.podCidr", /inside one of/],
  [
    "pods on top of nodes",
    network({ cidr: "10.0.0.0/16", podCidr: "10.0.0.0/17" }),
    "foundation.network.podCidr",
    /apart from network\.cidr.*100\.64/,
  ],
  [
    "nodes inside the pods' block",
    network({ cidr: "100.64.16.0/20", podCidr: "100.64.0.0/16" }),
    "foundation.network.podCidr",
    /apart from network\.cidr.*100\.80\.0\.0\/16/,
  ],
  [
    "an adopted cluster in a VPC to be made",
    onAws({ cluster: { kind: "adopt", name: "company" } }),
    "foundation.network.kind",
    /adopted cluster stands in a VPC already/,
  ],
  ["pods on top of services", network({ podCidr: "172.20.0.0/16" }), "foundation.network.podCidr", /172\.20\.0\.0\/16/],
  ["nodes on top of services", network({ cidr: "172.20.0.0/16" }), "foundation.network.cidr", /172\.20\.0\.0\/16/],
  [
    "zone of another region",
    network({ zones: ["eu-west-1a", "us-east-1b"] }),
    "foundation.network.zones[1]",
    /write eu-west-1b/,
  ],
  ["one zone twice", network({ zones: ["eu-west-1a", "eu-west-1a"] }), "foundation.network.zones[1]", /each zone once/],
  [
    "no NAT and no endpoints",
    network({ nat: "none" }),
    "foundation.network.endpoints",
    /missing are ecr\.api, ecr\.dkr/,
  ],
  [
    "one subnet twice",
    network({ kind: "adopt", vpcId: "vpc-01234567", privateSubnetIds: ["subnet-01234567", "subnet-01234567"] }),
    "foundation.network.privateSubnetIds[1]",
    /once/,
  ],
  [
    "Kubernetes API open to all",
    onAws({ cluster: { endpoint: { access: "public", allowedCidrs: ["0.0.0.0/0"] } } }),
    "foundation.cluster.endpoint.allowedCidrs[0]",
    /whole internet/,
  ],
  [
    "wildcard among administrators",
    onAws({ cluster: { admins: ["arn:aws:iam::000000000000:role/*"] } }),
    "foundation.cluster.admins[0]",
    /without wildcards/,
  ],
  [
    "family that does not exist",
    groups({ a: apps({ instanceTypes: ["z9i.large"] }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /nearest known family is z1d/,
  ],
  [
    "family without generation letter",
    groups({ a: apps({ instanceTypes: ["m7.large"] }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /nearest known family is m7/,
  ],
  [
    "size that does not exist",
    groups({ a: apps({ instanceTypes: ["m7i.gigantic"] }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /a size of m7i/,
  ],
  [
    "GPU group without GPU type",
    groups({ a: apps({ gpu: true }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /GPU family.*gpu: false/,
  ],
  [
    "GPU type without GPU group",
    groups({ a: apps({ instanceTypes: ["g6.xlarge"] }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /write gpu: true/,
  ],
  [
    "two CPU architectures in a group",
    groups({ a: apps({ instanceTypes: ["m7i.large", "m7g.large"] }) }),
    `${inGroup}.a.instanceTypes[1]`,
    /one CPU architecture/,
  ],
  [
    "label that decides what runs where",
    groups({ a: apps({ labels: { "mlplatform/purpose": "serving" } }) }),
    `${inGroup}.a.labels["mlplatform/purpose"]`,
    /the platform's own/,
  ],
  [
    "label kept for Kubernetes",
    groups({ a: apps({ labels: { "node-role.kubernetes.io/apps": "x" } }) }),
    `${inGroup}.a.labels["node-role.kubernetes.io/apps"]`,
    /may not give them to itself/,
  ],
  [
    "one type twice",
    groups({ a: apps({ instanceTypes: ["m7i.large", "m7i.large"] }) }),
    `${inGroup}.a.instanceTypes[1]`,
    /each type once/,
  ],
  [
    "fewer nodes at most than at least",
    groups({ a: apps({ minNodes: 4, maxNodes: 2 }) }),
    `${inGroup}.a.maxNodes`,
    /write maxNodes: 4/,
  ],
  ["group name too long", groups({ ["a".repeat(41)]: apps({}) }), `${inGroup}.${"a".repeat(41)}`, /at most 40/],
  [
    "no system group",
    onAws({ cluster: { nodeGroups: { a: apps({}) } } }),
    inGroup,
    /at least one group with the purpose system/,
  ],
  [
    "system group on spot",
    onAws({ cluster: { nodeGroups: { system: { ...systemGroup, spot: true } } } }),
    `${inGroup}.system.spot`,
    /write spot: false/,
  ],
  [
    "system group that scales to zero",
    onAws({ cluster: { nodeGroups: { system: { ...systemGroup, minNodes: 0 } } } }),
    `${inGroup}.system.minNodes`,
    /at least 1/,
  ],
  [
    "standing nodes under Karpenter",
    onAws({
      cluster: { scaling: { kind: "karpenter" }, nodeGroups: { system: systemGroup, a: apps({ minNodes: 1 }) } },
    }),
    `${inGroup}.a.minNodes`,
    /0 with Karpenter/,
  ],
  [
    "database class that does not exist",
    onAws({ database: { instanceClass: "db.t4.medium" } }),
    "foundation.database.instanceClass",
    /write db\.t4g\.medium/,
  ],
  [
    "storage limit below storage",
    onAws({ database: { storageGiB: 200 } }),
    "foundation.database.maxStorageGiB",
    /at least storageGiB, 200/,
  ],
  [
    "protected data without backup",
    onAws({ database: { backupRetentionDays: 0 } }),
    "foundation.database.backupRetentionDays",
    /dataProtection/,
  ],
  [
    "too many tags",
    onAws({ tags: Object.fromEntries(Array.from({ length: 41 }, (_, at) => [`t${at}`, "x"])) }),
    "foundation.tags",
    /at most 40/,
  ],
  [
    "host outside the domain",
    { ...minimalAws(), access: access({ hosts: { mlflow: "mlflow.example.org" } }) },
    "access.hosts.mlflow",
    /ends with \.ml\.example\.com/,
  ],
  [
    "one host for two tools",
    { ...minimalAws(), access: access({ hosts: { mlflow: "airflow" } }) },
    "access.hosts.mlflow",
    /another host than access\.hosts\.airflow/,
  ],
  [
    "sign-in without check on AWS",
    { ...minimalAws(), access: access({ signIn: { provider: "dummy" } }) },
    "access.signIn.provider",
    /a real provider/,
  ],
  [
    "public tools without sign-in",
    { ...minimalAws(), access: access({ signIn: undefined, visibility: "internetFacing" }) },
    "access.visibility",
    /internal, while there is no signIn/,
  ],
  [
    "ACM without a zone to prove the domain",
    { ...minimalAws(), access: access({ zoneId: undefined }) },
    "access.zoneId",
    /ACM proves the domain/,
  ],
  [
    "sign-in without TLS",
    onExisting({}, { access: access({ zoneId: undefined }) }),
    "foundation.certificates.kind",
    /certManager/,
  ],
  [
    "public load balancer without public subnets",
    onAws(
      { network: { kind: "adopt", vpcId: "vpc-01234567", privateSubnetIds: ["subnet-01234567", "subnet-89abcdef"] } },
      { access: access({ visibility: "internetFacing" }) },
    ),
    "access.visibility",
    /publicSubnetIds/,
  ],
  [
    "MWAA with DAGs from git",
    { ...minimalAws(), airflow: { executor: { kind: "mwaa" } } },
    "airflow.dags.kind",
    /bucket with MWAA/,
  ],
  [
    "DAG volume without shared storage",
    { ...minimalAws(), airflow: { dags: { kind: "volume" } } },
    "airflow.dags.kind",
    /sharedStorage/,
  ],
  [
    "git sync together with a DAG volume",
    { ...minimalAws(), airflow: { dags: { kind: "git", repository: "https://example.com/dags.git", storageGiB: 5 } } },
    "airflow.dags.storageGiB",
    /goes with kind: volume/,
  ],
  [
    "GPU profile without GPU nodes",
    { ...minimalAws(), jupyterhub: { profiles: { gpu: { gpus: 1 } } } },
    "jupyterhub.profiles.gpu.gpus",
    /no GPU nodes have the purpose notebooks/,
  ],
  [
    "cron with five fields where six are due",
    training({ schedule: "cron(0 3 * * SUN)" }),
    "models.churn.training.schedule",
    /6 fields here, not 5/,
  ],
  [
    "schedule on a day that never comes",
    training({ schedule: "cron(0 3 30 2 ? *)" }),
    "models.churn.training.schedule",
    /never has a day 30/,
  ],
  [
    "both day fields given",
    training({ schedule: "cron(0 3 1 * SUN *)" }),
    "models.churn.training.schedule",
    /must be \?/,
  ],
  [
    "hour that does not exist",
    training({ schedule: "cron(0 24 ? * SUN *)" }),
    "models.churn.training.schedule",
    /hour cannot be "24"/,
  ],
  [
    "rate in the wrong number",
    training({ schedule: "rate(1 days)" }),
    "models.churn.training.schedule",
    /write rate\(1 day\)/,
  ],
  ["gate without metric", training({ gate: { atLeast: 0.8 } }), "models.churn.training.gate.metric", /add metric/],
  [
    "gate that lets everything through",
    training({ gate: { metric: "auc", beatChampion: false } }),
    "models.churn.training.gate",
    /lets everything through/,
  ],
  [
    "gate that nothing passes",
    training({ gate: { metric: "auc", atLeast: 0.9, atMost: 0.8 } }),
    "models.churn.training.gate.atMost",
    /nothing could pass/,
  ],
  [
    "range upside down",
    training({ tune: { objective: "auc", ranges: { eta: { type: "continuous", min: 1, max: 0.1 } } } }),
    "models.churn.training.tune.ranges.eta.max",
    /more than min/,
  ],
  [
    "logarithm of zero",
    training({
      tune: { objective: "auc", ranges: { eta: { type: "continuous", min: 0, max: 1, scale: "logarithmic" } } },
    }),
    "models.churn.training.tune.ranges.eta.min",
    /more than 0/,
  ],
  [
    "more parallel jobs than jobs",
    training({
      tune: { objective: "auc", maxJobs: 2, parallel: 4, ranges: { n: { type: "integer", min: 1, max: 4 } } },
    }),
    "models.churn.training.tune.parallel",
    /at most maxJobs/,
  ],
  [
    "retraining on drift without drift check",
    training({ onDrift: true }),
    "models.churn.training.onDrift",
    /no drift check/,
  ],
  [
    "training in an Airflow that is off",
    training({ engine: "airflow" }),
    "models.churn.training.engine",
    /airflow, which is off/,
  ],
  [
    "fewer replicas at most than at least",
    model({ serve: { flask: { minReplicas: 4, maxReplicas: 2 } } }),
    "models.churn.serve.flask.maxReplicas",
    /write maxReplicas: 4/,
  ],
  [
    "fewer instances at most than at least",
    model({ serve: { sagemaker: { minInstances: 4, maxInstances: 2 } } }),
    "models.churn.serve.sagemaker.maxInstances",
    /write maxInstances: 4/,
  ],
  [
    "SageMaker type that does not exist",
    model({ serve: { sagemaker: { instanceType: "ml.q5.large" } } }),
    "models.churn.serve.sagemaker.instanceType",
    /no family q5/,
  ],
  ["canary of everything", model({ canary: { percent: 100 } }), "models.churn.canary.percent", /lower it to 99/],
  [
    "canary larger than SageMaker allows",
    model({ serve: { sagemaker: {} }, canary: { percent: 60 } }),
    "models.churn.canary.percent",
    /write percent: 50/,
  ],
  [
    "error rate of everything",
    model({ objectives: { errorRatePercent: 100 } }),
    "models.churn.objectives.errorRatePercent",
    /lower it to less than 100/,
  ],
  ["pinned to an alias", model({ release: "pinned" }), "models.churn.release", /release: continuous/],
  [
    "continuous without an alias",
    model({ from: "models:/churn/3", release: "continuous" }),
    "models.churn.release",
    /write release: pinned/,
  ],
  [
    "model from a registry that is off",
    { ...minimalAws(), models: { churn: { from: "models:/churn/3" } } },
    "models.churn.from",
    /add mlflow: \{\}/,
  ],
  [
    "owner nobody knows",
    model({ owner: "markting" }, { monitoring: { receivers: { marketing: { kind: "webhook", secretName: "hook" } } } }),
    "models.churn.owner",
    /write owner: marketing/,
  ],
  ["batch that never starts", model({ batch: {} }), "models.churn.batch", /a schedule, or onNewData/],
  [
    "SageMaker on an existing cluster",
    onExisting({}, { mlflow: {}, models: { churn: { from: "models:/churn/3", serve: { sagemaker: {} } } } }),
    "models.churn.serve.sagemaker",
    /only on foundation\.kind: aws/,
  ],
  [
    "Step Functions on an existing cluster",
    onExisting({}, { mlflow: {}, models: { churn: { from: "models:/churn/3", training: { image: "x" } } } }),
    "models.churn.training.engine",
    /write engine: airflow/,
  ],
  [
    "MWAA on an existing cluster",
    onExisting({}, { airflow: { executor: { kind: "mwaa" }, dags: { kind: "bucket" } } }),
    "airflow.executor.kind",
    /only on foundation\.kind: aws/,
  ],
  [
    "SNS on an existing cluster",
    onExisting(
      {},
      { monitoring: { receivers: { a: { kind: "sns", topicArn: "arn:aws:sns:eu-west-1:000000000000:x" } } } },
    ),
    "monitoring.receivers.a.kind",
    /slack or kind: webhook/,
  ],
  [
    "required tag left out",
    { ...minimalAws(), governance: { requiredTags: ["team"] } },
    "foundation.tags.team",
    /add the tag team/,
  ],
  [
    "denied family",
    { ...minimalAws(), governance: { deniedInstanceFamilies: ["m7i"] } },
    `${inGroup}.system.instanceTypes[0]`,
    /deniedInstanceFamilies/,
  ],
  [
    "family that is not allowed",
    { ...minimalAws(), governance: { allowedInstanceFamilies: ["t3"] } },
    `${inGroup}.system.instanceTypes[0]`,
    /allowedInstanceFamilies: t3/,
  ],
];

/** What stands close to each refusal and must pass. */
const accepted: [what: string, raw: unknown][] = [
  ["the widest and the narrowest VPC", network({ cidr: "192.168.0.0/16" })],
  ["a /20 over three zones", network({ cidr: "10.0.0.0/20", podCidr: "100.64.0.0/18" })],
  [
    "a network without NAT that lists what it needs",
    network({
      nat: "none",
      endpoints: [
        "s3",
        "ecr.api",
        "ecr.dkr",
        "ec2",
        "eks",
        "eks-auth",
        "sts",
        "logs",
        "secretsmanager",
        "elasticloadbalancing",
        "kms",
        "autoscaling",
      ],
    }),
  ],
  ["a GPU group that scales to zero", groups({ gpu: apps({ gpu: true, instanceTypes: ["g6.xlarge", "g5.xlarge"] }) })],
  ["a Graviton group", groups({ arm: apps({ instanceTypes: ["m7g.large", "c7g.large"] }) })],
  [
    "a GPU profile with GPU nodes",
    {
      ...groups({ gpu: { purpose: "notebooks", gpu: true, instanceTypes: ["g6.xlarge"] } }),
      jupyterhub: { profiles: { gpu: { gpus: 1 } } },
    },
  ],
  [
    "no real sign-in on one's own machine",
    onExisting({}, { access: { domain: "ml.localhost", signIn: { provider: "dummy" } } }),
  ],
  [
    "TLS from cert-manager",
    onExisting({ certificates: { kind: "certManager" } }, { access: access({ zoneId: undefined }) }),
  ],
  [
    "an adopted certificate without a zone",
    {
      ...minimalAws(),
      access: access({
        zoneId: undefined,
        certificate: {
          kind: "adopt",
          arn: "arn:aws:acm:eu-west-1:000000000000:certificate/00000000-0000-0000-0000-000000000000",
        },
      }),
    },
  ],
  [
    "every form of schedule",
    {
      ...minimalAws(),
      models: Object.fromEntries(
        [
          "cron(0 3 ? * SUN *)",
          "cron(0/15 8-17 ? * MON-FRI *)",
          "cron(0 0 L * ? *)",
          "cron(0 0 ? * 6#1 2027-2030)",
          "rate(5 minutes)",
        ].map((schedule, at) => [`m${at}`, { from: "s3://bucket/m", training: { image: "x", schedule } }]),
      ),
    },
  ],
  [
    "an existing cluster with everything it can do",
    {
      ...minimalExisting(),
      airflow: {},
      mlflow: {},
      jupyterhub: {},
      monitoring: {},
      models: {
        churn: { from: "models:/churn@champion", serve: { flask: {} }, training: { engine: "airflow", image: "x" } },
      },
    },
  ],
];

describe("rules between settings", () => {
  for (const [what, raw, path, says] of refused) {
    it(`refuse: ${what}`, () => {
      const problems = problemsOf(raw);
      expect(problems.map((problem) => problem.path)).to.deep.equal([path]);
      const [problem] = problems;
      expect(`${problem?.allowed}; ${problem?.remedy}`).to.match(says);
    });
  }
  for (const [what, raw] of accepted) {
    it(`accept: ${what}`, () => {
      expect(problemsOf(raw)).to.deep.equal([]);
    });
  }
});
