import { randomBytes } from "node:crypto";
import type { V1Pod } from "@kubernetes/client-node";
import { taskNamespace } from "../components/contracts/airflowNames";
import { AirflowApi } from "./airflowApi";
import type { Act, Check } from "./check";
import { podKind } from "./cluster";
import { Fault, LastingFault, NotChecked } from "./fault";
import { brokenPod } from "./pods";

/** Id and tag of the DAG in `smoke/smoke_dag.py`, which prints `words` of its run's configuration: a DAG of somebody's does other work. */
const own = "smoke";

/** Pods of a DAG's tasks, which Kubernetes' executor makes and removes; none with another executor. */
async function taskPods(act: Act, dag: string): Promise<V1Pod[]> {
  if (!act.has(taskNamespace)) return [];
  return act.cluster.list<V1Pod>(podKind, { namespace: taskNamespace, labels: { dag_id: dag } });
}

/** @returns whether a pod was seen */
async function untilDone(act: Act, airflow: AirflowApi, dag: string): Promise<boolean> {
  let seen = false;
  await act.until(`end of the DAG ${dag}`, async () => {
    const pods = await taskPods(act, dag);
    seen ||= pods.length > 0;
    const state = await airflow.state(dag, act.id);
    act.say(`${dag} is ${state}`);
    if (state === "success") return state;
    const reasons = pods.map(brokenPod).filter((reason) => reason !== undefined);
    if (state === "failed") {
      const tasks = await airflow.tasks(dag, act.id);
      throw new LastingFault(`its tasks failed: ${tasks.map((each) => `${each.task_id} is ${each.state}`).join(", ")}`);
    }
    throw new Fault([`it is ${state}`, ...reasons].join(", "));
  });
  return seen;
}

export const airflowChecks: Check[] = [
  {
    piece: "airflow",
    name: "sign in, and be refused without",
    limitSeconds: 60,
    where: "docs/security.md",
    async run(act) {
      const airflow = await AirflowApi.open(act);
      const { status } = await airflow.send({ path: "/dags" });
      if (status !== 401) throw new LastingFault(`Airflow answers ${status} to nobody who signs in, and should 401`);
      await airflow.password();
      if ((await airflow.tokenFor(randomBytes(20).toString("hex"))) !== undefined) {
        throw new LastingFault("Airflow takes a wrong password");
      }
      await airflow.signIn();
      return { detail: "admin is let in; nobody, and a wrong password, are not" };
    },
  },
  {
    piece: "airflow",
    name: "see scheduler, DAG processor and triggerer beat",
    limitSeconds: 120,
    where: "docs/runbooks/AirflowSchedulerDown.md",
    async run(act) {
      const airflow = await AirflowApi.open(act);
      const beating = await act.until("sign of life of every part", async () => {
        const parts = await airflow.call<Record<string, { status: string | null }>>("GET", "/monitor/health");
        const silent = Object.entries(parts).filter(([, { status }]) => status !== "healthy");
        if (silent.length > 0) throw new Fault(silent.map(([part, { status }]) => `${part} is ${status}`).join(", "));
        return Object.keys(parts);
      });
      return { detail: beating.join(", ") };
    },
  },
  {
    piece: "airflow",
    name: "run a DAG, and read its log when the pod is gone",
    limitSeconds: 420,
    where: "docs/runbooks/AirflowDagRunFailed.md",
    async run(act) {
      const airflow = await AirflowApi.open(act);
      await airflow.signIn();
      const dag = (await airflow.tagged(own)).find(({ dag_id }) => dag_id === own);
      if (dag === undefined) {
        throw new NotChecked(`the DAG ${own} is not there: put smoke/smoke_dag.py where Airflow's DAGs come from`);
      }
      const { dag_id: id, is_paused } = dag;
      if (is_paused) {
        act.undo(`pause of the DAG ${id}`, () => airflow.pause(id, true));
        await airflow.pause(id, false);
      }
      const begun = performance.now();
      act.undo(`run ${act.id} of the DAG ${id}`, () => airflow.removeRun(id, act.id));
      await airflow.start(id, act.id, { words: `${act.id} was here` });
      const seen = await untilDone(act, airflow, id);
      const dagSeconds = Math.round((performance.now() - begun) / 100) / 10;
      await act.until("end of the task's pod", async () => {
        const [pod] = await taskPods(act, id);
        if (pod !== undefined) throw new Fault(`${pod.metadata?.name} is still there`);
        return true;
      });
      const [task] = await airflow.tasks(id, act.id);
      await act.until("log of the task", async () => {
        const log = await airflow.log(id, act.id, task!);
        if (!log.includes(`${act.id} was here`))
          throw new Fault("what the task printed is not in its log: is the store of logs read?");
        return log;
      });
      const how = seen ? "its pod is gone, its log is there" : "its log is there; no pod of its own was seen";
      return { detail: `${id} took ${dagSeconds} s; ${how}`, measured: { dagSeconds } };
    },
  },
];
