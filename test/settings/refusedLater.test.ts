import { expect } from "chai";
import { onAws, onExisting, problemsOf, systemGroup } from "./fixtures";

const account = "111122223333";
const other = "444455556666";
const group = (over: object) =>
  onAws({ cluster: { nodeGroups: { system: systemGroup, apps: { ...systemGroup, purpose: "apps", ...over } } } });
const access = (over: object, foundation: object = {}) =>
  onAws(foundation, {
    access: { domain: "ml.example.com", zoneId: "Z0123456789ABC", groups: { team: "admin" }, ...over },
  });
const oidc = (issuer: string) =>
  access({ signIn: { provider: "oidc", issuer, clientId: "ml", clientSecretName: "sign-in" } });
const certificate = (of: string, region = "eu-west-1") => ({
  certificate: { kind: "adopt", arn: `arn:aws:acm:${region}:${of}:certificate/12345678-1234-1234-1234-123456789012` },
});
const key = (region: string, of = account) => `arn:aws:kms:${region}:${of}:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f`;
const lake = (keyArn: string) => onAws({}, { data: { sources: { lake: { bucket: "lake-x", keyArn } } } });
const producer = (keyArn: string) =>
  onAws(
    {},
    {
      mlflow: {},
      promotion: {
        producers: {
          dev: { accountId: other, region: "eu-west-1", bucket: "b-x-y", keyArn, publicKey: "0a".repeat(32) },
        },
      },
      models: { churn: { from: { stack: "dev", approved: true }, serve: { flask: {} } } },
    },
  );
const boundary = (of: string) => ({ governance: { permissionsBoundaryArn: `arn:aws:iam::${of}:policy/boundary` } });
const role = (of: string, partition = "aws") => `arn:${partition}:iam::${of}:role/deploy`;
const model = (over: object, sections: object = {}) =>
  onAws(
    {},
    {
      mlflow: {},
      monitoring: {},
      ...sections,
      models: { churn: { from: "models:/churn@champion", serve: { flask: {} }, ...over } },
    },
  );
const from = (uri: string) => model({ from: uri });
const gate = (over: object) => model({ training: { image: "training", gate: { metric: "roc_auc", ...over } } });
const topic = (region: string, more: object = {}) =>
  model(more, {
    monitoring: { receivers: { team: { kind: "sns", topicArn: `arn:aws:sns:${region}:${account}:on-call` } } },
  });
const sagemaker = { serve: { sagemaker: { instanceType: "ml.m5.large" } } };
const store = (over: object) =>
  onExisting({
    objectStore: { kind: "adopt", endpoint: "https://s3.example.com", bucket: "ml-data", secretName: "store", ...over },
  });
const airflow = (over: object) => onAws({}, { mlflow: {}, airflow: over });
const longDomain = "machine-learning-platform.department-of-everything.example-company.com";
const repository = (name: string) =>
  onAws({}, { delivery: { source: { provider: "github", repository: name }, environments: { dev: {} } } });

