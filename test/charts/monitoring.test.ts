import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { parse } from "yaml";
import { type ChartName, charts } from "../../charts/lock";
import { cachedChartFile } from "../../charts/source";
import { type GrafanaSignIn, roleAttributePath } from "../../charts/values/grafanaSignIn";
import {
  alertmanagerName,
  alertmanagerPort,
  type MonitoringFacts,
  monitoringValues,
  prometheusName,
  prometheusPort,
} from "../../charts/values/monitoring";
import type { Role } from "../../components/contracts/app";
import { inhibitions } from "../../components/observability/alerts/inhibitions";
import { helmTemplate } from "../../simulator/cloud/expansions/helmTemplate";
import { installedHelm } from "../../simulator/helm";
import { skip } from "../support/skip";

type Tree = Record<string, unknown>;

const groups: Record<string, Role> = { ops: "admin", science: "editor", guests: "viewer" };
const client = { clientId: "mlplatform", groups, secretName: "grafana-sign-in" };
const signIns: Record<string, GrafanaSignIn> = {
  oidc: { ...client, provider: "oidc", issuer: "https://id.example.com/realms/company", groupsClaim: "groups" },
  github: { ...client, provider: "github", organization: "Example-Company" },
  google: { ...client, provider: "google", hostedDomain: "example.com", groups: { "a@example.com": "admin" } },
};

function facts(
  over: Partial<MonitoringFacts> = {},
  grafana: Partial<MonitoringFacts["grafana"]> = {},
): MonitoringFacts {
  return {
    retentionDays: 15,
    storageGiB: 50,
    memoryMiB: 2048,
    scrapeSeconds: 30,
    controlPlaneMetrics: false,
    nodeNamespace: "monitoring-nodes",
    alertmanagerSecretName: "alertmanager-config",
    receiverSecretNames: ["slack"],
    alertmanagerServiceAccount: "alertmanager",
    prometheusServiceAccount: "prometheus",
    nodeSelector: { "mlplatform/purpose": "apps" },
    tolerations: [],
    grafana: {
      adminSecretName: "grafana-admin",
      serviceAccount: "grafana",
      rootUrl: "https://grafana.ml.example.com",
      ...grafana,
    },
    ...over,
  };
}
const ini = (signIn?: GrafanaSignIn, rootUrl = "https://grafana.ml.example.com") =>
  monitoringValues(facts({}, { rootUrl, ...(signIn ? { signIn } : {}) })).grafana["grafana.ini"] as Record<
    string,
    Tree
  >;

describe("values of the Prometheus stack", () => {
  it("leave out whatever is a Helm hook, and the CRDs, which have a chart of their own", () => {
    expect(monitoringValues(facts())).to.deep.nested.include({
      "crds.enabled": false,
      "prometheusOperator.admissionWebhooks": { enabled: false },
      "prometheusOperator.tls": { enabled: false },
      "grafana.testFramework": { enabled: false },
    });
  });

  it("start the operator after its rights: what it may not do at its start it never does", () => {
    const { annotations } = monitoringValues(facts()).prometheusOperator;
    expect(annotations["config.kubernetes.io/depends-on"].split(", ")).to.deep.equal([
      "rbac.authorization.k8s.io/ClusterRole/kps-operator",
      "rbac.authorization.k8s.io/ClusterRoleBinding/kps-operator",
    ]);
  });

  it("keep metrics as long and as large as told, with room on the volume for what is not yet a block", () => {
    expect(
      monitoringValues(facts({ storageGiB: 100, retentionDays: 7, memoryMiB: 4096 })).prometheus.prometheusSpec,
    ).to.deep.nested.include({
      retention: "7d",
      retentionSize: "81920MB",
      "resources.limits": { memory: "4096Mi" },
      "resources.requests.memory": "4096Mi",
      "storageSpec.volumeClaimTemplate.spec": {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "100Gi" } },
      },
    });
  });

  it("name the storage class only where one is known", () => {
    const classes = (text: string) => text.match(/"storageClassName":"fast"/g) ?? [];
    expect(JSON.stringify(monitoringValues(facts()))).not.to.contain("storageClassName");
    expect(classes(JSON.stringify(monitoringValues(facts({ storageClass: "fast" }))))).to.have.length(3);
  });

  for (const seen of [true, false]) {
    it(`${seen ? "watch" : "ignore"} the control plane, and its rules, where it can ${seen ? "" : "not "}be scraped`, () => {
      const values = monitoringValues(facts({ controlPlaneMetrics: seen }));
      for (const part of ["kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy"] as const) {
        expect(values[part], part).to.deep.equal({ enabled: seen });
      }
      expect(values.defaultRules.rules).to.deep.equal({
        etcd: seen,
        kubeControllerManager: seen,
        kubeSchedulerAlerting: seen,
        kubeSchedulerRecording: seen,
        kubeProxy: seen,
        windows: false,
      });
    });
  }
});

