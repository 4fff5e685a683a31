import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { modelServer } from "../../charts/values/modelServer";
import { installedHelm } from "../../simulator/helm";
import { type ChartObject, theObject } from "../support/mlflowChart";
import { modelServerChartFolder, modelServerFacts, renderModelServer, renderValues } from "../support/modelServerChart";
import { skip } from "../support/skip";

const tracks = ["churn", "churn-canary"];
const image = { repository: "registry.example.com/ml/model-server", tag: "1.2.0" };
const {
  publicPrefix: _prefix,
  monitoringNamespace: _monitoring,
  samplePercent: _percent,
  ...quiet
} = modelServerFacts();

type Variable = { name: string; value?: string };
const podOf = (objects: ChartObject[], name: string) => theObject(objects, "Deployment", name).spec.template.spec;
const environment = (objects: ChartObject[], name: string): Record<string, string | undefined> =>
  Object.fromEntries(podOf(objects, name).containers[0].env.map(({ name, value }: Variable) => [name, value]));
const within = (labels: Record<string, string>, wanted: Record<string, string>) =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

describe("the model-server chart", function () {
  this.timeout(60_000);
  let helm: string;
  let all: ChartObject[];

  before(async function () {
    const installed = await installedHelm();
    if (!installed) skip(this, "needs Helm 3: install it, or run `npm test` once, which builds it");
    helm = installed.path;
    all = await renderModelServer(helm, modelServerFacts());
  });

  it("passes helm lint with nothing but an image", () => {
    const args = [
      "lint",
      "--strict",
      modelServerChartFolder,
      "--kube-version",
      "1.34.0",
      "--set",
      "image.repository=x",
    ];
    expect(execFileSync(helm, args, { encoding: "utf8" })).to.contain("0 chart(s) failed");
  });

  it("renders these objects, each in the namespace of models, and the same again", async () => {
    expect(all.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).to.deep.equal([
      "Deployment churn",
      "Deployment churn-canary",
      "HorizontalPodAutoscaler churn",
      "NetworkPolicy churn",
      "PodDisruptionBudget churn",
      "Service churn",
      "Service churn-canary",
      "ServiceAccount churn",
      "ServiceMonitor churn",
    ]);
    for (const each of all) expect(each.metadata.namespace, each.kind).to.equal("models");
    expect(await renderModelServer(helm, modelServerFacts())).to.deep.equal(all);
  });

  it("leaves out what is not wanted: no way in from outside, nothing watched, one pod", async () => {
    const objects = await renderModelServer(helm, { ...quiet, minReplicas: 1 });
    expect(objects.map(({ kind }) => kind).sort()).to.deep.equal([
      ...["Deployment", "Deployment", "HorizontalPodAutoscaler", "NetworkPolicy"],
      ...["Service", "Service", "ServiceAccount"],
    ]);
    expect(theObject(objects, "Service", "churn").spec.ports.map(({ name }: Variable) => name)).to.deep.equal([
      "http",
      "metrics",
    ]);
    expect(environment(objects, "churn")).to.not.have.any.keys(
      "MODEL_SERVER_PUBLIC_PORT",
      "MODEL_SERVER_TOKEN_FILE",
      "MODEL_SERVER_SAMPLE_PERCENT",
    );
    expect(JSON.stringify(theObject(objects, "NetworkPolicy").spec.ingress)).to.not.contain("8081");
  });

  it("has no hooks: helm.v4.Chart would drop them", () => {
    const templates = join(modelServerChartFolder, "templates");
    for (const file of readdirSync(templates)) {
      expect(readFileSync(join(templates, file), "utf8"), file).to.not.contain("helm.sh/hook");
    }
  });

  for (const track of tracks) {
    describe(`of ${track}`, () => {
      it("lets pods satisfy the level restricted, on a read-only root, without a token for the Kubernetes API", () => {
        const pod = podOf(all, track);
        expect(pod.securityContext).to.deep.include({
          runAsNonRoot: true,
          runAsUser: 10001,
          seccompProfile: { type: "RuntimeDefault" },
        });
        expect(pod.automountServiceAccountToken).to.equal(false);
        expect(pod.containers).to.have.length(1);
        expect(pod.containers[0].securityContext).to.deep.equal({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(pod.containers[0].resources).to.deep.equal({
          requests: { cpu: "500m", memory: "1024Mi" },
          limits: { memory: "1024Mi" },
        });
        expect(pod.volumes.find(({ name }: Variable) => name === "tmp").emptyDir).to.deep.equal({
          sizeLimit: "4096Mi",
        });
      });

      it("names an exact image, runs as the account that the grant is for, and spreads over zones and nodes", () => {
        const pod = podOf(all, track);
        expect(pod.containers[0].image).to.equal("registry.example.com/ml/model-server:1.2.0");
        expect(pod.serviceAccountName).to.equal("churn");
        expect(pod.nodeSelector).to.deep.equal({ "mlplatform/purpose": "serving" });
        const { spec } = theObject(all, "Deployment", track);
        for (const constraint of pod.topologySpreadConstraints) {
          expect(constraint.labelSelector).to.deep.equal(spec.selector);
        }
      });

      it("tells readiness from life: a version that is not there yet restarts nothing", () => {
        const [{ startupProbe, readinessProbe, livenessProbe }] = podOf(all, track).containers;
        expect(startupProbe.httpGet).to.deep.equal({ path: "/health/live", port: "http" });
        expect(livenessProbe.httpGet).to.deep.equal({ path: "/health/live", port: "http" });
        expect(readinessProbe.httpGet).to.deep.equal({ path: "/health/ready", port: "http" });
      });

      it("gives what has begun its time to end", () => {
        const pod = podOf(all, track);
        const drain = Number(environment(all, track).MODEL_SERVER_DRAIN_SECONDS);
        const { seconds } = pod.containers[0].lifecycle.preStop.sleep;
        const longest = Number(environment(all, track).MODEL_SERVER_TIMEOUT_MILLIS) / 1000;
        // The last request may come at the end of the drain; then the server writes its log for at most 5 seconds.
        expect(pod.terminationGracePeriodSeconds).to.be.above(seconds + drain + longest + 5);
      });

      it("follows the file that the release controller writes, which may be missing", () => {
        const pod = podOf(all, track);
        const { volumes, containers } = pod;
        expect(volumes.find(({ name }: Variable) => name === "release").configMap).to.deep.equal({
          name: "churn-release",
          optional: true,
        });
        const { mountPath } = containers[0].volumeMounts.find(({ name }: Variable) => name === "release");
        expect(environment(all, track).MODEL_SERVER_RELEASE_FILE).to.equal(`${mountPath}/release.json`);
        expect(containers[0].volumeMounts.every((mount: object) => !("subPath" in mount))).to.equal(true);
      });
    });
  }

  it("leaves the number of pods to those who scale them", () => {
    for (const track of tracks) expect(theObject(all, "Deployment", track).spec).to.not.have.property("replicas");
  });

  it("alone keeps the canary at rest, and the number of replicas that it is told", async () => {
    const objects = await renderValues(helm, { image, replicaCount: 3 });
    expect(theObject(objects, "Deployment", "churn").spec.replicas).to.equal(3);
    expect(theObject(objects, "Deployment", "churn-canary").spec.replicas).to.equal(0);
  });

  it("lets each Service and Deployment find its own track, and never the other's pods", () => {
    for (const track of tracks) {
      const labels = theObject(all, "Deployment", track).spec.template.metadata.labels;
      for (const other of tracks) {
        const { matchLabels } = theObject(all, "Deployment", other).spec.selector;
        expect(within(labels, matchLabels), `pods of ${track}, Deployment ${other}`).to.equal(track === other);
        const { selector } = theObject(all, "Service", other).spec;
        expect(within(labels, selector), `pods of ${track}, Service ${other}`).to.equal(track === other);
      }
    }
    expect(theObject(all, "PodDisruptionBudget").spec.selector.matchLabels).to.include({
      "mlplatform/track": "stable",
    });
  });

  it("has the stable pods alone ask the canary, where there is one", async () => {
    expect(environment(all, "churn").MODEL_SERVER_CANARY_URL).to.equal("http://churn-canary.models.svc:8080");
    expect(environment(all, "churn-canary")).to.not.have.property("MODEL_SERVER_CANARY_URL");
    const objects = await renderModelServer(helm, modelServerFacts(), { canary: { enabled: false } });
    expect(objects.map(({ metadata }) => metadata.name)).to.not.include("churn-canary");
    expect(environment(objects, "churn")).to.not.have.property("MODEL_SERVER_CANARY_URL");
  });

  it("has Prometheus find both Services by a port that they have", () => {
    const { selector, endpoints } = theObject(all, "ServiceMonitor").spec;
    for (const track of tracks) {
      const service = theObject(all, "Service", track);
      expect(within(service.metadata.labels!, selector.matchLabels), track).to.equal(true);
      const port = service.spec.ports.find(({ name }: Variable) => name === endpoints[0].port);
      expect(port?.targetPort, track).to.equal(modelServer.metricsPortNumber);
    }
  });

  it("scales by CPU, or by the requests that a pod has at once", async () => {
    const metricsOf = (objects: ChartObject[]) => theObject(objects, "HorizontalPodAutoscaler").spec.metrics;
    expect(metricsOf(all)).to.deep.equal([
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } },
    ]);
    const over = { autoscaling: { metric: "inflight", targetInflightRequests: 4 } };
    expect(metricsOf(await renderModelServer(helm, modelServerFacts(), over))).to.deep.equal([
      {
        type: "Pods",
        pods: {
          metric: { name: "model_server_inflight_requests" },
          target: { type: "AverageValue", averageValue: "4" },
        },
      },
    ]);
  });

  it("asks for GPUs where the model needs them", async () => {
    const objects = await renderModelServer(helm, modelServerFacts({ gpus: 1 }));
    for (const name of tracks) {
      const { strategy } = theObject(objects, "Deployment", name).spec;
      expect(strategy.rollingUpdate, "one more might find no GPU").to.deep.equal({ maxUnavailable: 1, maxSurge: 0 });
      const { strategy: usual } = theObject(all, "Deployment", name).spec;
      expect(usual.rollingUpdate, "nobody is missing").to.deep.equal({ maxUnavailable: 0, maxSurge: 1 });
    }
    for (const track of tracks) {
      expect(podOf(objects, track).containers[0].resources.limits).to.deep.equal({
        memory: "1024Mi",
        "nvidia.com/gpu": 1,
      });
    }
  });

  describe("lets in", () => {
    type Rule = { from?: object[]; to?: object[]; ports: { port: number }[] };
    const rulesFor = (side: "ingress" | "egress", port: number): Rule[] =>
      theObject(all, "NetworkPolicy").spec[side].filter(({ ports }: Rule) => ports.some((each) => each.port === port));
    const inNamespace = (name: string) => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
    });
    const ofTrack = (track: string) => ({
      podSelector: {
        matchLabels: {
          "app.kubernetes.io/name": "model-server",
          "app.kubernetes.io/instance": "churn",
          "mlplatform/track": track,
        },
      },
    });

    it("callers of the namespaces that are named, and the stable pods; nobody else of its own namespace", () => {
      expect(rulesFor("ingress", 8080).map(({ from }) => from)).to.deep.equal([
        [ofTrack("stable"), inNamespace("airflow"), inNamespace("jupyterhub")],
      ]);
    });

    it("anyone to the port that asks for a token, and only monitoring and the release controller to metrics", () => {
      expect(rulesFor("ingress", 8081)).to.deep.equal([{ ports: [{ port: 8081, protocol: "TCP" }] }]);
      expect(rulesFor("ingress", 9090).map(({ from }) => from)).to.deep.equal([
        [{ podSelector: { matchLabels: modelServer.controllerLabels } }, inNamespace("monitoring")],
      ]);
    });

    it("nothing else, and out to DNS, MLflow, the store, the identity's agent and the canary", () => {
      const { ingress, egress } = theObject(all, "NetworkPolicy").spec;
      const ports = (rules: Rule[]) => rules.flatMap(({ ports: each }) => each.map(({ port }) => port));
      expect(ports(ingress)).to.deep.equal([8080, 8081, 9090]);
      expect(ports(egress)).to.deep.equal([53, 53, 5000, 443, 80, 8080]);
      expect(rulesFor("egress", 5000)[0]!.to).to.deep.equal([inNamespace("mlflow")]);
      expect(rulesFor("egress", 8080)[0]!.to).to.deep.equal([ofTrack("canary")]);
    });

    it("out to a store that is not Amazon's by its port, and then to no agent of identities", async () => {
      const objects = await renderModelServer(helm, modelServerFacts({ storePort: 8333 }));
      const egress: Rule[] = theObject(objects, "NetworkPolicy").spec.egress;
      const ports = egress.flatMap(({ ports: each }) => each.map(({ port }) => port));
      expect(ports).to.include(8333).and.to.not.include.members([443]).and.to.not.include.members([80]);
    });

    it("out to the database with features too, where it looks some up", async () => {
      const objects = await renderModelServer(helm, modelServerFacts({ storePort: 8333, featuresPort: 5433 }));
      const egress: Rule[] = theObject(objects, "NetworkPolicy").spec.egress;
      expect(egress.flatMap(({ ports: each }) => each.map(({ port }) => port))).to.include.members([8333, 5433]);
    });
  });

  it("has an Ingress of its own for those who use the chart alone", async () => {
    const objects = await renderValues(helm, {
      image,
      public: { enabled: true, prefix: "/churn", tokenSecretName: "churn-token" },
      ingress: {
        enabled: true,
        className: "nginx",
        annotations: { "nginx.ingress.kubernetes.io/proxy-body-size": "16m" },
        host: "models.example.com",
        tlsSecretName: "models-tls",
      },
    });
    const { metadata, spec } = theObject(objects, "Ingress");
    expect(metadata.annotations).to.deep.equal({ "nginx.ingress.kubernetes.io/proxy-body-size": "16m" });
    expect(spec).to.deep.equal({
      ingressClassName: "nginx",
      tls: [{ hosts: ["models.example.com"], secretName: "models-tls" }],
      rules: [
        {
          host: "models.example.com",
          http: {
            paths: [
              {
                path: "/churn",
                pathType: "Prefix",
                backend: { service: { name: "churn", port: { name: "public" } } },
              },
            ],
          },
        },
      ],
    });
  });

  it("serves one version for good where it is given a source", async () => {
    const objects = await renderValues(helm, {
      image,
      model: { source: "s3://bucket/model" },
      canary: { enabled: false },
    });
    expect(environment(objects, "churn").MODEL_SERVER_SOURCE).to.equal("s3://bucket/model");
    expect(environment(objects, "churn")).to.not.have.property("MODEL_SERVER_RELEASE_FILE");
    expect(podOf(objects, "churn").volumes.map(({ name }: Variable) => name)).to.deep.equal(["tmp"]);
  });

  const refused: [string, object, RegExp][] = [
    ["a key that is not there", { servr: {} }, /additional properties 'servr'/],
    ["no image", { image: { repository: "" } }, /image\.repository: where the image/],
    ["a tag that moves", { image: { ...image, tag: "latest" } }, /image\/tag/],
    ["a metric that there is not", { autoscaling: { metric: "memory" } }, /autoscaling\/metric/],
    ["more than all requests sampled", { samples: { percent: 101 } }, /samples\/percent/],
    ["a prefix without a slash", { public: { prefix: "churn" } }, /public\/prefix/],
    ["a public port without a token", { public: { enabled: true } }, /public\.tokenSecretName/],
    ["an ingress to a port that is not open", { ingress: { enabled: true, host: "x.y" } }, /public\.enabled/],
    ["a next version of a fixed source", { model: { source: "s3://b/m" } }, /canary\.enabled: false/],
    ["a name without room for -canary", { fullnameOverride: "a".repeat(53) }, /fullnameOverride/],
  ];
  for (const [what, values, says] of refused) {
    it(`refuses ${what}`, async () => {
      const failed = await renderValues(helm, { image, ...values }).catch((error: Error) => error);
      expect(failed).to.be.instanceOf(Error).with.property("message").that.matches(says);
    });
  }
});
