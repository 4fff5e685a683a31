import { expect } from "chai";
import { minimalAws, problemsOf, theProblemOf } from "./fixtures";

const withValues = (section: string, values: unknown) => ({ ...minimalAws(), [section]: { values } });

/** Values that people do set: those that charts read by name, and those that they hand on to Kubernetes. */
const accepted: [section: string, what: string, values: object][] = [
  ["airflow", "a setting of Airflow itself", { config: { core: { parallelism: 64 } } }],
  [
    "airflow",
    "labels and selectors of one's own",
    { labels: { team: "ml" }, nodeSelector: { "example.com/pool": "a" } },
  ],
  ["airflow", "environment and volumes", { env: [{ name: "A", value: "b" }], volumes: [{ name: "x", emptyDir: {} }] }],
  [
    "airflow",
    "Kubernetes' own types",
    { scheduler: { resources: { limits: { "example.com/fpga": 1 } }, affinity: {} } },
  ],
  ["airflow", "annotations of an ingress", { ingress: { apiServer: { annotations: { "a.example.com/b": "c" } } } }],
  ["airflow", "a default that is dropped", { scheduler: { livenessProbe: null }, statsd: null }],
  ["jupyterhub", "a trait of any class of the hub", { hub: { config: { KubeSpawner: { start_timeout: 600 } } } }],
  [
    "jupyterhub",
    "an environment, as a map",
    { singleuser: { extraEnv: { A: "b" } }, hub: { extraConfig: { a: "b = 1" } } },
  ],
  ["jupyterhub", "a place for the chart's user", { custom: { anything: { goes: 1 } } }],
  [
    "monitoring",
    "fields of the Prometheus object",
    { prometheus: { prometheusSpec: { retention: "3d", externalLabels: { a: "b" }, additionalScrapeConfigs: [{}] } } },
  ],
  [
    "monitoring",
    "an inner chart",
    { grafana: { "grafana.ini": { users: { viewers_can_edit: true } }, plugins: ["a"] } },
  ],
  [
    "monitoring",
    "what only an inner chart's templates read",
    { grafana: { deploymentStrategy: { type: "Recreate" } } },
  ],
  [
    "monitoring",
    "an inner chart by its own name",
    { "kube-state-metrics": { extraArgs: ["--a=b"], selfMonitor: { enabled: true } } },
  ],
  [
    "monitoring",
    "a label of any name",
    { commonLabels: { team: "ml" }, "prometheus-node-exporter": { podLabels: { a: "b" } } },
  ],
  ["mlflow", "labels of pods", { podLabels: { team: "ml" }, server: { value_options: { workers: 9 } } }],
];

