import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { jupyterhubSecrets, metricsTokenKey } from "../../../charts/values/jupyterhubNames";
import type { SignIn } from "../../contracts/app";
import type { Database } from "../../contracts/foundation";
import type { DataProtection } from "../../foundation/data/protection";
import type { Dependency } from "../../lib/dependencies";
import { after } from "../../lib/dependencies";

/** What the Secrets of the hub are made of. */
export interface JupyterhubSecretsArgs {
  namespace: k8s.core.v1.Namespace;
  database: Database;
  /** Absent on one's own machine: then passwords are generated. */
  signIn?: SignIn;
  /** What tokens for MLflow are signed with; absent where servers do not act as their owners there. */
  tokenSeed?: pulumi.Input<string>;
  /** Secret variables of notebooks; none makes no Secret. */
  notebookVariables: Record<string, pulumi.Input<string>>;
  protection: DataProtection;
}

/** Secrets of the hub and of notebooks, generated once: another key would sign everybody out and lose what they agreed to. */
export class JupyterhubSecrets extends pulumi.ComponentResource {
  /** Depend on these before starting a pod that reads them. */
  readonly ready: Dependency[] = [];
  /** Passwords where there is no sign-in. */
  readonly passwords?: { user: pulumi.Output<string>; admin: pulumi.Output<string> };

  constructor(name: string, args: JupyterhubSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:JupyterhubSecrets", name, {}, opts);
    const child = { parent: this };
    const kept = { ...child, ...args.protection.options };
    const key = (role: string) => new random.RandomBytes(`${name}-${role}`, { length: 32 }, kept).hex;
    const secret = (
      role: keyof typeof jupyterhubSecrets,
      stringData: Record<string, pulumi.Input<string>>,
      options = {},
    ) => {
      const made = new k8s.core.v1.Secret(
        `${name}-${role}`,
        { metadata: { name: jupyterhubSecrets[role], namespace: args.namespace.metadata.name }, stringData },
        { ...child, ...options, dependsOn: after(args.namespace) },
      );
      this.ready.push(made);
    };

    secret(
      "keys",
      {
        "hub.config.ConfigurableHTTPProxy.auth_token": key("proxy"),
        "hub.config.JupyterHub.cookie_secret": key("cookies"),
        "hub.config.CryptKeeper.keys": key("sign-in-state"),
        [metricsTokenKey]: key("metrics"),
      },
      kept,
    );
    secret("database", { url: databaseUrl(args.database) });
    if (args.signIn) {
      secret("signIn", { "client-secret": args.signIn.clientSecret });
    } else {
      const password = (role: string, length: number) =>
        new random.RandomPassword(`${name}-${role}`, { length, special: false }, child).result;
      // The hub takes no admin password under 32 characters.
      this.passwords = { user: password("user", 20), admin: password("admin", 40) };
      secret("signIn", {
        "user-password": this.passwords.user,
        "admin-password": this.passwords.admin,
      });
    }
    if (args.tokenSeed !== undefined) secret("mlflow", { seed: args.tokenSeed });
    if (Object.keys(args.notebookVariables).length > 0) secret("notebooks", args.notebookVariables);
    this.registerOutputs();
  }
}

/** Address with the password in it, for SQLAlchemy. */
function databaseUrl(database: Database): pulumi.Output<string> {
  const { userName, portNumber, databaseName } = database;
  return pulumi.secret(
    pulumi
      .all([database.host, database.password])
      .apply(
        ([host, password]) =>
          `postgresql://${userName}:${encodeURIComponent(password)}@${host}:${portNumber}/${databaseName}?sslmode=require`,
      ),
  );
}
