import type { IncomingMessage, ServerResponse } from "node:http";
import type { KubernetesObject, V1Pod } from "@kubernetes/client-node";
import type { Check } from "../../../smoke/check";
import { checks } from "../../../smoke/checks";
import type { Outputs } from "../../../smoke/outputs";
import { type Outcome, runChecks } from "../../../smoke/runner";
import { PlayedAirflow } from "./airflow";
import { answering } from "./answers";
import { PlayedCluster } from "./cluster";
import { PlayedHub } from "./hub";
import { PlayedMlflow } from "./mlflow";
import { PlayedModel } from "./model";
import { dashboard, pod } from "./objects";
import { PlayedPrometheus } from "./prometheus";

const namespaces = ["airflow", "airflow-tasks", "jupyterhub", "mlflow", "mlplatform", "models", "monitoring"];

/** A platform on which everything works, until a test breaks it. */
export class PlayedPlatform {
  readonly cluster = new PlayedCluster();
  readonly mlflow = new PlayedMlflow({ admin: "made-up" });
  readonly churn = new PlayedModel(this.mlflow, "churn", "local", 1500);
  readonly prometheus = new PlayedPrometheus();
  readonly airflow = new PlayedAirflow(this.cluster, "made-up");
  readonly hub = new PlayedHub(this.cluster, { user: "everybody", admin: "administrator" });
  /** What a notebook gets from its surroundings. */
  notebook: Record<string, number | string> = { MLflow: 200, "the store": 403, "the data": 200 };
  /** Addresses that a stranger's pod gets through to, beside those that are open. */
  leaks: string[] = [];
  /** What pods wrote and is kept; none where nothing is. */
  kept: string[] | undefined = [];
  /** What is wrong with addresses that are open, by address. */
  lost: Record<string, string> = {};
  outputs: Outputs = {
    clusterName: "played",
    namespaces: [...namespaces],
    storeEndpoint: "http://seaweedfs-all-in-one.mlplatform.svc:8333",
    podLogs: { lokiUrl: "http://loki.logs.svc:3100" },
    models: {
      churn: {
        inClusterUrl: "http://churn.models.svc:8080",
        tokenSecret: "churn-token",
      },
    },
  };

  constructor() {
    const { cluster } = this;
    cluster.objects = [
      ...namespaces.map((name): KubernetesObject => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
      ...namespaces.map((namespace) => pod(namespace, `${namespace}-0`)),
      this.releaseController(),
      this.mlflowDeployment(),
      dashboard("churn", 'sum(rate(model_server_requests_total{model="churn"}[$__rate_interval]))'),
    ];
    const mlflowPod = cluster.objects.find(({ metadata }) => metadata?.name === "mlflow-0") as V1Pod;
    mlflowPod.spec!.nodeName = "node-1";
    cluster.secrets["mlflow/mlflow-machine-admin"] = { username: "admin", password: "made-up" };
    cluster.secrets["models/churn-token"] = { token: this.churn.token };
    cluster.services["mlflow/mlflow:5000"] = { answer: this.mlflow.answer };
    cluster.services["models/churn:8080"] = { answer: this.churn.answer, unready: this.churn.unready };
    cluster.services["models/churn:8081"] = { answer: this.churn.publicAnswer, unready: this.churn.unready };
    cluster.services["monitoring/kps-prometheus:9090"] = { answer: this.prometheus.answer };
    cluster.secrets["airflow/airflow-admin"] = { password: "made-up" };
    cluster.services["airflow/airflow-api-server:8080"] = { answer: this.airflow.answer };
    cluster.secrets["jupyterhub/jupyterhub-sign-in"] = {
      "user-password": "everybody",
      "admin-password": "administrator",
    };
    const listening = { answer: (_: IncomingMessage, response: ServerResponse) => void response.end() };
    cluster.services["jupyterhub/proxy-public:80"] = { answer: this.hub.answer };
    cluster.services["jupyterhub/hub:8081"] = listening;
    cluster.services["monitoring/kps-alertmanager:9093"] = { answer: this.prometheus.alertmanager };
    cluster.run = () => ({ code: 0, stdout: JSON.stringify(this.notebook), stderr: "" });
    cluster.services["logs/loki:3100"] = { answer: this.loki };
    cluster.starts = ({ metadata, spec }) => {
      const [, , program = "", ...given] = spec!.containers[0]!.command!;
      if (metadata!.namespace === metadata!.name) {
        const addresses = given.slice(0, 2).flatMap((list) => JSON.parse(list) as string[]);
        return { phase: "Succeeded", log: this.knocked(addresses) };
      }
      const [, word] = /^print\("([^"]+)"\)/.exec(program)!;
      this.kept?.push(word!, `${word} password=****`);
      return { phase: "Succeeded", log: "" };
    };
    this.prometheus.targets = ["airflow", "jupyterhub", "mlflow", "models", "monitoring"].map((namespace) => ({
      namespace,
      job: namespace,
    }));
    this.prometheus.rules = [{ name: "ModelDown", health: "ok" }];
  }

  private readonly loki = answering(({ path, query }) => {
    if (path !== "/loki/api/v1/query_range") return { status: 404 };
    const [, word] = / \|= "(.*)"$/.exec(query.get("query")!)!;
    const found = (this.kept ?? []).filter((line) => line.includes(word!));
    return { body: { data: { result: [{ values: found.map((line) => ["0", line]) }] } } };
  });

  private knocked(addresses: string[]): string {
    const open = /^(kubernetes\.default|seaweedfs-all-in-one)\./;
    const answer = (each: string) =>
      this.lost[each] ?? (open.test(each) || this.leaks.includes(each) ? "open" : "timed out");
    return JSON.stringify(Object.fromEntries(addresses.map((each) => [each, answer(each)])));
  }

  private mlflowDeployment(): KubernetesObject {
    const containers = [{ name: "mlflow", image: "registry.test/mlflow-0:1" }];
    const spec = { replicas: 1, template: { spec: { containers } } };
    const metadata = { namespace: "mlflow", name: "mlflow" };
    return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec, status: { readyReplicas: 1 } } as never;
  }

  private releaseController(): KubernetesObject {
    const model = {
      name: "churn",
      from: "models:/churn@champion",
      release: "continuous",
      canary: { percent: 20, bakeMinutes: 1 },
      kubernetes: { deployment: "churn", configMap: "churn-release" },
    };
    const data = { "models.json": JSON.stringify({ stack: "local", models: [model] }) };
    const metadata = { namespace: "models", name: "release-controller" };
    return { apiVersion: "v1", kind: "ConfigMap", metadata, data } as KubernetesObject;
  }

  /** A version that somebody has registered, live. */
  withChampion(): this {
    this.mlflow.models.set("churn", {
      versions: [{ version: "7", source: "runs:/theirs/model", tags: { "mlplatform.local.kubernetes": "live" } }],
      aliases: { champion: "7" },
    });
    this.churn.live = "7";
    return this;
  }

  /** Some checks, or all, each ended after some seconds. */
  run(
    {
      only = () => true,
      limitSeconds,
      interrupted = new AbortController().signal,
    }: {
      only?: (check: Check) => boolean;
      limitSeconds?: number;
      interrupted?: AbortSignal;
    } = {},
    told: { update(text: string): void; ended(outcome: Outcome): void } = { update() {}, ended() {} },
  ): Promise<Outcome[]> {
    const chosen = checks.filter(only).map((each) => (limitSeconds === undefined ? each : { ...each, limitSeconds }));
    return runChecks({ checks: chosen, outputs: this.outputs, cluster: this.cluster, interrupted, ...told });
  }
}