describe("values of Grafana", () => {
  it("have CloudWatch as a source only where there is one", () => {
    const sources = (region?: string) =>
      monitoringValues(facts({}, region === undefined ? {} : { cloudWatchRegion: region })).grafana
        .additionalDataSources;
    expect(sources()).to.deep.equal([]);
    expect(sources("eu-west-1")).to.deep.equal([
      {
        name: "CloudWatch",
        uid: "cloudwatch",
        type: "cloudwatch",
        access: "proxy",
        editable: false,
        jsonData: { authType: "default", defaultRegion: "eu-west-1" },
      },
    ]);
  });

  it("show the login form only where nobody else says who people are", () => {
    expect(ini().auth).to.deep.equal({ disable_login_form: false });
    for (const signIn of Object.values(signIns)) expect(ini(signIn).auth).to.deep.equal({ disable_login_form: true });
    expect(ini()["auth.anonymous"]).to.deep.equal({ enabled: false });
  });

  it("want cookies over TLS where there is TLS", () => {
    expect(ini().security).to.include({ cookie_secure: true, strict_transport_security: true });
    expect(ini(undefined, "http://localhost:3000").security).to.include({ cookie_secure: false });
  });

  for (const [name, section, variable] of [
    ["oidc", "auth.generic_oauth", "GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET"],
    ["github", "auth.github", "GF_AUTH_GITHUB_CLIENT_SECRET"],
    ["google", "auth.google", "GF_AUTH_GOOGLE_CLIENT_SECRET"],
  ] as const) {
    it(`take the client's secret for ${name} from a Secret, and turn away who has no role`, () => {
      const { grafana } = monitoringValues(facts({}, { signIn: signIns[name]! }));
      expect(grafana)
        .to.have.property("envValueFrom")
        .deep.equal({
          [variable]: { secretKeyRef: { name: "grafana-sign-in", key: "client-secret" } },
        });
      expect(ini(signIns[name])[section]).to.include({
        enabled: true,
        client_id: "mlplatform",
        role_attribute_strict: true,
      });
      expect(ini(signIns[name])[section]).not.to.have.property("client_secret");
    });
  }

  it("let in only members of the organization, or accounts of the domain", () => {
    expect(ini(signIns.github)["auth.github"]).to.include({ allowed_organizations: "Example-Company" });
    expect(ini(signIns.google)["auth.google"]).to.include({
      allowed_domains: "example.com",
      hosted_domain: "example.com",
    });
  });
});

describe("the role of a person in Grafana", () => {
  const oidc = { provider: "oidc", issuer: "https://id.example.com", groupsClaim: "cognito:groups" } as const;

  it("is the highest that a group of theirs has", () => {
    expect(roleAttributePath({ ...oidc, groupsClaim: "groups" }, { a: "viewer", b: "admin", c: "admin" })).to.equal(
      '(contains("groups" || `[]`, `"b"`) || contains("groups" || `[]`, `"c"`)) && \'Admin\'' +
        ' || (contains("groups" || `[]`, `"a"`)) && \'Viewer\'',
    );
  });

  it("comes from the organization's teams on GitHub, by slug", () => {
    expect(roleAttributePath({ provider: "github", organization: "Example" }, { Ops: "admin" })).to.equal(
      '(contains("groups" || `[]`, `"@Example/ops"`)) && \'Admin\''.replace('"groups"', "groups"),
    );
  });

  it("comes from an address or the whole domain on Google, never from an address alone", () => {
    expect(
      roleAttributePath(
        { provider: "google", hostedDomain: "example.com" },
        { "A@example.com": "admin", "example.com": "viewer" },
      ),
    ).to.equal(
      '(hd == `"example.com"` && email == `"a@example.com"`) && \'Admin\' || (hd == `"example.com"`) && \'Viewer\'',
    );
  });

  it("is none where no group has one", () => {
    expect(roleAttributePath(oidc, {})).to.equal("`null`");
  });

  it("never hears more than a name in a group's name, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (group) => {
        const path = roleAttributePath(oidc, { [group]: "viewer" });
        const [, text] = /^\(contains\("cognito:groups" \|\| `\[\]`, `("[^`]*")`\)\) && 'Viewer'$/.exec(path)!;
        // Plain characters and escapes only: nothing for Helm's templates, the ini reader or Grafana's variables.
        expect(text).to.match(/^"(?:[A-Za-z0-9 @:/._-]|\\u[0-9a-f]{4})*"$/);
        expect(JSON.parse(text!)).to.equal(group);
      }),
    );
  });
});

