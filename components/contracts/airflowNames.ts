/** Folder of the logs' bucket in which task logs lie. */
export const airflowLogFolder = "airflow/";

/** Of Airflow and of the pods that DAGs start. */
export const airflowNamespace = "airflow";

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
};
