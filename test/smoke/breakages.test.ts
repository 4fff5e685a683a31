import type { V1Pod } from "@kubernetes/client-node";
import { expect } from "chai";
import type { Piece } from "../../smoke/check";
import { dashboard, pod } from "./played/objects";
import { PlayedPlatform } from "./played/platform";

interface Breakage {
  /** What is broken. */
  what: string;
  breaks(platform: PlayedPlatform): void;
  /** The one check that says so. */
  piece: Piece;
  check: RegExp;
  reason: RegExp;
  where: RegExp;
  /** What cannot be removed then. */
  left?: RegExp;
  /** How long the check is given; some wait for what may still come. */
  limitSeconds?: number;
}

function waitingFor(reason: string, message: string): V1Pod {
  const broken = pod("mlflow", "mlflow-1");
  broken.status!.conditions = [{ type: "Ready", status: "False" }];
  broken.status!.containerStatuses![0]!.state = { waiting: { reason, message } };
  return broken;
}

function waitingModel(): V1Pod {
  const labels = { "app.kubernetes.io/name": "model-server", "app.kubernetes.io/instance": "churn" };
  const waits = pod("models", "churn-1", labels);
  waits.status!.conditions = [{ type: "Ready", status: "False" }];
  return waits;
}

const breakages: Breakage[] = [
  {
    what: "lines that get nowhere",
    breaks: (platform) => {
      platform.kept = undefined;
    },
    piece: "monitoring",
    check: /what a pod wrote/,
    reason: /^no line of it among those that are kept within/,
    where: /LogsNotDelivered\.md/,
    limitSeconds: 4,
  },
  {
    what: "secrets that are kept as they were written",
    breaks: (platform) => {
      platform.kept = { push: () => 0, filter: () => ["password=xxxxxxxxxxxx", "other"] } as never;
    },
    piece: "monitoring",
    check: /what a pod wrote/,
    reason: /^a password was kept as it was written/,
    where: /LogsNotDelivered\.md/,
  },
  {
    what: "a namespace that is not there",
    breaks: ({ cluster }) => {
      cluster.objects = cluster.objects.filter(({ metadata }) => metadata?.name !== "models");
    },
    piece: "kubernetes",
    check: /find every namespace/,
    reason: /^models not there: is the kubeconfig that of played/,
    where: /smoke\.md/,
  },
  {
    what: "a wrong image",
    breaks: ({ cluster }) =>
      void cluster.objects.push(waitingFor("ImagePullBackOff", 'Back-off pulling image "registry.test/mlflow-1:1"')),
    piece: "kubernetes",
    check: /every pod run/,
    reason: /mlflow\/mlflow-1, container main, image registry\.test\/mlflow-1:1: ImagePullBackOff: Back-off/,
    where: /smoke\.md#pods/,
  },
  {
    what: "a pod that ends again and again",
    breaks: ({ cluster }) => {
      const broken = waitingFor("CrashLoopBackOff", "back-off 40s");
      broken.status!.containerStatuses![0]!.lastState = { terminated: { exitCode: 137, reason: "OOMKilled" } };
      cluster.objects.push(broken);
    },
    piece: "kubernetes",
    check: /every pod run/,
    reason: /CrashLoopBackOff, ended by OOMKilled \(137\)/,
    where: /smoke\.md#pods/,
  },
  {
    what: "a pod that no node takes",
    breaks: ({ cluster }) => {
      const broken = pod("airflow", "airflow-1");
      const message = "0/1 nodes are available: 1 Insufficient memory.";
      broken.status = { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", message }] };
      cluster.objects.push(broken);
    },
    piece: "kubernetes",
    check: /every pod run/,
    reason: /airflow\/airflow-1 finds no node: 0\/1 nodes .* Insufficient memory/,
    where: /smoke\.md#pods/,
  },
  {
    what: "pods that an admission policy refuses",
    breaks: ({ cluster }) => {
      const message = 'pods "hub-" is forbidden: violates PodSecurity "restricted:latest"';
      cluster.objects.push(
        ...[
          {
            kind: "Deployment",
            metadata: { namespace: "jupyterhub", name: "hub" },
            spec: { replicas: 1, template: {} },
            status: { readyReplicas: 0 },
          },
          {
            kind: "ReplicaSet",
            metadata: { namespace: "jupyterhub", name: "hub-1", ownerReferences: [{ name: "hub" }] },
            status: { conditions: [{ type: "ReplicaFailure", status: "True", message }] },
          },
        ].map((each) => ({ apiVersion: "apps/v1", ...each }) as never),
      );
    },
    piece: "kubernetes",
    check: /every pod run/,
    reason: /Deployment jupyterhub\/hub has 0 of 1 pods: .*violates PodSecurity/,
    where: /smoke\.md#pods/,
  },
  {
    what: "a release controller without a pod, beside a model that waits for its first version",
    breaks: ({ cluster }) => {
      const waits = waitingModel();
      const deployment = (name: string, labels: Record<string, string>) => ({
        ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace: "models", name } },
        ...{ spec: { replicas: 1, template: { metadata: { labels } } }, status: { readyReplicas: 0 } },
      });
      cluster.objects.push(
        waits,
        deployment("churn", waits.metadata!.labels!) as never,
        deployment("release-controller", { "app.kubernetes.io/instance": "release-controller" }) as never,
      );
    },
    piece: "kubernetes",
    check: /every pod run/,
    reason: /^Deployment models\/release-controller has 0 of 1 pods[^;]*$/,
    where: /smoke\.md#pods/,
  },
  {
    what: "a version that somebody registers while a release is tried",
    breaks: ({ mlflow, churn }) => {
      churn.loads = false;
      mlflow.registersMeanwhile = { version: "7", source: "runs:/theirs/model", tags: {} };
    },
    piece: "models",
    check: /release/,
    reason: /taken back/,
    where: /releases\.md/,
    left: /somebody has registered version 7 meanwhile; delete 1 once champion names another/,
  },
  {
    what: "an MLflow that asks nobody who they are",
    breaks: ({ mlflow }) => {
      mlflow.open = true;
    },
    piece: "mlflow",
    check: /sign in/,
    reason: /answers 200 to nobody who signs in, and should 401/,
    where: /security\.md/,
  },
  {
    what: "a Secret with another password than MLflow knows",
    breaks: ({ cluster }) => {
      cluster.secrets["mlflow/mlflow-machine-admin"]!.password = "stale";
    },
    piece: "mlflow",
    check: /sign in/,
    reason: /refuses admin with the password of the Secret mlflow\/mlflow-machine-admin \(401\)/,
    where: /security\.md/,
  },
  {
    what: "a Service of MLflow's without a ready pod",
    breaks: ({ cluster }) => {
      cluster.services["mlflow/mlflow:5000"]!.unready = () => "mlflow/mlflow-0 is not ready";
    },
    piece: "mlflow",
    check: /log a run/,
    reason: /no pod of the Service mlflow\/mlflow is ready: mlflow\/mlflow-0 is not ready/,
    where: /MlflowErrors/,
  },
  {
    what: "a store that MLflow does not reach",
    breaks: ({ mlflow }) => {
      mlflow.storeDown = true;
    },
    piece: "mlflow",
    check: /log a run/,
    reason: /cannot keep an artifact \(500: Could not connect.*may not reach the store/,
    where: /MlflowErrors/,
    left: /experiment smoke-[0-9a-f]{8} of MLflow \(its files stay: 500/,
  },
  {
    what: "artifacts that change in the store",
    breaks: ({ mlflow }) => {
      mlflow.damaged = true;
    },
    piece: "mlflow",
    check: /log a run/,
    reason: /another artifact back/,
    where: /MlflowErrors/,
  },
  {
    what: "files of a version that anybody may change",
    breaks: ({ mlflow }) => {
      mlflow.changeable = true;
    },
    piece: "mlflow",
    check: /register a model/,
    reason: /answers 200 to a change of a registered version's file, and should 403/,
    where: /MlflowErrors/,
  },
  {
    what: "a release controller that does not look",
    breaks: ({ churn }) => {
      churn.follows = false;
    },
    piece: "models",
    check: /release a version/,
    reason: /no pod of the Service models\/churn is ready.* \(no answer of churn within \d+ s\)/,
    where: /releases\.md/,
  },
  {
    what: "a version that does not load",
    breaks: ({ churn }) => {
      churn.loads = false;
    },
    piece: "models",
    check: /release a version/,
    reason: /version 1 was taken back: it does not load: ModuleNotFoundError/,
    where: /releases\.md/,
  },
  {
    what: "requests that fail while a canary runs",
    breaks: ({ churn }) => {
      churn.failsInCanary = true;
    },
    piece: "models",
    check: /release a version/,
    reason: /a request failed during the release: 503 .*no worker/,
    where: /releases\.md/,
    limitSeconds: 20,
  },
  {
    what: "a model that answers with another version's numbers",
    breaks: ({ churn }) => {
      churn.mixesUp = true;
    },
    piece: "models",
    check: /release a version/,
    reason: /version 1 answers 22, and should 21/,
    where: /releases\.md/,
  },
  {
    what: "an alias that the pods do not follow",
    breaks: (platform) => {
      platform.withChampion().churn.follows = false;
      platform.mlflow.models.get("churn")!.versions.push({ version: "8", source: "runs:/theirs/model", tags: {} });
      platform.mlflow.models.get("churn")!.aliases.champion = "8";
    },
    piece: "models",
    check: /ask every model/,
    reason: /churn answers with version 7, its alias names 8 \(no release of it has begun\)/,
    where: /ModelDown/,
  },
  {
    what: "a model that fails its own example",
    breaks: (platform) => {
      platform.withChampion().churn.failsItsExample = true;
    },
    piece: "models",
    check: /ask every model/,
    reason: /churn answers 500 to its own example: .*the model failed/,
    where: /ModelDown/,
  },
  {
    what: "a model that anybody may ask from outside",
    breaks: (platform) => {
      platform.withChampion().churn.asksNoToken = true;
    },
    piece: "models",
    check: /token/,
    reason: /churn answers 200 without its token, and should 401/,
    where: /serving\.md/,
  },
  {
    what: "a token that the model does not take",
    breaks: (platform) => {
      platform.withChampion().churn.refusesToken = true;
    },
    piece: "models",
    check: /token/,
    reason: /churn refuses the token of its Secret models\/churn-token/,
    where: /serving\.md/,
  },
  {
    what: "a target that is down",
    breaks: ({ prometheus }) => {
      const lastError = "server returned HTTP status 401 Unauthorized";
      prometheus.targets.push({ namespace: "jupyterhub", job: "hub", health: "down", lastError });
    },
    piece: "monitoring",
    check: /every target/,
    reason: /jupyterhub\/hub at http:\/\/10\.0\.0\.1\/hub is down: server returned HTTP status 401/,
    where: /smoke\.md#targets/,
  },
  {
    what: "a ServiceMonitor that is missing",
    breaks: ({ prometheus }) => {
      prometheus.targets = prometheus.targets.filter(({ namespace }) => namespace !== "mlflow");
    },
    piece: "monitoring",
    check: /every target/,
    reason: /nothing of the namespace mlflow is scraped/,
    where: /smoke\.md#targets/,
  },
  {
    what: "a rule that cannot be evaluated",
    breaks: ({ prometheus }) => {
      prometheus.rules.push({ name: "ModelDrift", health: "err", lastError: "many-to-many matching" });
    },
    piece: "monitoring",
    check: /every rule/,
    reason: /platform, ModelDrift: many-to-many matching/,
    where: /on-call\.md/,
  },
  {
    what: "an Airflow that asks nobody who they are",
    breaks: ({ airflow }) => {
      airflow.open = true;
    },
    piece: "airflow",
    check: /sign in/,
    reason: /answers 200 to nobody who signs in, and should 401/,
    where: /security\.md/,
  },
  {
    what: "a Secret with another password than Airflow knows",
    breaks: ({ cluster }) => {
      cluster.secrets["airflow/airflow-admin"]!.password = "stale";
    },
    piece: "airflow",
    check: /sign in/,
    reason: /refuses admin with the password of the Secret airflow\/airflow-admin \(401\)/,
    where: /security\.md/,
  },
  {
    what: "a scheduler that is silent",
    breaks: ({ airflow }) => {
      airflow.silent = "scheduler";
    },
    piece: "airflow",
    check: /beat/,
    reason: /scheduler is unhealthy \(no sign of life of every part within/,
    where: /AirflowSchedulerDown/,
  },
  {
    what: "an image of tasks that is not there",
    breaks: ({ airflow }) => {
      airflow.image = "registry.test/airflow:gone";
    },
    piece: "airflow",
    check: /run a DAG/,
    reason: /it is running, airflow-tasks\/smoke-.*, image registry\.test\/airflow:gone: ImagePullBackOff/,
    where: /AirflowDagRunFailed/,
  },
  {
    what: "a task that fails",
    breaks: ({ airflow }) => {
      airflow.fails = true;
    },
    piece: "airflow",
    check: /run a DAG/,
    reason: /its tasks failed: say is failed/,
    where: /AirflowDagRunFailed/,
  },
  {
    what: "logs that are lost with their pod",
    breaks: ({ airflow }) => {
      airflow.losesLogs = true;
    },
    piece: "airflow",
    check: /run a DAG/,
    reason: /what the task printed is not in its log: is the store of logs read\?/,
    where: /AirflowDagRunFailed/,
  },
  {
    what: "pods of tasks that are never removed",
    breaks: ({ airflow }) => {
      airflow.keepsPods = true;
    },
    piece: "airflow",
    check: /run a DAG/,
    reason: /smoke-[0-9a-f]+ is still there \(no end of the task's pod within/,
    where: /AirflowDagRunFailed/,
  },
  {
    what: "a hub that asks nobody who they are",
    breaks: ({ hub }) => {
      hub.open = true;
    },
    piece: "jupyterhub",
    check: /sign in/,
    reason: /answers 200 to nobody who signs in, and should 403/,
    where: /security\.md/,
  },
  {
    what: "a hub that takes any password",
    breaks: ({ hub }) => {
      hub.takesAnything = true;
    },
    piece: "jupyterhub",
    check: /sign in/,
    reason: /takes a wrong password/,
    where: /security\.md/,
  },
  {
    what: "a Secret with another password than the hub knows",
    breaks: ({ cluster }) => {
      cluster.secrets["jupyterhub/jupyterhub-sign-in"]!["user-password"] = "stale";
    },
    piece: "jupyterhub",
    check: /sign in/,
    reason: /refuses the password of the Secret jupyterhub\/jupyterhub-sign-in/,
    where: /security\.md/,
  },
  {
    what: "no room for another server",
    breaks: ({ hub }) => {
      hub.starts = false;
    },
    piece: "jupyterhub",
    check: /start a notebook/,
    reason: /starts no server \(429\): .*2 of 2 servers run/,
    where: /JupyterHubSpawnFailures/,
  },
  {
    what: "an image of notebooks that is not there",
    breaks: ({ hub }) => {
      hub.image = "registry.test/notebook:gone";
    },
    piece: "jupyterhub",
    check: /start a notebook/,
    reason: /image registry\.test\/notebook:gone: ErrImagePull: not found \(no notebook server within/,
    where: /JupyterHubSpawnFailures/,
  },
  {
    what: "a way from notebooks to MLflow that is shut",
    breaks: ({ notebook }) => {
      notebook.MLflow = "<urlopen error timed out>";
    },
    piece: "jupyterhub",
    check: /start a notebook/,
    reason: /a notebook does not get to MLflow: <urlopen error timed out>/,
    where: /JupyterHubSpawnFailures/,
  },
  {
    what: "a grant of notebooks' that is missing",
    breaks: ({ notebook }) => {
      notebook["the data"] = "An error occurred (AccessDenied) when calling the ListObjectsV2 operation";
    },
    piece: "jupyterhub",
    check: /start a notebook/,
    reason: /a notebook does not get to the data: .*AccessDenied/,
    where: /JupyterHubSpawnFailures/,
  },
  {
    what: "a Prometheus that knows no Alertmanager",
    breaks: ({ prometheus }) => {
      prometheus.alertmanagers = 0;
    },
    piece: "monitoring",
    check: /alert delivered/,
    reason: /knows no Alertmanager/,
    where: /on-call\.md/,
  },
  {
    what: "alerts that do not get to Alertmanager",
    breaks: ({ prometheus }) => {
      prometheus.alerts = [];
    },
    piece: "monitoring",
    check: /alert delivered/,
    reason: /Prometheus has sent none, and Watchdog fires always \(no alert Watchdog at Alertmanager within/,
    where: /on-call\.md/,
  },
  {
    what: "a receiver that cannot be told",
    breaks: ({ prometheus }) => {
      prometheus.failedNotifications.slack = 2.1;
    },
    piece: "monitoring",
    check: /alert delivered/,
    reason: /could not tell its receivers within the last 15 minutes: slack: 3 times/,
    where: /on-call\.md/,
  },
  {
    what: "a dashboard without figures",
    breaks: ({ cluster }) => void cluster.objects.push(dashboard("airflow", "max(airflow_pool_open_slots)")),
    piece: "monitoring",
    check: /every dashboard/,
    reason: /airflow shows nothing: no airflow_pool_open_slots/,
    where: /smoke\.md#dashboards/,
  },
  {
    what: "a network policy that is missing",
    breaks: ({ leaks }) => void leaks.push("churn.models.svc:8080"),
    piece: "network",
    check: /stranger/,
    reason: /^a stranger's pod reaches churn\.models\.svc:8080: a network policy is missing there/,
    where: /smoke\.md#connections/,
  },
  {
    what: "a network plugin that enforces nothing",
    breaks: ({ leaks }) =>
      void leaks.push(
        ...["kps-prometheus.monitoring.svc:9090", "kps-alertmanager.monitoring.svc:9093"],
        ...["hub.jupyterhub.svc:8081", "churn.models.svc:8080"],
      ),
    piece: "network",
    check: /stranger/,
    reason: /the cluster's network plugin does not enforce network policies/,
    where: /smoke\.md#connections/,
  },
  {
    what: "names that pods do not know",
    breaks: ({ lost }) => {
      lost["seaweedfs-all-in-one.mlplatform.svc:8333"] = "its name is not known: [Errno -2]";
    },
    piece: "network",
    check: /stranger/,
    reason: /does not even reach seaweedfs-all-in-one\.mlplatform\.svc:8333 \(its name is not known/,
    where: /smoke\.md#connections/,
  },
];

describe("What does not work is told by the check of it", function () {
  this.timeout(60_000);
  for (const { what, breaks, piece, check, reason, where, left, limitSeconds = 4 } of breakages) {
    it(what, async () => {
      const platform = new PlayedPlatform();
      if (piece === "network") platform.withChampion();
      breaks(platform);
      const [outcome] = await platform.run({
        only: (each) => each.piece === piece && check.test(each.name),
        limitSeconds,
      });
      expect(outcome).to.include({ result: "failed" });
      expect(outcome!.detail).to.match(reason);
      expect(outcome!.where).to.match(where);
      if (left === undefined) expect(outcome!.left).to.equal(undefined);
      else expect(outcome!.left!.join()).to.match(left);
    });
  }
});
