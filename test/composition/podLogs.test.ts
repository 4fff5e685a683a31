import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { lokiValues } from "../../charts/values/loki";
import { installPodLogs, keptNamespaces } from "../../components/composition/podLogs";
import type { AppContext } from "../../components/composition/surroundings";
import { parseSettings } from "../../components/settings/parse";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext } from "../support/appContext";
import { building, RecordedIdentity } from "../support/foundation";
import { dependencies, inputs, outline, secretInputs } from "../support/outline";

const keyArn = "arn:aws:kms:eu-west-1:000000000000:key/made-up";
const logs = { retentionDays: 90, maxHourlyMiB: 256 };
const monitoring = { namespace: "monitoring" as const, crds: [], watching: [] };
const namespaces = ["models", "airflow"];

const onCloudWatch = (over: object = {}) => {
  const context = appContext(onAws({}, { monitoring: { logs }, ...over }));
  const store = { ...context.foundation.stores.logs, keyArn: pulumi.output(keyArn) };
  return { ...context, foundation: { ...context.foundation, stores: { ...context.foundation.stores, logs: store } } };
};
const onLoki = (
  uri = "s3://logs",
  endpoint = "http://store.mlplatform.svc:8333",
  narrower = true,
  secretKey = "key",
) => {
  const context = appContext(onExisting({}, { monitoring: { logs } }));
  const key = (of: string) => ({
    accessKeyId: pulumi.output(`id of ${of}`),
    secretAccessKey: pulumi.secret(`${secretKey} of ${of}`),
  });
  const store = {
    ...context.foundation.stores.logs,
    uri: pulumi.output(uri),
    compatible: {
      endpoint: pulumi.output(endpoint),
      portNumber: 8333,
      namespace: "mlplatform",
      ...key("all"),
      ...(narrower ? { narrower: { podLogs: key("pods") } } : {}),
    },
  };
  return { ...context, foundation: { ...context.foundation, stores: { ...context.foundation.stores, logs: store } } };
};
const install = (context: () => AppContext, over: Partial<Parameters<typeof installPodLogs>[2]> = {}) =>
  building(() => {
    installPodLogs("logs", context(), { monitoring, namespaces, ...over }, {});
  });

const chart = "kubernetes:helm.sh/v4:Chart";
const policy = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
const secret = "kubernetes:core/v1:Secret logs-loki-store";

describe("namespaces whose pods' lines are kept", () => {
  const kept = (config: object) => keptNamespaces(parseSettings(config), ["models", "airflow", "models"]);

  it("are those that the stack makes, each once, in an order that stays", () => {
    expect(kept(onExisting({}))).to.deep.equal(["airflow", "models"]);
  });

  it("are the cluster's own too where the cluster is the stack's, and nobody else's where it is not", () => {
    expect(kept(onAws({}))).to.deep.equal(["airflow", "kube-system", "models"]);
    const privateSubnetIds = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"];
    const network = { kind: "adopt", vpcId: "vpc-0123456789abcdef0", privateSubnetIds };
    expect(kept(onAws({ cluster: { kind: "adopt", name: "company" }, network }))).to.deep.equal(["airflow", "models"]);
  });
});