interface Rendered {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  data?: Record<string, string>;
  spec?: Tree & { selector?: { matchLabels?: Record<string, string> } };
  rules?: { resources: string[] }[];
}

describe("the Prometheus stack, rendered", function () {
  this.timeout(60_000);
  let helm: string;

  before(async function () {
    for (const name of ["kube-prometheus-stack", "prometheus-operator-crds"] as const) {
      if (!existsSync(cachedChartFile(name))) {
        skip(
          this,
          `${cachedChartFile(name)} is not there: pull charts, or name their directory in MLPLATFORM_CHART_CACHE`,
        );
      }
    }
    const found = await installedHelm();
    if (!found) skip(this, "no Helm 3 here: put it on PATH, or run `make up` once");
    helm = found.path;
  });

  const render = async (name: ChartName, values: object): Promise<Rendered[]> =>
    (await helmTemplate(helm, {
      chart: cachedChartFile(name),
      releaseName: "kps",
      namespace: "monitoring",
      values: values as Tree,
      includeCrds: true,
      kubernetesVersion: "1.34",
    })) as unknown as Rendered[];
  const hooks = (values: object) => {
    const args = [
      "template",
      "kps",
      cachedChartFile("kube-prometheus-stack"),
      "--kube-version",
      "1.34",
      "--values",
      "-",
    ];
    const options = { input: JSON.stringify(values), encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
    return execFileSync(helm, args, options).split("helm.sh/hook").length - 1;
  };
  const cases: Record<string, object> = {
    plain: monitoringValues(facts()),
    "control plane": monitoringValues(facts({ controlPlaneMetrics: true, storageClass: "fast" })),
    ...Object.fromEntries(
      Object.entries(signIns).map(([name, signIn]) => [
        name,
        monitoringValues(facts({}, { signIn, cloudWatchRegion: "eu-west-1" })),
      ]),
    ),
  };

  it("has the rights that the operator's Deployment waits for, under these names", async () => {
    const objects = await render("kube-prometheus-stack", monitoringValues(facts()));
    const operator = objects.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "kps-operator")!;
    const { annotations } = operator.metadata as { annotations?: Record<string, string> };
    for (const entry of annotations!["config.kubernetes.io/depends-on"]!.split(", ")) {
      const [, kind, name] = entry.split("/");
      expect(
        objects.some((each) => each.kind === kind && each.metadata.name === name),
        entry,
      ).to.equal(true);
    }
  });

  it("has an operator that leaves alone what another one keeps, and whose own no other one takes", async () => {
    const objects = await render("kube-prometheus-stack", monitoringValues(facts()));
    const found = (kind: string) => objects.find((each) => each.kind === kind)!;
    const own = "operator.prometheus.io/controller-id";
    const ids = ["Prometheus", "Alertmanager"].map(
      (kind) => (found(kind).metadata as { annotations?: Record<string, string> }).annotations?.[own],
    );
    const [id] = ids;
    expect(ids).to.deep.equal(["mlplatform/kps-operator", "mlplatform/kps-operator"]);
    const operator = objects.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "kps-operator")!;
    const { containers } = (
      operator as unknown as { spec: { template: { spec: { containers: { args: string[] }[] } } } }
    ).spec.template.spec;
    expect(containers[0]!.args).to.include(`--controller-id=${id}`);
  });

  it("would have hooks by itself", () => {
    expect(hooks({})).to.be.greaterThan(0);
  });

  for (const [name, values] of Object.entries(cases)) {
    it(`(${name}) has no hook, no chance in it, no CRD and no Secret of ours`, async () => {
      const once = await render("kube-prometheus-stack", values);
      expect(await render("kube-prometheus-stack", values)).to.deep.equal(once);
      expect(once.length).to.be.greaterThan(80);
      expect(hooks(values)).to.equal(0);
      const kinds = once.map(({ kind }) => kind);
      expect(kinds).not.to.include("CustomResourceDefinition").and.not.to.include("Secret");
    });
  }

  it("has in its values only keys that the chart knows: it would take any other without a word", () => {
    const read = (file: string) =>
      parse(
        execFileSync("tar", ["-xzOf", cachedChartFile("kube-prometheus-stack"), `kube-prometheus-stack/${file}`], {
          encoding: "utf8",
          maxBuffer: 16 * 1024 * 1024,
        }),
      ) as Tree;
    const known = read("values.yaml");
    for (const part of ["grafana", "kube-state-metrics", "prometheus-node-exporter"]) {
      known[part] = deepUnion(read(`charts/${part}/values.yaml`), known[part] as Tree);
    }
    const unknown = Object.values(cases).flatMap((values) => unknownKeys(values as Tree, known));
    // Keys that stand in the chart as a comment, since they have no default.
    const commented =
      /^(alertmanager\.alertmanagerSpec\.configSecret|grafana\.(fullnameOverride|persistence\.storageClassName|grafana\.ini\..*|containerSecurityContext\..*))$/;
    expect(unknown.filter((path) => !commented.test(path))).to.deep.equal([]);
    expect(unknownKeys({ grafana: { persistnce: {} } }, known)).to.deep.equal(["grafana.persistnce"]);
  });

  it("keeps every pod but node-exporter's within the restricted level, with pinned images and limits", async () => {
    const objects = await render("kube-prometheus-stack", cases.oidc!);
    const workloads = objects.filter(({ kind }) => ["Deployment", "DaemonSet", "StatefulSet", "Job"].includes(kind));
    expect(workloads.map(({ metadata }) => metadata.name).sort()).to.deep.equal([
      "grafana",
      "kps-kube-state-metrics",
      "kps-operator",
      "kps-prometheus-node-exporter",
    ]);
    for (const { metadata, spec } of workloads) {
      const pod = (spec as unknown as { template: { spec: Pod } }).template.spec;
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        const where = `${metadata.name}/${container.name}`;
        expect(container.image, where).to.match(/^[a-z0-9.-]+\/[a-z0-9/-]+:v?\d+\.\d+\.\d+(-distroless)?$/);
        expect(container.resources?.limits, where).to.have.property("memory");
        if (metadata.namespace === "monitoring-nodes") continue;
        expect(container.securityContext, where).to.deep.include({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
        });
        const profile = container.securityContext?.seccompProfile ?? pod.securityContext?.seccompProfile;
        expect(profile, where).to.deep.equal({ type: "RuntimeDefault" });
        expect(pod.securityContext, where).to.include({ runAsNonRoot: true });
      }
      expect(Boolean(pod.hostNetwork || pod.hostPID), metadata.name).to.equal(
        metadata.namespace === "monitoring-nodes",
      );
    }
  });

  it("lets nobody but the operator read Secrets of other namespaces", async () => {
    const objects = await render("kube-prometheus-stack", cases.plain!);
    const readers = objects.filter(
      ({ kind, rules }) => kind === "ClusterRole" && rules?.some(({ resources }) => resources?.includes("secrets")),
    );
    // kube-state-metrics counts Secrets by their metadata; the chart has no smaller set of its rights that still does.
    expect(readers.map(({ metadata }) => metadata.name).sort()).to.deep.equal([
      "kps-kube-state-metrics",
      "kps-operator",
    ]);
  });

  it("has the service accounts that permissions go to, and the Services that others reach", async () => {
    const objects = await render("kube-prometheus-stack", cases.oidc!);
    const names = (wanted: string) =>
      objects.filter(({ kind }) => kind === wanted).map(({ metadata }) => metadata.name);
    expect(names("ServiceAccount")).to.include.members(["grafana", "alertmanager", "prometheus"]);
    const port = (name: string) => {
      const service = objects.find(({ kind, metadata }) => kind === "Service" && metadata.name === name)!;
      return (service.spec as unknown as { ports: { port: number }[] }).ports[0]!.port;
    };
    expect([port("grafana"), port(prometheusName), port(alertmanagerName)]).to.deep.equal([
      80,
      prometheusPort,
      alertmanagerPort,
    ]);
    const grafana = objects.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "grafana")!;
    const { labels } = (grafana.spec as unknown as { template: { metadata: { labels: Tree } } }).template.metadata;
    expect(labels["app.kubernetes.io/name"]).to.equal("grafana"); // By which its traffic is let in.
  });

  it("has the rules that a model without a version holds back, each about one Deployment by its name", async () => {
    const objects = await render("kube-prometheus-stack", cases.oidc!);
    const rules = objects
      .filter(({ kind }) => kind === "PrometheusRule")
      .flatMap(({ spec }) => (spec as unknown as { groups: { rules: { alert?: string; expr: string }[] }[] }).groups)
      .flatMap((group) => group.rules);
    const held = inhibitions.find(({ source_matchers }) => source_matchers.join() === 'alertname="ModelWaiting"')!;
    const [, names] = /^alertname=~"(.*)"$/.exec(held.target_matchers[0]!)!;
    for (const name of names!.split("|")) {
      const { expr } = rules.find(({ alert }) => alert === name)!;
      expect(expr, name).to.match(/kube_deployment_\w+/);
      expect(expr, "all labels of the series are kept").to.not.match(/\b(by|on|without|ignoring|absent)\b/);
    }
  });

  it("has a Service for every ServiceMonitor", async () => {
    const objects = await render("kube-prometheus-stack", cases["control plane"]!);
    const services = objects.filter(({ kind }) => kind === "Service");
    const unmatched = objects
      .filter(({ kind }) => kind === "ServiceMonitor")
      .filter(({ spec }) => {
        const wanted = Object.entries(spec!.selector!.matchLabels ?? {});
        return !services.some(({ metadata }) => wanted.every(([key, value]) => metadata.labels?.[key] === value));
      });
    // Services of the API server and of kubelets are the cluster's and the operator's.
    expect(unmatched.map(({ metadata }) => metadata.name).sort()).to.deep.equal(["kps-apiserver", "kps-kubelet"]);
  });

  it("gets its CRDs from the other chart: all that it and the apps make objects of", async () => {
    const crds = await render("prometheus-operator-crds", {});
    expect(crds.every(({ kind }) => kind === "CustomResourceDefinition")).to.equal(true);
    const known = new Set(crds.map(({ spec }) => (spec as unknown as { names: { kind: string } }).names.kind));
    for (const kind of ["Prometheus", "Alertmanager", "ServiceMonitor", "PodMonitor", "PrometheusRule"]) {
      expect(known.has(kind), kind).to.equal(true);
    }
    const operator = (name: ChartName) =>
      /^appVersion: (\S+)$/m.exec(
        execFileSync(helm, ["show", "chart", cachedChartFile(name)], { encoding: "utf8" }),
      )![1];
    expect(operator("prometheus-operator-crds")).to.equal(operator("kube-prometheus-stack"));
    expect(charts).to.have.property("prometheus-operator-crds");
  });
});

interface Pod {
  hostNetwork?: boolean;
  hostPID?: boolean;
  securityContext?: Tree;
  initContainers?: Container[];
  containers: Container[];
}

interface Container {
  name: string;
  image: string;
  resources?: { limits?: object };
  securityContext?: Tree;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function deepUnion(one: Tree, other: Tree): Tree {
  const union = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const below = union[key];
    union[key] = isTree(below) && isTree(value) ? deepUnion(below, value) : value;
  }
  return union;
}

/** Paths of what a chart does not know. Below an empty default anything goes: those are free maps. */
function unknownKeys(values: Tree, known: Tree, path = ""): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const here = path === "" ? key : `${path}.${key}`;
    if (!Object.hasOwn(known, key)) return [here];
    const below = known[key];
    return isTree(value) && isTree(below) && Object.keys(below).length > 0 ? unknownKeys(value, below, here) : [];
  });
}