const refused: [section: string, values: object, path: string, allowed: RegExp, remedy: string][] = [
  [
    "airflow",
    { schedular: { replicas: 2 } },
    "airflow.values.schedular",
    /^a key that airflow 1\.22\.0 has at airflow\.values$/,
    "the nearest known key is scheduler: write scheduler: …",
  ],
  [
    "airflow",
    { scheduler: { replica: 2 } },
    "airflow.values.scheduler.replica",
    /has at airflow\.values\.scheduler$/,
    "the nearest known key is replicas: write replicas: 2",
  ],
  [
    "airflow",
    { scheduler: { replicas: "two" } },
    "airflow.values.scheduler.replicas",
    /^an integer, as airflow 1\.22\.0 takes it$/,
    "write an integer for replicas",
  ],
  [
    "airflow",
    { airflowVersion: 3 },
    "airflow.values.airflowVersion",
    /^a string, as airflow/,
    'write airflowVersion: "3", in quotes',
  ],
  [
    "airflow",
    { gitSync: { enabled: true } },
    "airflow.values.gitSync",
    /has at airflow\.values$/,
    "the chart has gitSync elsewhere: write it at airflow.values.dags.gitSync",
  ],
  [
    "jupyterhub",
    { hub: { extraconfig: {} } },
    "jupyterhub.values.hub.extraconfig",
    /^a key that jupyterhub 4\.4\.0 has at jupyterhub\.values\.hub$/,
    "the nearest known key is extraConfig: write extraConfig: …",
  ],
  [
    "jupyterhub",
    { cull: { timeuot: 3600 } },
    "jupyterhub.values.cull.timeuot",
    /has at jupyterhub\.values\.cull: adminUsers, concurrency, /,
    "the nearest known key is timeout: write timeout: 3600",
  ],
  [
    "jupyterhub",
    { prePuller: { continuous: { enabled: "yes" } } },
    "jupyterhub.values.prePuller.continuous.enabled",
    /^a boolean, as jupyterhub/,
    "write a boolean for enabled",
  ],
  [
    "monitoring",
    { prometheus: { prometheusSpec: { retentionn: "3d" } } },
    "monitoring.values.prometheus.prometheusSpec.retentionn",
    /^a key that kube-prometheus-stack 88\.5\.3 has at monitoring\.values\.prometheus\.prometheusSpec$/,
    'the nearest known key is retention: write retention: "3d"',
  ],
  [
    "monitoring",
    { prometheusSpec: {} },
    "monitoring.values.prometheusSpec",
    /has at monitoring\.values$/,
    "the chart has prometheusSpec elsewhere: write it at monitoring.values.prometheus.prometheusSpec",
  ],
  [
    "monitoring",
    { grafana: { persistance: { enabled: true } } },
    "monitoring.values.grafana.persistance",
    /has at monitoring\.values\.grafana$/,
    "the nearest known key is persistence: write persistence: …",
  ],
  [
    "monitoring",
    { alertmanager: "off" },
    "monitoring.values.alertmanager",
    /^a map, as kube-prometheus-stack/,
    "write a map for alertmanager",
  ],
  [
    "mlflow",
    { server: { value_options: { wrokers: 9 } } },
    "mlflow.values.server.value_options.wrokers",
    /^a key that the mlflow chart has at mlflow\.values\.server\.value_options/,
    "the nearest known key is workers: write workers: 9",
  ],
  [
    "mlflow",
    { imagePullSecrets: [{ name: "a" }, { nmae: "b" }] },
    "mlflow.values.imagePullSecrets[1].nmae",
    /^a key that the mlflow chart has at mlflow\.values\.imagePullSecrets\[1\]: name$/,
    "the nearest known key is name: write name: b",
  ],
];

describe("values that a stack gives to a chart", () => {
  for (const [section, what, values] of accepted) {
    it(`${section}: ${what} is accepted`, () => expect(problemsOf(withValues(section, values))).to.deep.equal([]));
  }

  for (const [section, values, path, allowed, remedy] of refused) {
    it(`${path} is refused: ${remedy}`, () => {
      const problem = theProblemOf(withValues(section, values));
      expect(problem.path).to.equal(path);
      expect(problem.allowed).to.match(allowed);
      expect(problem.remedy).to.equal(remedy);
      expect(problem.value).not.to.equal("(missing)");
    });
  }

  it("names every fault at once, in all sections", () => {
    const raw = {
      ...minimalAws(),
      airflow: { values: { schedular: {}, workerz: {} } },
      monitoring: { values: { graphana: {} } },
    };
    expect(problemsOf(raw).map(({ path }) => path)).to.deep.equal([
      "airflow.values.schedular",
      "airflow.values.workerz",
      "monitoring.values.graphana",
    ]);
  });

  it("are refused with MWAA, where no chart would read them", () => {
    const airflow = { executor: { kind: "mwaa" }, dags: { kind: "bucket" }, values: { scheduler: { replicas: 2 } } };
    expect(theProblemOf({ ...minimalAws(), airflow })).to.include({
      path: "airflow.values",
      allowed: "{} with MWAA, which has no chart",
    });
  });

  it("that are called like a member of every object are unknown keys too", () => {
    for (const key of ["constructor", "toString", "hasOwnProperty"]) {
      expect(theProblemOf(withValues("airflow", { scheduler: { [key]: 1 } })).path).to.equal(
        `airflow.values.scheduler.${key}`,
      );
    }
  });

  it("never show a secret that stands under an unknown key", () => {
    const token = `${"ghp"}_${"a1".repeat(18)}`;
    const problems = problemsOf(withValues("airflow", { schedular: { note: token } }));
    expect(problems).to.have.length(1);
    expect(JSON.stringify(problems)).not.to.contain(token);
  });
});
