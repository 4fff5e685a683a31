import type * as pulumi from "@pulumi/pulumi";
import { airflowNamespace, loopLauncher, serviceAccounts } from "../../contracts/airflowNames";
import { type AdmissionRule, admissionPolicy, celList, celSecretsAmong } from "../../lib/admission";
import { userName } from "../../lib/userName";

/** What a pod of a task may be, however its DAG overrides it. */
export function workerAdmission(namespace: string, secretNames: readonly string[]): AdmissionRule {
  const scheduler = JSON.stringify(userName(airflowNamespace, serviceAccounts.scheduler));
  const byScheduler = `request.userInfo.username == ${scheduler}`;
  const account = "object.spec.serviceAccountName";
  const own = [serviceAccounts.worker, loopLauncher];
  return {
    name: "airflow-workers.mlplatform",
    namespaces: [namespace],
    resource: { group: "", version: "v1", plural: "pods" },
    operations: ["CREATE"],
    demands: [
      {
        expression: `${account} != ${JSON.stringify(loopLauncher)} || ${byScheduler}`,
        message: `Only Airflow's scheduler starts pods as ${loopLauncher}.`,
      },
      {
        expression: `!(${byScheduler}) || ${account} in ${celList(own)}`,
        message: `Pods of tasks run as ${serviceAccounts.worker}: leave service_account_name out of executor_config.`,
      },
      // In a namespace of their own there is no other Secret of the platform but the login by which images are pulled, which no pod may read.
      ...(namespace === airflowNamespace
        ? [
            {
              expression: `!(${byScheduler}) || (${celSecretsAmong("object.spec", secretNames)})`,
              message: `Pods of tasks may read these Secrets alone: ${secretNames.join(", ")}.`,
            },
          ]
        : []),
    ],
  };
}

/** Refuses what a DAG must not ask of its tasks' pods. */
export function admitWorkers(
  name: string,
  args: { namespace: string; secretNames: readonly string[] },
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  return admissionPolicy(name, workerAdmission(args.namespace, args.secretNames), opts);
}
