import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { mlflow } from "../../charts/values/mlflow";
import { installedHelm } from "../../simulator/helm";
import { type ChartObject, mlflowChartFolder, mlflowFacts, renderMlflow, theObject } from "../support/mlflowChart";
import { skip } from "../support/skip";

/** Pod templates of whatever kind, with the name of their owner. */
function pods(objects: ChartObject[]): [string, ChartObject["spec"]][] {
  return objects.flatMap(({ kind, spec }) => {
    const template = kind === "CronJob" ? spec.jobTemplate.spec.template : spec?.template;
    return template ? [[kind, template.spec] as [string, ChartObject["spec"]]] : [];
  });
}

function containers(pod: ChartObject["spec"]): ChartObject["spec"][] {
  return [...(pod.initContainers ?? []), ...pod.containers];
}

const { people: _people, garbageCollection: _collection, url: _url, ...without } = mlflowFacts();
const bare = { ...without, monitored: false, replicas: 1, machines: {}, clientNamespaces: [] };

describe("the mlflow chart", function () {
  this.timeout(60_000);
  let helm: string;
  let all: ChartObject[];

  before(async function () {
    const installed = await installedHelm();
    if (!installed) skip(this, "needs Helm 3: install it, or run `npm test` once, which builds it");
    helm = installed.path;
    all = await renderMlflow(helm, mlflowFacts());
  });

  it("passes helm lint with the platform's values", () => {
    const output = execFileSync(
      helm,
      ["lint", "--strict", mlflowChartFolder, "--kube-version", "1.34.0", "--set"].concat(
        "mlflow.backendStoreUriFrom.secretKeyRef.name=x,mlflow.backendStoreUriFrom.secretKeyRef.key=x,auth.secretName=x,auth.databaseSecretName=x",
      ),
      { encoding: "utf8" },
    );
    expect(output).to.contain("0 chart(s) failed");
  });

  it("renders these objects, each in the release's namespace, and the same again", async () => {
    expect(all.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).to.deep.equal([
      "ConfigMap mlflow-python",
      "ConfigMap mlflow-sign-in",
      "CronJob mlflow-gc",
      "Deployment mlflow",
      `Job ${theObject(all, "Job").metadata.name}`,
      "NetworkPolicy mlflow",
      "PodDisruptionBudget mlflow",
      "Service mlflow",
      "ServiceAccount mlflow",
      "ServiceMonitor mlflow",
    ]);
    for (const each of all) expect(each.metadata.namespace, each.kind).to.equal("mlflow");
    expect(await renderMlflow(helm, mlflowFacts())).to.deep.equal(all);
  });

  it("has no hooks: helm.v4.Chart would drop them", () => {
    const templates = join(mlflowChartFolder, "templates");
    for (const file of readdirSync(templates)) {
      expect(readFileSync(join(templates, file), "utf8"), file).to.not.contain("helm.sh/hook");
    }
  });

  it("leaves out what is not wanted", async () => {
    const objects = await renderMlflow(helm, bare);
    expect(objects.map(({ kind }) => kind).sort()).to.deep.equal([
      "ConfigMap",
      "ConfigMap",
      "Deployment",
      "Job",
      "NetworkPolicy",
      "Service",
      "ServiceAccount",
    ]);
    expect(theObject(objects, "Deployment").spec.template.spec.containers).to.have.length(1);
    expect(theObject(objects, "Service").spec.ports).to.have.length(1);
  });

  it("lets every pod satisfy the namespace's level, restricted, on a read-only root", () => {
    expect(pods(all).map(([kind]) => kind)).to.have.members(["Deployment", "Job", "CronJob"]);
    for (const [kind, pod] of pods(all)) {
      expect(pod.securityContext, kind).to.include({ runAsNonRoot: true, runAsUser: 1000 });
      expect(pod.securityContext.seccompProfile, kind).to.deep.equal({ type: "RuntimeDefault" });
      expect(pod.automountServiceAccountToken, kind).to.equal(false);
      for (const each of containers(pod)) {
        expect(each.securityContext, `${kind} ${each.name}`).to.deep.equal({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(each.resources.limits, `${kind} ${each.name}`).to.have.property("memory");
      }
      for (const volume of pod.volumes) expect(volume, kind).to.not.have.property("hostPath");
    }
  });

  it("names exact images, MLflow's at the chart's appVersion, with everything the server needs", () => {
    const { appVersion } = parse(readFileSync(join(mlflowChartFolder, "Chart.yaml"), "utf8"));
    const images = new Set(pods(all).flatMap(([, pod]) => containers(pod).map(({ image }) => image)));
    expect([...images].sort()).to.deep.equal([
      `ghcr.io/mlflow/mlflow:v${appVersion}-full`,
      "quay.io/oauth2-proxy/oauth2-proxy:v7.15.3",
    ]);
    const tested = readFileSync(join(__dirname, "../../workloads/requirements/mlflow.txt"), "utf8");
    expect(tested, "the version that the tests run is the one that is installed").to.contain(
      `\nmlflow==${appVersion} \\\n`,
    );
  });

  it("runs every pod as the service account that the grant is for, on the nodes it is sent to", () => {
    expect(theObject(all, "ServiceAccount").metadata.name).to.equal(mlflow.name);
    for (const [kind, pod] of pods(all)) {
      expect(pod.serviceAccountName, kind).to.equal(mlflow.name);
      expect(pod.nodeSelector, kind).to.deep.equal({ "mlplatform/purpose": "apps" });
    }
  });

  it("keeps secrets out of everything it renders: pods get names of Secrets", () => {
    expect(all.filter(({ kind }) => kind === "Secret")).to.deep.equal([]);
    for (const [kind, pod] of pods(all)) {
      for (const { env = [], name } of containers(pod)) {
        for (const variable of env) {
          if (/PASSWORD|SECRET|STORE_URI/.test(variable.name)) {
            expect(variable, `${kind} ${name} ${variable.name}`).to.have.nested.property("valueFrom.secretKeyRef");
          }
        }
      }
    }
  });

  describe("migrates before the rollout", () => {
    const jobName = async (over: object) =>
      theObject(await renderMlflow(helm, mlflowFacts(), over), "Job").metadata.name;

    it("in a Job that the Deployment comes after, and that is never cleared away", () => {
      const job = theObject(all, "Job");
      expect(theObject(all, "Deployment").metadata.annotations).to.have.property(
        "config.kubernetes.io/depends-on",
        `batch/namespaces/mlflow/Job/${job.metadata.name}`,
      );
      expect(job.spec).to.not.have.property("ttlSecondsAfterFinished");
      expect(job.metadata.annotations).to.have.property("pulumi.com/replaceUnready", "true");
    });

    it("with a new Job for a new image, and the same one for a new number of replicas", async () => {
      const name = theObject(all, "Job").metadata.name;
      expect(await jobName({ image: { tag: "v3.99.0-full" } }))
        .to.match(/^mlflow-migrate-[0-9a-f]{8}$/)
        .and.not.equal(name);
      expect(await jobName({ nodeSelector: { other: "nodes" } })).to.not.equal(name);
      expect(await jobName({ replicaCount: 7, auth: { groups: { more: "viewer" } } })).to.equal(name);
    });

    it("and lets every server wait for the schema, with no way to migrate by itself", () => {
      const pod = theObject(all, "Deployment").spec.template.spec;
      expect(pod.initContainers).to.have.length(1);
      expect(pod.initContainers[0].command).to.deep.equal(["python", "/etc/mlflow/python/schema.py", "wait", "600"]);
      expect(JSON.stringify(pod.containers)).to.not.match(/migrate|upgrade/);
    });
  });

  it("serves on the Service's own port, which network policies of the VPC CNI need", () => {
    const ports = theObject(all, "Service").spec.ports;
    const pod = theObject(all, "Deployment").spec.template.spec;
    expect(ports.map(({ port, targetPort }: { port: number; targetPort: number }) => [port, targetPort])).to.deep.equal(
      [
        [5000, 5000],
        [4180, 4180],
      ],
    );
    expect(pod.containers.map((each: ChartObject) => each.ports[0].containerPort)).to.deep.equal([5000, 4180]);
  });

  it("lets monitors ask the port that its Service has, as a machine that may read nothing else", () => {
    const [endpoint] = theObject(all, "ServiceMonitor").spec.endpoints;
    expect(theObject(all, "Service").spec.ports.map(({ name }: { name: string }) => name)).to.include(endpoint.port);
    expect(endpoint.basicAuth).to.deep.equal({
      username: { name: "mlflow-machine-prometheus", key: "username" },
      password: { name: "mlflow-machine-prometheus", key: "password" },
    });
    expect(theObject(all, "Service").metadata.labels).to.include(
      theObject(all, "ServiceMonitor").spec.selector.matchLabels,
    );
    const rules = JSON.parse(theObject(all, "ConfigMap", "mlflow-sign-in").data["rules.json"]);
    expect(rules.machines).to.include({ prometheus: "metrics", airflow: "editor", "garbage-collection": "admin" });
  });

  it("lets in the namespaces of its clients, and everybody only where people sign in", async () => {
    const { ingress } = theObject(all, "NetworkPolicy").spec;
    const namespaces = ingress[0].from
      .slice(1)
      .map((each: ChartObject["spec"]) => Object.values(each.namespaceSelector.matchLabels)[0]);
    expect(namespaces).to.deep.equal(["airflow", "models", "monitoring"]);
    expect(ingress[0].ports).to.deep.equal([{ port: 5000 }]);
    expect(ingress.slice(1)).to.deep.equal([{ ports: [{ port: 4180 }] }]);
    const closed = theObject(await renderMlflow(helm, bare), "NetworkPolicy").spec.ingress;
    expect(closed).to.deep.equal([{ from: [{ podSelector: {} }], ports: [{ port: 5000 }] }]);
    const published = await renderMlflow(helm, { ...bare, url: "http://mlflow.platform.localhost" });
    expect(theObject(published, "NetworkPolicy").spec.ingress, "the server asks for a password").to.deep.equal([
      { ports: [{ port: 5000 }] },
    ]);
  });

  it("lets out to the store and to who signs people in, also where they listen on ports of their own", async () => {
    const beside = async (issuer: string, storePort?: number) => {
      const people = {
        ...mlflowFacts().people!,
        provider: { provider: "oidc", issuer, groupsClaim: "groups" } as const,
      };
      const facts = mlflowFacts({ people, ...(storePort === undefined ? {} : { storePort }) });
      return theObject(await renderMlflow(helm, facts), "NetworkPolicy").spec.egress.slice(5);
    };
    expect(await beside("https://sign-in.example.com/realms/ml")).to.deep.equal([]);
    expect(await beside("https://sign-in.example.com:443")).to.deep.equal([]);
    expect(await beside("https://sign-in.example.com:8443/realms/ml", 8333)).to.deep.equal([
      { ports: [{ port: 8333 }, { port: 8443 }] },
    ]);
  });

  it("lets a node drain where there are two replicas, and scales them instead where that is wanted", async () => {
    expect(theObject(all, "PodDisruptionBudget").spec.maxUnavailable).to.equal(1);
    const scaled = await renderMlflow(helm, bare, { autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 6 } });
    expect(theObject(scaled, "Deployment").spec).to.not.have.property("replicas");
    expect(theObject(scaled, "HorizontalPodAutoscaler").spec).to.include({ minReplicas: 2, maxReplicas: 6 });
    expect(scaled.some(({ kind }) => kind === "PodDisruptionBudget")).to.equal(true);
  });

  it("restarts the server when who may do what has changed", async () => {
    const annotations = (objects: ChartObject[]) => theObject(objects, "Deployment").spec.template.metadata.annotations;
    const changed = await renderMlflow(helm, mlflowFacts(), { auth: { groups: { more: "viewer" } } });
    expect(annotations(changed)).to.not.deep.equal(annotations(all));
  });

  for (const [what, over, words] of [
    ["an unknown key", { replicas: 3 }, "replicas"],
    ["an unknown key deep inside", { server: { value_options: { prot: 5000 } } }, "prot"],
    ["a role that does not exist", { auth: { groups: { ml: "owner" } } }, "ml"],
    ["an image that moves", { image: { tag: "latest" } }, "tag"],
    ["another way to sign in than the one that was tried", { server: { value_options: { app_name: "" } } }, "app_name"],
    ["no replica", { replicaCount: 0 }, "replicaCount"],
    ["no database", { mlflow: { backendStoreUriFrom: null } }, "backendStoreUriFrom"],
    ["no Secret for the server's keys", { auth: { secretName: "" } }, "auth.secretName"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      let message = "";
      await renderMlflow(helm, mlflowFacts(), over).catch((error: Error) => (message = error.message));
      expect(message).to.contain("helm template").and.contain(words);
    });
  }
});
