import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { DataProtection } from "./protection";

/** Where the password of one database user is kept. */
export interface DatabasePasswordArgs {
  /** User the password belongs to. */
  userName: string;
  keyArn: pulumi.Input<string>;
  protection: DataProtection;
}

/** Days a deleted secret can be brought back; AWS allows 0 or 7 to 30. */
const recoveryWindowDays = { kept: 30, dropped: 0 };

/** A generated password in Secrets Manager: in the stack's state it is encrypted, elsewhere it goes by its ARN. */
export class DatabasePassword extends pulumi.ComponentResource {
  readonly value: pulumi.Output<string>;
  readonly secretArn: pulumi.Output<string>;
  /** Changes with the password. */
  readonly versionId: pulumi.Output<string>;

  constructor(name: string, args: DatabasePasswordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:DatabasePassword", name, {}, opts);
    const child = { parent: this };
    // Letters and digits: the password travels in connection strings, where anything else would have to be escaped.
    const password = new random.RandomPassword(name, { length: 40, special: false }, child);
    const secret = new aws.secretsmanager.Secret(
      name,
      {
        description: "Password of one database user of the platform",
        kmsKeyId: args.keyArn,
        recoveryWindowInDays: args.protection.keep ? recoveryWindowDays.kept : recoveryWindowDays.dropped,
      },
      child,
    );
    const credentials = { username: args.userName, password: password.result };
    const version = new aws.secretsmanager.SecretVersion(
      name,
      { secretId: secret.id, secretString: pulumi.jsonStringify(credentials) },
      child,
    );
    this.value = pulumi.secret(password.result);
    this.secretArn = version.arn; // Through the version: whoever reads the secret finds the password in it.
    this.versionId = version.versionId;
    this.registerOutputs({ secretArn: this.secretArn });
  }
}
