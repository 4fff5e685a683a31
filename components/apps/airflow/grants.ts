import * as pulumi from "@pulumi/pulumi";
import { airflowLogFolder, airflowNamespace as namespace, serviceAccounts } from "../../contracts/airflowNames";
import type { ObjectStore, WorkloadIdentity } from "../../contracts/foundation";
import { readBelow, readWriteBelow } from "../../identity/policies/stores";
import type { PolicyStatement } from "../../lib/statements";

/** Who of Airflow's pods may do what outside the cluster. */
export interface AirflowAccess {
  /** Holds task logs below `airflow/`: workers write them, the API server reads them, nobody else does either. */
  logs: ObjectStore;
  identity: WorkloadIdentity;
  /** What tasks may do besides writing their logs. */
  taskStatements?: pulumi.Input<PolicyStatement[]>;
}

/** Where tasks run, and where pods that their DAGs start do. */
interface TaskNamespaces {
  workers: string;
  dagPods: string;
}

/**
 * Lets workers and the triggerer write task logs, and the API server read them. Beyond logs, tasks may do what `taskStatements` say, and
 * so may the pods that they start, if those run as the service account of the same name.
 */
export function airflowGrants(
  name: string,
  { identity, logs, taskStatements = [], namespaces }: AirflowAccess & { namespaces: TaskNamespaces },
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const store = pulumi.all([logs.bucketArn, logs.keyArn]);
  const write = store.apply(([bucketArn, keyArn]) => readWriteBelow({ bucketArn, keyArn }, airflowLogFolder));
  const read = store.apply(([bucketArn, keyArn]) => readBelow({ bucketArn, keyArn }, airflowLogFolder));
  const task = pulumi.all([write, taskStatements]).apply(([own, more]) => [...own, ...more]);
  const to = (
    role: string,
    serviceAccount: string,
    statements: pulumi.Input<PolicyStatement[]>,
    at: string = namespace,
  ) => identity.grant(`${name}-${role}`, { namespace: at, serviceAccount, statements }, opts);
  return [
    to("worker", serviceAccounts.worker, task, namespaces.workers),
    to("pods", serviceAccounts.worker, taskStatements, namespaces.dagPods),
    to("triggerer", serviceAccounts.triggerer, write),
    to("api", serviceAccounts.apiServer, read),
  ];
}