describe("kept logs", () => {
  it("are nothing at all where the stack does not ask for them", async () => {
    const off = await install(() => appContext(onAws({}, { monitoring: {} })));
    expect(outline(off)).to.deep.equal([]);
  });

  it("on AWS are exactly this: a group for each namespace, and no Loki", async () => {
    const identity = new RecordedIdentity();
    const made = await install(() => ({ ...onCloudWatch(), identity }));
    expect(outline(made)).to.deep.equal([
      "PodLogGroups logs-groups",
      "  cloudwatch.LogGroup logs-groups-airflow",
      "  cloudwatch.LogGroup logs-groups-kube-system",
      "  cloudwatch.LogGroup logs-groups-models",
      "PodLogs logs",
      "  kubernetes:core/v1:ConfigMap logs-dashboard",
      "  kubernetes:core/v1:Namespace logs",
      `  ${chart} logs`,
      "  kubernetes:monitoring.coreos.com/v1:ServiceMonitor logs-metrics",
      `  ${policy} logs-traffic`,
    ]);
    expect(inputs(made, "cloudwatch.LogGroup logs-groups-models")).to.deep.equal({
      name: "mlplatform-test/pods/models",
      retentionInDays: 90,
      kmsKeyId: keyArn,
    });
    expect(identity.grants["logs-groups"]).to.deep.include({ namespace: "logs-nodes", serviceAccount: "fluent-bit" });
    expect(inputs(made, `${policy} logs-traffic`).spec).to.deep.equal({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
          ports: [{ port: 2020, protocol: "TCP" }],
        },
      ],
      egress: [
        {
          ports: [
            { port: 53, protocol: "UDP" },
            { port: 53, protocol: "TCP" },
          ],
        },
        { to: [{ ipBlock: { cidr: "169.254.170.23/32" } }], ports: [{ port: 80, protocol: "TCP" }] },
        { ports: [{ port: 443, protocol: "TCP" }] },
      ],
    });
    expect(dependencies(made, `${chart} logs`)).to.include.members([
      "cloudwatch.LogGroup logs-groups-models",
      "kubernetes:core/v1:Namespace logs",
      `${policy} logs-traffic`,
    ]);
  });

  it("elsewhere are Loki over the stack's store, with a key of its own, and nothing of AWS", async () => {
    const made = await install(onLoki);
    expect(outline(made)).to.deep.equal([
      "Loki logs-loki",
      "  kubernetes:core/v1:Namespace logs-loki",
      `  ${secret}`,
      `  ${chart} logs-loki`,
      "  kubernetes:monitoring.coreos.com/v1:PodMonitor logs-loki-metrics",
      `  ${policy} logs-loki-traffic`,
      "PodLogs logs",
      "  kubernetes:core/v1:ConfigMap logs-dashboard",
      "  kubernetes:core/v1:Namespace logs",
      `  ${chart} logs`,
      "  kubernetes:monitoring.coreos.com/v1:ServiceMonitor logs-metrics",
      `  ${policy} logs-traffic`,
    ]);
    expect(inputs(made, secret).stringData).to.deep.equal({
      STORE_ENDPOINT: "store.mlplatform.svc:8333",
      STORE_INSECURE: "true",
      STORE_BUCKET: "logs",
      STORE_PREFIX: "pods/",
      STORE_ACCESS_KEY_ID: "id of pods",
      STORE_SECRET_ACCESS_KEY: "key of pods",
    });
    expect(secretInputs(made)).to.deep.equal([`${secret}: stringData`]);
    const { ingress, egress } = inputs(made, `${policy} logs-loki-traffic`).spec as Record<string, object[]>;
    const within = (name: string) => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
    });
    expect(ingress).to.deep.equal([
      { from: [within("logs-nodes"), within("monitoring")], ports: [{ port: 3100, protocol: "TCP" }] },
    ]);
    expect(egress![1]).to.deep.equal({ to: [within("mlplatform")], ports: [{ port: 8333, protocol: "TCP" }] });
    expect(dependencies(made, `${chart} logs`)).to.include(`${chart} logs-loki`);
  });

  it("lie below the folder of a store that somebody else keeps, by the one key that they gave, over TLS", async () => {
    const made = await install(() => onLoki("s3://ml-data/logs", "https://s3.example.com", false));
    expect(inputs(made, secret).stringData).to.include({
      STORE_ENDPOINT: "s3.example.com",
      STORE_INSECURE: "false",
      STORE_BUCKET: "ml-data",
      STORE_PREFIX: "logs/pods/",
      STORE_ACCESS_KEY_ID: "id of all",
    });
  });

  it("start Loki anew when such a store or its key changes, by a mark that tells neither; the stack's own keys stay", async () => {
    const annotations = async (...[uri, endpoint, narrower, secretKey]: Parameters<typeof onLoki>) => {
      const made = await install(() => onLoki(uri, endpoint, narrower, secretKey));
      expect(secretInputs(made)).to.deep.equal([`${secret}: stringData`]);
      const { singleBinary } = inputs(made, `${chart} logs-loki`).values as ReturnType<typeof lokiValues>;
      return singleBinary.podAnnotations;
    };
    const given = ["s3://ml-data/logs", "https://s3.example.com", false] as const;
    const before = await annotations(...given);
    expect(before).to.have.all.keys("mlplatform/store-revision");
    expect(before!["mlplatform/store-revision"]).to.match(/^[0-9a-f]{16}$/);
    expect(await annotations(...given)).to.deep.equal(before);
    expect(await annotations(...given, "another key")).to.not.deep.equal(before);
    expect(await annotations("s3://ml-data/others", "https://s3.example.com", false)).to.not.deep.equal(before);
    expect(await annotations()).to.equal(undefined);
  });
});
