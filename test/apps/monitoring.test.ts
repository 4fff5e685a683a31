import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { parse } from "yaml";
import { chartSource } from "../../charts/source";
import { Monitoring, type MonitoringArgs } from "../../components/apps/monitoring/component";
import type { Address, SignIn } from "../../components/contracts/app";
import { alertRules } from "../../components/observability/alerts/platform";
import { account, building, Follower, Marker, RecordedIdentity } from "../support/foundation";
import { dependencies, inputs, outline, secretInputs, shortName, waitedFor } from "../support/outline";

const k8s = (kind: string) => `kubernetes:${kind}`;
const chart = (name: string) => k8s(`helm.sh/v4:Chart ${name}`);
const secret = (role: string) => k8s(`core/v1:Secret monitoring-secrets-${role}`);
const policy = (role: string) => k8s(`networking.k8s.io/v1:NetworkPolicy monitoring-${role}`);
const rules = k8s("monitoring.coreos.com/v1:PrometheusRule monitoring-rules");
const ingress = k8s("networking.k8s.io/v1:Ingress monitoring");
const topicArn = "arn:aws:sns:eu-west-1:000000000000:made-up";

const address = (): Address => ({
  host: "grafana.ml.example.com",
  url: "https://grafana.ml.example.com",
  ingress: {
    className: "alb",
    annotations: { "alb.ingress.kubernetes.io/certificate-arn": pulumi.output("arn:certificate") },
    ready: [new Marker("balancers")],
  },
});
const signIn = (): SignIn => ({
  provider: "oidc",
  issuer: "https://id.example.com",
  groupsClaim: "groups",
  clientId: "mlplatform",
  clientSecret: pulumi.secret("made-up client secret"),
  groups: { ops: "admin" },
});

