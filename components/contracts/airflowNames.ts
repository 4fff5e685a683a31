/** Folder of the logs' bucket in which task logs lie. */
export const airflowLogFolder = "airflow/";

/** Of Airflow and of the pods that DAGs start. */
export const airflowNamespace = "airflow";

export const environmentConfigMap = "airflow-environment";
export const platformDagsConfigMap = "airflow-platform-dags";
export const serviceAccounts = {
  apiServer: "airflow-api-server",
  scheduler: "airflow-scheduler",
  dagProcessor: "airflow-dag-processor",
  triggerer: "airflow-triggerer",
  worker: "airflow-worker",
};
