/** Folder of the logs' bucket in which task logs lie. */
export const airflowLogFolder = "airflow/";

/** Of Airflow itself, with its keys; no code of tasks runs there, but for the cases of `workerNamespace`. */
export const airflowNamespace = "airflow";
/** Of the pods that tasks run in: only the scheduler makes them. */
export const taskNamespace = "airflow-tasks";
/** Of the pods that DAGs start besides, with KubernetesPodOperator. */
export const dagPodNamespace = "airflow-pods";

/**
 * Where tasks run: apart from Airflow's keys. Celery's workers need the database and stand beside Airflow, and a volume of DAGs
 * cannot be mounted from another namespace.
 */
export function workerNamespace({ executor, dags }: Asked): string {
  return executor.kind === "kubernetes" && dags.kind !== "volume" ? taskNamespace : airflowNamespace;
}

interface Asked {
  executor: { kind: string };
  dags: { kind: string };
}

/** Namespaces in which code of DAGs runs, and from which it asks MLflow and models. */
export function dagNamespaces(asked: Asked): string[] {
  return [workerNamespace(asked), dagPodNamespace];
}

export const environmentConfigMap = "airflow-environment";
/** Files of DAGs in one ConfigMap, which holds 1 MiB: the definition of a loop with all that it can have is about 31 KiB. */
export const dagFilesPerConfigMap = 25;
/** Names of the ConfigMaps that hold so many files. */
export const platformDagsConfigMaps = (files: number) =>
  Array.from({ length: Math.ceil(files / dagFilesPerConfigMap) }, (_, at) =>
    at === 0 ? "airflow-platform-dags" : `airflow-platform-dags-${at + 1}`,
  );
export const serviceAccounts = {
  apiServer: "airflow-api-server",
  scheduler: "airflow-scheduler",
  dagProcessor: "airflow-dag-processor",
  triggerer: "airflow-triggerer",
  worker: "airflow-worker",
  cleanup: "airflow-cleanup",
};

/** Of the tasks that start pods of training loops; the scheduler alone gives it, to DAGs of the platform alone. */
export const loopLauncher = "airflow-loops";