/** What passed here, and is refused by AWS or Kubernetes half-way through an update, or waits for ever. */
const refused: [path: string, config: object, remedy: RegExp][] = [
  ["foundation.assumeRoleArn", onAws({ accountId: account, assumeRoleArn: role(other) }), /foundation\.accountId/],
  ["foundation.assumeRoleArn", onAws({ assumeRoleArn: role(account, "aws-us-gov") }), /write one of aws/],
  [
    "foundation.cluster.admins[0]",
    onAws({ region: "us-gov-west-1", cluster: { admins: [role(account)], nodeGroups: { system: systemGroup } } }),
    /aws-us-gov/,
  ],
  ["access.certificate.arn", access(certificate(other), { accountId: account }), /correct foundation\.accountId/],
  ["access.certificate.arn", access(certificate(other), { assumeRoleArn: role(account) }), /foundation\.assumeRoleArn/],
  ["governance.permissionsBoundaryArn", onAws({ accountId: account }, boundary(other)), /that account/],
  ["data.sources.lake.keyArn", lake(key("us-east-1")), /in that region/],
  ["promotion.producers.dev.keyArn", producer(key("us-east-1", other)), /promotion\.producers\.dev\.region/],
  ["monitoring.receivers.team.topicArn", topic("us-east-1", sagemaker), /in that region/],
  [
    'foundation.tags["kubernetes.io/cluster/x"]',
    onAws({ tags: { "kubernetes.io/cluster/x": "owned" } }),
    /another key/,
  ],
  ['foundation.tags["Karpenter.sh/nodepool"]', onAws({ tags: { "Karpenter.sh/nodepool": "x" } }), /another key/],
  [
    'foundation.cluster.nodeGroups.apps.labels["eks.amazonaws.com/x"]',
    group({ labels: { "eks.amazonaws.com/x": "y" } }),
    /example\.com/,
  ],
  [
    "foundation.cluster.nodeGroups.apps.taints[0]",
    group({ taints: [{ key: "node.kubernetes.io/x" }] }),
    /example\.com/,
  ],
  ["foundation.cluster.nodeGroups.apps.taints[1]", group({ taints: [{ key: "a" }, { key: "a" }] }), /remove it/],
  [
    "foundation.cluster.nodeGroups.apps.taints",
    group({ taints: Array.from({ length: 51 }, (_, at) => ({ key: `a${at}` })) }),
    /remove some/,
  ],
  ["foundation.objectStore.endpoint", store({ endpoint: "http://localhost:9000" }), /s3\.data\.example\.com/],
  ["foundation.objectStore.endpoint", store({ endpoint: "http://127.0.0.1:9000" }), /s3\.data\.example\.com/],
  ["foundation.objectStore.endpoint", store({ endpoint: "http://[::1]:9000" }), /s3\.data\.example\.com/],
  ["foundation.objectStore.bucket", store({ bucket: "a..b" }), /bucket/],
  ["foundation.objectStore.bucket", store({ bucket: "192.168.5.4" }), /bucket/],
  ["foundation.objectStore.notebooksSecretName", store({ notebooksSecretName: "store" }), /another user/],
  [
    "foundation.database.host",
    onExisting({ database: { kind: "adopt", host: "127.0.0.1", adminSecretName: "admin" } }),
    /postgres\.data\.svc/,
  ],
  [
    "foundation.adopt[0]",
    onExisting({ adopt: ["crds/prometheuses.monitoring.coreos.com"] }),
    /^write crds\/monitoring\.coreos\.com$/,
  ],
  ["foundation.adopt[0]", onExisting({ adopt: ["crds/cert-manger.io"] }), /^write crds\/cert-manager\.io$/],
  ["foundation.adopt[0]", onExisting({ adopt: ["crds/acme.cert-manager.io"] }), /^write crds\/cert-manager\.io$/],
  ["foundation.adopt[0]", onExisting({ adopt: ["crds/argoproj.io"] }), /^remove it$/],
  ["foundation.adopt[0]", onExisting({ adopt: [`namespace/${"a".repeat(64)}`] }), /./],
  ['foundation.ingress.annotations["a b"]', onExisting({ ingress: { annotations: { "a b": "x" } } }), /./],
  [
    'foundation.nodeClasses[0].labels["a b"]',
    onExisting({ nodeClasses: [{ purpose: "apps", labels: { "a b": "x" } }] }),
    /./,
  ],
  ["foundation.certificates.issuer", onExisting({ certificates: { kind: "certManager", issuer: "a..b" } }), /./],
  ["access.domain", access({ domain: longDomain }), /kind: adopt/],
  ["access.signIn.issuer", oidc("https://id.example.com/.well-known/openid-configuration"), /issuer: https/],
  ['access.groups["a\\nb"]', access({ groups: { "a\nb": "admin" } }), /type it anew: ab/],
  ["models.churn.from", from("models:/churn\u200b@champion"), /^type it anew: models:\/churn@champion$/],
  ...["models:/churn/0", "models:/churn/007", "models:/churn@latest", "models:/churn@V1", "models:/a:b@champion"].map(
    (uri): [string, object, RegExp] => ["models.churn.from", from(uri), /models:\/churn@champion/],
  ),
  ["airflow.taskQuota.cpu", airflow({ taskQuota: { cpu: "100m" } }), /write cpu: "500m"/],
  ["airflow.taskQuota.cpu", airflow({ workerCpu: "1.5", taskQuota: { cpu: "1" } }), /write cpu: "1.5"/],
  [
    "airflow.taskQuota.memoryGiB",
    airflow({ workerMemoryMiB: 4097, taskQuota: { memoryGiB: 4 } }),
    /write memoryGiB: 5/,
  ],
  ["mlflow.garbageCollection.schedule", onAws({}, { mlflow: { garbageCollection: { schedule: "0 4 * * 7" } } }), /./],
  ["models.churn.training.gate.atLeast", gate({ atLeast: 90 }), /^write atLeast: 0\.9$/],
  ["models.churn.training.gate.atMost", gate({ metric: "log_loss", atMost: -1 }), /good model/],
  [
    "models.churn.training.gate.checks[0].atLeast",
    gate({ atLeast: 0.9, checks: [{ kind: "metric", metric: "accuracy", atLeast: 95 }] }),
    /^write atLeast: 0\.95$/,
  ],
  ["delivery.source.repository", repository("example/ml.git"), /./],
];

const fine: [what: string, config: object][] = [
  ["an account that nothing names", access(certificate(other))],
  ["a boundary of the stack's own account", onAws({ accountId: account }, boundary(account))],
  ["roles of GovCloud in GovCloud", onAws({ region: "us-gov-west-1", assumeRoleArn: role(account, "aws-us-gov") })],
  [
    "people of other accounts",
    onAws({ accountId: account, cluster: { admins: [role(other)], nodeGroups: { system: systemGroup } } }),
  ],
  ["a key of another account, in the bucket's region", lake(key("eu-west-1", other))],
  ["a topic elsewhere that Alertmanager alone writes to", topic("us-east-1")],
  ["one key of a taint with two effects", group({ taints: [{ key: "a" }, { key: "a", effect: "NoExecute" }] })],
  ["definitions that the platform has", onExisting({ adopt: ["crds/cert-manager.io", "crds/acme.cert-manager.io"] })],
  ["a long domain with a certificate of one's own", access({ domain: longDomain, ...certificate(account) })],
  ["a perfect gate", gate({ atLeast: 1 })],
  ["a metric that is not known here", gate({ metric: "profit", direction: "maximize", atLeast: 90 })],
  [
    "a title with an emoji of several parts, and lines in values",
    onAws(
      {},
      {
        mlflow: { values: { nodeSelector: { note: "a\nb" } } },
        jupyterhub: { profiles: { big: { title: "👩‍🔬 big" } } },
      },
    ),
  ],
  ["a quota for one task", airflow({ workerCpu: "2", taskQuota: { cpu: "2000m" } })],
];

describe("what AWS or Kubernetes would refuse later", () => {
  for (const [path, config, remedy] of refused) {
    it(`is one problem of ${path}: ${JSON.stringify(config).slice(-70)}`, () => {
      const found = problemsOf(config);
      expect(found.map((each) => each.path)).to.deep.equal([path]);
      expect(found[0]!.remedy).to.match(remedy);
    });
  }
  for (const [what, config] of fine) {
    it(`is not ${what}`, () => {
      expect(problemsOf(config)).to.deep.equal([]);
    });
  }
});
