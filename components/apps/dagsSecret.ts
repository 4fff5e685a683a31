import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { dagsCredentials, dagsSecretName } from "../../charts/values/airflowDags";

/** What opens a private repository of DAGs. */
export interface DagsAccess {
  repository: string;
  /** A deploy key, a token or `user:token`. Secret. Only ever put into a Secret; charts get that Secret's name. */
  credential: pulumi.Input<string>;
}

/** The Secret by which pods of one namespace fetch DAGs. */
export function dagsSecret(
  name: string,
  namespace: string,
  { repository, credential }: DagsAccess,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret {
  return new k8s.core.v1.Secret(
    name,
    {
      metadata: { name: dagsSecretName, namespace },
      stringData: pulumi.secret(pulumi.output(credential).apply((given) => dagsCredentials(repository, given))),
    },
    opts,
  );
}