describe("monitoring", () => {
  const make = (identity: RecordedIdentity, over: () => Partial<MonitoringArgs> = () => ({})) =>
    new Monitoring("monitoring", {
      ready: [new Marker("cluster")],
      placement: { nodeSelector: { "mlplatform/purpose": "apps" }, tolerations: [] },
      retentionDays: 15,
      storageGiB: 50,
      memoryMiB: 2048,
      scrapeSeconds: 30,
      controlPlaneMetrics: false,
      receivers: {},
      tools: { airflow: true, mlflow: false, jupyterhub: false, models: false },
      modelP99Millis: [],
      runbooks: "docs/runbooks",
      dashboards: [{ name: "made-up", uid: "made_up", folder: "Platform", json: "{}" }],
      identity,
      defined: false,
      values: {},
      ...over(),
    });
  const made = (over?: () => Partial<MonitoringArgs>, identity = new RecordedIdentity()) =>
    building(() => make(identity, over));
  const whole = (): Partial<MonitoringArgs> => ({
    address: address(),
    signIn: signIn(),
    receivers: {
      platform: { kind: "sns", topicArn: pulumi.output(topicArn) },
      fraud: { kind: "slack", channel: "#fraud", url: pulumi.secret("made-up address") },
    },
    cloudWatch: { account, logGroups: ["/aws/eks/mlplatform-test/*"], bill: false },
  });

  it("is namespaces, CRDs, Secrets, rules, traffic rules and one chart", async () => {
    expect(outline(await made())).to.deep.equal([
      "Monitoring monitoring",
      "  Dashboards monitoring-dashboards",
      `    ${k8s("core/v1:ConfigMap monitoring-dashboards-made-up")}`,
      "  MonitoringSecrets monitoring-secrets",
      `    ${secret("admin")}`,
      `    ${secret("alertmanager")}`,
      "    random:index/randomPassword:RandomPassword monitoring-secrets-admin",
      `  ${k8s("core/v1:Namespace monitoring")}`,
      `  ${k8s("core/v1:Namespace monitoring-nodes")}`,
      `  ${chart("monitoring")}`,
      `  ${chart("monitoring-crds")}`,
      `  ${rules}`,
      `  ${policy("among-themselves")}`,
      `  ${policy("closed")}`,
      `  ${policy("grafana")}`,
      `  ${policy("metrics")}`,
      `  ${policy("nodes-closed")}`,
      `  ${k8s("rbac.authorization.k8s.io/v1:Role monitoring-grafana")}`,
    ]);
  });

  it("lets only node-exporter see the host, in a namespace of its own", async () => {
    const registrations = await made();
    const level = (name: string) => {
      const { metadata } = inputs(registrations, k8s(`core/v1:Namespace ${name}`)) as { metadata: { labels: object } };
      return metadata;
    };
    const label = "pod-security.kubernetes.io/enforce";
    expect(level("monitoring")).to.deep.equal({ name: "monitoring", labels: { [label]: "restricted" } });
    expect(level("monitoring-nodes")).to.deep.equal({ name: "monitoring-nodes", labels: { [label]: "privileged" } });
    const { values } = inputs(registrations, chart("monitoring")) as { values: Record<string, object> };
    expect(values["prometheus-node-exporter"]).to.include({ namespaceOverride: "monitoring-nodes" });
  });

  it("makes no definitions of the operator's kinds where somebody else's are adopted", async () => {
    const { registrations } = await made(() => ({ defined: true })).then((all) => ({ registrations: all }));
    expect(registrations.filter(({ name }) => name === "monitoring-crds")).to.deep.equal([]);
  });

  it("pins both charts, with values that hold no secret", async () => {
    const registrations = await made(whole);
    const { values, ...stack } = inputs(registrations, chart("monitoring"));
    expect(stack).to.deep.equal({ ...chartSource("kube-prometheus-stack"), name: "kps", namespace: "monitoring" });
    expect(JSON.stringify(values)).not.to.contain("made-up client secret");
    expect(inputs(registrations, chart("monitoring-crds"))).to.deep.equal({
      ...chartSource("prometheus-operator-crds"),
      name: "prometheus-operator-crds",
      namespace: "monitoring",
    });
  });

  it("keeps secret the administrator's password, the client's secret, Alertmanager's configuration and addresses of receivers", async () => {
    const registrations = await made(whole);
    expect(secretInputs(registrations)).to.deep.equal([
      `${secret("admin")}: stringData`,
      `${secret("alertmanager")}: stringData`,
      `${secret("receivers")}: stringData`,
      `${secret("signIn")}: stringData`,
    ]);
    expect(inputs(registrations, secret("signIn"))).to.deep.include({
      metadata: { name: "grafana-sign-in", namespace: "monitoring" },
      stringData: { "client-secret": "made-up client secret" },
    });
    expect(inputs(registrations, secret("admin")).metadata).to.deep.equal({
      name: "grafana-admin",
      namespace: "monitoring",
    });
  });

  it("waits with the chart for CRDs, Secrets, grants, both namespaces and the rules of traffic", async () => {
    const registrations = await made(whole);
    expect(dependencies(registrations, chart("monitoring"))).to.include.members([
      chart("monitoring-crds"),
      secret("admin"),
      secret("alertmanager"),
      secret("signIn"),
      "test:index:Marker granted-monitoring-grafana",
      "test:index:Marker granted-monitoring-alertmanager",
      k8s("core/v1:Namespace monitoring"),
      k8s("core/v1:Namespace monitoring-nodes"),
      policy("closed"),
    ]);
    expect(dependencies(registrations, k8s("core/v1:Namespace monitoring"))).to.deep.equal([
      "test:index:Marker cluster",
    ]);
  });

  it("offers its CRDs to whoever makes a ServiceMonitor, without having them wait for the rest", async () => {
    const waited = waitedFor(await building(() => new Follower(make(new RecordedIdentity()).crds)));
    expect(waited).to.include(chart("monitoring-crds"));
    expect(waited).not.to.include(chart("monitoring"));
  });

  it("grants what is needed and to nobody else: CloudWatch to Grafana, the topics to Alertmanager", async () => {
    const identity = new RecordedIdentity();
    await made(whole, identity);
    expect(Object.keys(identity.grants).sort()).to.deep.equal(["monitoring-alertmanager", "monitoring-grafana"]);
    const grant = identity.grants["monitoring-alertmanager"]!;
    expect(grant).to.include({ namespace: "monitoring", serviceAccount: "alertmanager" });
    const statements = await new Promise((resolve) => pulumi.output(grant.statements).apply(resolve));
    expect(statements).to.have.nested.property("[0].Resource").deep.equal([topicArn]);
    expect(identity.grants["monitoring-grafana"]).to.include({ namespace: "monitoring", serviceAccount: "grafana" });

    const none = new RecordedIdentity();
    await made(() => ({ receivers: { a: { kind: "webhook", url: "made-up address" } } }), none);
    expect(none.grants).to.deep.equal({});
  });

  it("writes Alertmanager's configuration with the topic's ARN, and mounts the Secrets it names", async () => {
    const registrations = await made(whole);
    const { stringData } = inputs(registrations, secret("alertmanager")) as { stringData: Record<string, string> };
    const written = parse(stringData["alertmanager.yaml"]!);
    expect(written.receivers.map(({ name }: { name: string }) => name)).to.deep.equal(["nobody.", "platform", "fraud"]);
    expect(written.receivers[1].sns_configs[0].topic_arn).to.equal(topicArn);
    expect(written.receivers[2].slack_configs[0].title_link).to.match(/^https:\/\/grafana\.ml\.example\.com\//);
    expect(inputs(registrations, chart("monitoring")))
      .to.have.nested.property("values.alertmanager.alertmanagerSpec.secrets")
      .deep.equal(["alert-receivers"]);
    expect(inputs(registrations, secret("receivers"))).to.deep.include({
      metadata: { name: "alert-receivers", namespace: "monitoring" },
      stringData: { fraud: "made-up address" },
    });
    expect(stringData["alertmanager.yaml"]).to.not.contain("made-up address");
    expect(dependencies(registrations, chart("monitoring"))).to.include(secret("receivers"));
  });

  it("mounts no Secret where no receiver has an address of its own", async () => {
    const registrations = await made(() => ({ receivers: { platform: { kind: "sns", topicArn } } }));
    expect(inputs(registrations, chart("monitoring")))
      .to.have.nested.property("values.alertmanager.alertmanagerSpec.secrets")
      .deep.equal([]);
    expect(outline(registrations).join()).to.not.contain("secrets-receivers");
  });

  it("sends the sign of life to the dead-man's switch that is named, and alerts to the others", async () => {
    const hook = (url: string) => ({ kind: "webhook", url }) as const;
    const receivers = { people: hook("pager"), switch: hook("dead-mans-switch") };
    const registrations = await made(() => ({ receivers, watchdogReceiver: "switch" }));
    const { stringData } = inputs(registrations, secret("alertmanager")) as { stringData: Record<string, string> };
    const { route } = parse(stringData["alertmanager.yaml"]!);
    expect(route.receiver).to.equal("people");
    expect(route.routes[0]).to.deep.include({ receiver: "switch", matchers: ['alertname="Watchdog"'] });
  });

  it("has the rules of the tools that the stack has", async () => {
    const registrations = await made();
    expect(inputs(registrations, rules).spec).to.deep.equal({
      groups: alertRules(
        { airflow: true, mlflow: false, jupyterhub: false, models: false },
        { owner: "platform", runbooks: "docs/runbooks" },
      ),
    });
    expect(dependencies(registrations, rules)).to.include(chart("monitoring-crds"));
  });

  it("lets Grafana read ConfigMaps of its namespace, and no Secret", async () => {
    const registrations = await made();
    const role = inputs(registrations, k8s("rbac.authorization.k8s.io/v1:Role monitoring-grafana"));
    expect(role).to.deep.include({
      metadata: { name: "grafana-dashboards", namespace: "monitoring" },
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] }],
    });
    const { values } = inputs(registrations, chart("monitoring")) as { values: { grafana: { rbac: object } } };
    expect(values.grafana.rbac).to.deep.equal({ namespaced: true, useExistingRole: "grafana-dashboards" });
  });

  it("reads the metrics of what keeps the data, where the cluster itself keeps them", async () => {
    const tools = {
      airflow: false,
      mlflow: false,
      jupyterhub: false,
      models: false,
      database: true,
      objectStore: true,
    };
    const registrations = await made(() => ({ tools }));
    const monitor = (role: string) =>
      inputs(registrations, `kubernetes:monitoring.coreos.com/v1:PodMonitor monitoring-${role}`);
    expect(monitor("database")).to.deep.include({
      metadata: { name: "database", namespace: "monitoring" },
      spec: {
        namespaceSelector: { matchNames: ["mlplatform"] },
        selector: { matchLabels: { "cnpg.io/cluster": "database" } },
        podMetricsEndpoints: [{ portNumber: 9187, path: "/metrics", interval: "30s" }],
      },
    });
    expect(monitor("object-store").spec).to.deep.include({
      podMetricsEndpoints: [{ portNumber: 9324, path: "/metrics", interval: "30s" }],
    });
    expect((await made()).map(shortName).join()).to.not.contain("PodMonitor");
  });

  it("publishes Grafana at its address, with a health check that needs no sign-in, and goes before what publishes it", async () => {
    const registrations = await made(whole);
    expect(inputs(registrations, ingress)).to.deep.include({
      metadata: {
        name: "grafana",
        namespace: "monitoring",
        annotations: {
          "alb.ingress.kubernetes.io/certificate-arn": "arn:certificate",
          "alb.ingress.kubernetes.io/healthcheck-path": "/api/health",
        },
      },
      spec: {
        ingressClassName: "alb",
        rules: [
          {
            host: "grafana.ml.example.com",
            http: {
              paths: [
                { path: "/", pathType: "Prefix", backend: { service: { name: "grafana", port: { number: 80 } } } },
              ],
            },
          },
        ],
      },
    });
    expect(dependencies(registrations, ingress)).to.include.members([
      "test:index:Marker balancers",
      chart("monitoring"),
    ]);
  });

  it("takes a TLS Secret where the ingress wants one, and tells only an AWS load balancer of AWS", async () => {
    const registrations = await made(() => ({
      address: {
        ...address(),
        tlsSecretName: "grafana-tls",
        ingress: { className: "nginx", annotations: {}, ready: [] },
      },
    }));
    expect(inputs(registrations, ingress)).to.deep.nested.include({
      "spec.tls": [{ hosts: ["grafana.ml.example.com"], secretName: "grafana-tls" }],
      "metadata.annotations": { "pulumi.com/skipAwait": "true" },
    });
  });

  it("is reached by port forwarding, as administrator, where there is no address", async () => {
    let url: string | undefined = "unset";
    const registrations = await building(() => {
      url = make(new RecordedIdentity(), () => ({ signIn: signIn() })).grafanaUrl;
    });
    expect(url).to.equal(undefined);
    expect(outline(registrations).join()).not.to.contain("Ingress").and.not.to.contain("signIn");
    const { values } = inputs(registrations, chart("monitoring")) as { values: { grafana: Record<string, object> } };
    expect(values.grafana["grafana.ini"]).to.deep.include({
      server: { root_url: "http://localhost:3000" },
      auth: { disable_login_form: false },
    });
  });

  it("lets in its own pods, anyone to Grafana, and readers of metrics to Prometheus", async () => {
    const registrations = await made();
    const spec = (role: string) => inputs(registrations, policy(role)).spec;
    expect(spec("closed")).to.deep.equal({ podSelector: {}, policyTypes: ["Ingress"] });
    expect(spec("among-themselves")).to.deep.equal({
      podSelector: {},
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ podSelector: {} }] }],
    });
    expect(spec("grafana")).to.deep.equal({
      podSelector: { matchLabels: { "app.kubernetes.io/name": "grafana" } },
      policyTypes: ["Ingress"],
      ingress: [{ ports: [{ port: 3000, protocol: "TCP" }] }],
    });
    expect(spec("metrics")).to.deep.equal({
      podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } },
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: [{ namespaceSelector: {}, podSelector: { matchLabels: { "mlplatform/reads-metrics": "true" } } }],
          ports: [{ port: 9090, protocol: "TCP" }],
        },
      ],
    });
  });

  it("merges the stack's own values last", async () => {
    const registrations = await made(() => ({ values: { prometheus: { prometheusSpec: { retention: "3d" } } } }));
    const { values } = inputs(registrations, chart("monitoring")) as { values: Record<string, never> };
    expect(values).to.deep.nested.include({
      "prometheus.prometheusSpec.retention": "3d",
      "prometheus.prometheusSpec.scrapeInterval": "30s",
    });
  });

  it("asks for the same in a preview", async () => {
    const preview = await building(() => make(new RecordedIdentity(), whole), { preview: true });
    expect(outline(preview)).to.deep.equal(outline(await made(whole)));
  });
});
