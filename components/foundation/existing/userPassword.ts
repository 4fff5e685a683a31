import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { scramVerifier } from "../../../functions/databaseAccess/scramVerifier";
import { platformNamespace } from "./space";

/** Whose password it is. */
export interface UserPasswordArgs {
  userName: string;
  /** Adds what PostgreSQL stores instead of the password, as `verifier`. */
  verifier: boolean;
}

/** A password, generated once, in a Secret of the namespace `mlplatform`. */
export class UserPassword extends pulumi.ComponentResource {
  readonly value: pulumi.Output<string>;
  readonly secretName: string;
  readonly secret: k8s.core.v1.Secret;

  constructor(name: string, args: UserPasswordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:UserPassword", name, {}, opts);
    const child = { parent: this };
    // Letters and digits: the password travels in connection strings, where anything else would have to be escaped.
    const password = new random.RandomPassword(name, { length: 40, special: false }, child);
    this.value = pulumi.secret(password.result);
    const fields: Record<string, pulumi.Output<string> | string> = { username: args.userName, password: this.value };
    if (args.verifier) fields.verifier = verifierOf(name, password.result, child);
    this.secretName = `database-${args.userName}`;
    this.secret = new k8s.core.v1.Secret(
      name,
      {
        // The label lets the operator see a new password at once.
        metadata: { name: this.secretName, namespace: platformNamespace, labels: { "cnpg.io/reload": "true" } },
        type: "kubernetes.io/basic-auth",
        stringData: pulumi.secret(fields),
      },
      child,
    );
    this.registerOutputs();
  }
}

/** The salt is generated once too, so that the same password gives the same verifier in each run. */
function verifierOf(name: string, password: pulumi.Output<string>, opts: pulumi.CustomResourceOptions) {
  const salt = new random.RandomBytes(`${name}-salt`, { length: 16 }, opts);
  return pulumi
    .all([password, salt.base64])
    .apply(([text, base64]) => scramVerifier(text, Buffer.from(base64, "base64")));
}
