import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { machineSecret, mlflow } from "../../../charts/values/mlflow";
import type { SignIn } from "../../contracts/app";
import type { CompatibleStore, Database } from "../../contracts/foundation";
import { dataProtection } from "../../foundation/data/protection";
import { publicKeyOf } from "../../lib/signingKey";

/** Everything secret that MLflow's pods need. */
export interface MlflowSecretsArgs {
  namespace: pulumi.Input<string>;
  database: Database;
  /** Who signs in by a password of its own. */
  machines: string[];
  /** Whether people's programs act as them, by tokens. */
  tokens: boolean;
  /** Whether the key by which versions are signed outlives the stack's other secrets, as the versions do. */
  keepData: boolean;
  /** Machines that sign records of versions, and those that check them. */
  signing: { by: string[]; checkedBy: string[] };
  /** Absent: pods reach Amazon's S3 with the identity of their service account. */
  store?: CompatibleStore;
  signIn?: Pick<SignIn, "clientSecret">;
}

/** Name and password of a machine, as MLflow's clients read them from their environment, and what they know records of versions by. */
export interface MlflowCredentials {
  MLFLOW_TRACKING_USERNAME: pulumi.Output<string>;
  MLFLOW_TRACKING_PASSWORD: pulumi.Output<string>;
  /** What the release path signs its records of versions with; of no other machine. */
  MLPLATFORM_SIGNING_SEED?: pulumi.Output<string>;
  /** Public half of that key, of machines that only read. */
  MLPLATFORM_SIGNING_KEY?: pulumi.Output<string>;
}

/** Secrets of the namespace `mlflow`, by names that the chart's values hold. Passwords are generated once. */
export class MlflowSecrets extends pulumi.ComponentResource {
  /** By machine. */
  readonly credentials: Record<string, MlflowCredentials>;
  /** Public half of the key that records of versions are signed with. */
  readonly signingKey: pulumi.Output<string>;
  /** What tokens of people are signed with: for whoever makes them alone. Secret. */
  readonly tokenSeed?: pulumi.Output<string>;

  constructor(name: string, args: MlflowSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:MlflowSecrets", name, {}, opts);
    const child = { parent: this };
    const password = (role: string, length = 40, kept = {}) =>
      // Letters and digits: they travel in headers and files, where anything else would have to be escaped.
      new random.RandomPassword(`${name}-${role}`, { length, special: false }, { ...child, ...kept }).result;
    const secret = (role: string, secretName: string, stringData: Record<string, pulumi.Input<string>>) =>
      new k8s.core.v1.Secret(
        `${name}-${role}`,
        { metadata: { name: secretName, namespace: args.namespace }, stringData: pulumi.secret(stringData) },
        child,
      );

    secret("database", mlflow.databaseSecret, databaseVariables(args.database));
    secret("server", mlflow.serverSecret, {
      "admin-password": password("admin"),
      "flask-secret-key": password("flask"),
    });
    if (args.signIn) {
      secret("sign-in", mlflow.signInSecret, {
        "client-secret": args.signIn.clientSecret,
        "cookie-secret": password("cookie", 32), // 16, 24 or 32 bytes: it is a key for AES.
        "proxy-key": password("proxy"),
      });
    }
    if (args.tokens) {
      this.tokenSeed = pulumi.secret(password("tokens-seed", 64));
      secret("tokens", mlflow.tokenSecret, { "public-key": this.tokenSeed.apply(publicKeyOf) });
    }
    if (args.store) {
      secret("store", mlflow.storeSecret, {
        AWS_ACCESS_KEY_ID: args.store.accessKeyId,
        AWS_SECRET_ACCESS_KEY: args.store.secretAccessKey,
        AWS_DEFAULT_REGION: "us-east-1", // Only signed with; the store has no regions.
      });
    }
    const { by, checkedBy } = args.signing;
    // There as long as MLflow is, also while no model has a block: with another key no record of a version could be checked any more.
    const seed = pulumi.secret(password("signing", 64, dataProtection(args.keepData).options));
    this.signingKey = pulumi.unsecret(seed.apply(publicKeyOf));
    const signing = (machine: string): Partial<MlflowCredentials> => ({
      ...(by.includes(machine) ? { MLPLATFORM_SIGNING_SEED: seed } : {}),
      ...(checkedBy.includes(machine) ? { MLPLATFORM_SIGNING_KEY: seed.apply(publicKeyOf) } : {}),
    });
    this.credentials = Object.fromEntries(
      args.machines.map((machine) => {
        const generated = password(`machine-${machine}`);
        secret(`machine-${machine}`, machineSecret(machine), { username: machine, password: generated });
        const credentials = {
          MLFLOW_TRACKING_USERNAME: pulumi.output(machine),
          MLFLOW_TRACKING_PASSWORD: pulumi.secret(generated),
          ...signing(machine),
        };
        return [machine, credentials];
      }),
    );
    this.registerOutputs();
  }
}

/** The URI for MLflow, and libpq's variables for its accounts. The driver is named: SQLAlchemy 2.1 takes another by default. */
function databaseVariables({ host, portNumber, databaseName, userName, password }: Database) {
  const escaped = password.apply(encodeURIComponent);
  return {
    MLFLOW_BACKEND_STORE_URI: pulumi.interpolate`postgresql+psycopg2://${userName}:${escaped}@${host}:${portNumber}/${databaseName}?sslmode=require`,
    PGHOST: host,
    PGPORT: String(portNumber),
    PGDATABASE: databaseName,
    PGUSER: userName,
    PGPASSWORD: password,
    PGSSLMODE: "require",
  };
}
