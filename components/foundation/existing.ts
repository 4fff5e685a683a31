import * as pulumi from "@pulumi/pulumi";
import { placementFor } from "../contracts/app";
import type {
  Cluster,
  Database,
  Foundation,
  GivenKey,
  ImageRegistry,
  Ingress,
  ObjectStore,
  PullSecret,
  StoredSecret,
  StorePurpose,
} from "../contracts/foundation";
import { CredentialsBySecret } from "../identity/credentialsBySecret";
import type { Dependency } from "../lib/dependencies";
import type { ExistingFoundationSettings } from "../settings/existingFoundation";
import type { DatabaseBackup } from "../settings/needs";
import { SettingsProblems } from "../settings/problems";
import { stackName } from "./awsProvider";
import { dataProtection } from "./data/protection";
import { AdoptedDatabases } from "./existing/adoptedDatabases";
import { AdoptedStores } from "./existing/adoptedStores";
import { Certificates } from "./existing/certificates";
import { ExistingCluster } from "./existing/cluster";
import { CreatedDatabases } from "./existing/createdDatabases";
import { CreatedStores } from "./existing/createdStores";
import { givenSecret } from "./existing/givenSecret";
import { Space } from "./existing/space";
import type { AskedUse } from "./existing/storeKeys";
import { type ExistingGround, secretsGiven } from "./existingGround";

/** What the platform wants of a cluster that is there. */
export interface ExistingFoundationArgs {
  ground: Pick<ExistingGround, "context">;
  settings: ExistingFoundationSettings;
  /** Apps that get a database and a user of their own. */
  databases: string[];
  /** Folders of the data bucket that people's notebooks bring data to, each with a slash at its end. */
  uploads: string[];
  /** Whether what pods write is kept in the store. */
  podLogs: boolean;
  /** Whether artifacts and data are copied out of the store. */
  objectCopies?: boolean;
  /** What somebody stored beside the stack, which the namespace then holds. */
  storedSecrets?: StoredSecret[];
  /** Absent where PostgreSQL is not backed up. */
  databaseBackup?: DatabaseBackup;
}

/** Any Kubernetes cluster, with PostgreSQL and an S3 store in it or beside it. No resource of a cloud is made. */
export class ExistingFoundation extends pulumi.ComponentResource implements Foundation {
  readonly cluster: Cluster;
  readonly identity = new CredentialsBySecret();
  readonly ingress: Ingress;
  readonly stores: Record<StorePurpose, ObjectStore>;
  readonly databases: Record<string, Database>;
  readonly images: ImageRegistry;
  readonly pullSecret?: PullSecret;
  readonly ready: Dependency[];
  readonly outputs: Record<string, pulumi.Input<unknown>>;
  private readonly secretsRead = new Map<string, pulumi.Output<string>>();
  private readonly spaceReady: Dependency[];

  constructor(
    private readonly name: string,
    args: ExistingFoundationArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("mlplatform:foundation:ExistingFoundation", name, {}, opts);
    const { settings, ground } = args;
    const protection = dataProtection(settings.dataProtection);
    const cluster = new ExistingCluster(
      `${name}-cluster`,
      { ...given(settings), context: ground.context, contextName: settings.context },
      { parent: this },
    );
    this.cluster = cluster;
    const onCluster = { parent: this, providers: { kubernetes: cluster.provider } };
    const space = new Space(
      `${name}-space`,
      { keep: protection.keep || secretsGiven(args), protect: protection.keep },
      onCluster,
    );
    this.spaceReady = space.ready;
    const common = {
      ...(settings.storageClass === undefined ? {} : { storageClass: settings.storageClass }),
      placement: placementFor(cluster.nodeClasses, "system"),
      protection,
      ready: space.ready,
    };
    const stores =
      settings.objectStore.kind === "adopt"
        ? new AdoptedStores(`${name}-store`, { ...settings.objectStore, ready: space.ready }, onCluster)
        : new CreatedStores(
            `${name}-store`,
            { ...settings.objectStore, ...common, uploads: args.uploads, asked: askedUses(args) },
            onCluster,
          );
    this.stores = stores.stores;
    cluster.ready.push(...stores.ready); // An app that finds no bucket fails late, in its first task.

    const { apiServerPorts, definedGroups } = cluster;
    const databases = this.makeDatabases(name, args, { ...common, apiServerPorts, definedGroups }, onCluster);
    this.databases = databases?.databases ?? {};

    const certificates =
      settings.certificates.kind === "none"
        ? undefined
        : new Certificates(`${name}-certificates`, { ...settings.certificates, ...common, definedGroups }, onCluster);
    this.ingress = {
      className: settings.ingress.className,
      annotations: settings.ingress.annotations,
      ...(certificates
        ? { tlsSecretName: certificates.secretName, issueCertificate: certificates.issue }
        : { plainHttp: true }),
      ready: certificates?.ready ?? [],
    };
    this.images = new GivenRegistry(settings.images.registry);
    const { pullSecretName } = settings.images;
    if (pullSecretName !== undefined) {
      const login = ".dockerconfigjson";
      const opts = { parent: this, provider: cluster.provider };
      const read = givenSecret(`${name}-pull-secret`, pullSecretName, [login], space.ready, opts);
      this.pullSecret = { name: pullSecretName, dockerConfigJson: read[login] };
    }
    this.ready = [this, ...space.ready, ...stores.ready, ...this.ingress.ready];
    this.outputs = {
      clusterName: cluster.name,
      kubeconfig: cluster.kubeconfig,
      ...(databases ? { databaseHost: databases.host } : {}),
      storeEndpoint: this.stores.artifacts.compatible?.endpoint,
      artifactsBucket: this.stores.artifacts.bucketName,
      dataBucket: this.stores.data.bucketName,
      logsBucket: this.stores.logs.bucketName,
    };
    this.registerOutputs();
  }

  /** @throws in the run, when the namespace `mlplatform` has no such Secret, or the Secret not that key. */
  readSecret(name: string, key: GivenKey): pulumi.Output<string> {
    const resource = `${this.name}-secret-${name}${key === "clientSecret" ? "" : `-${key}`}`;
    const read =
      this.secretsRead.get(resource) ??
      givenSecret(resource, name, [key], this.spaceReady, { parent: this, provider: this.cluster.provider })[key];
    this.secretsRead.set(resource, read);
    return read;
  }

  /** None where no app asks for one: then no operator is installed either. */
  private makeDatabases(
    name: string,
    { settings, databases: apps, databaseBackup }: ExistingFoundationArgs,
    common: Omit<ConstructorParameters<typeof CreatedDatabases>[1], "apps" | "instances" | "storageGiB">,
    onCluster: pulumi.ComponentResourceOptions,
  ): CreatedDatabases | AdoptedDatabases | undefined {
    if (apps.length === 0) return undefined;
    const { database } = settings;
    return database.kind === "adopt"
      ? new AdoptedDatabases(`${name}-database`, { ...database, ...common, apps, keeper: stackName() }, onCluster)
      : new CreatedDatabases(
          `${name}-database`,
          {
            ...{ ...database, ...common, apps },
            ...(databaseBackup === undefined ? {} : { backup: { ...databaseBackup, folder: stackName() } }),
          },
          onCluster,
        );
  }
}

function askedUses({ podLogs, objectCopies }: Pick<ExistingFoundationArgs, "podLogs" | "objectCopies">): AskedUse[] {
  return [...(podLogs ? (["podLogs"] as const) : []), ...(objectCopies ? (["copies"] as const) : [])];
}

/** Without the keys that are not set. */
function given(settings: ExistingFoundationSettings) {
  const { adopt, deleteUnreachable, nodeClasses, apiServerPortNumber, storageClass, sharedStorageClass } = settings;
  return {
    ...{ adopt, deleteUnreachable, nodeClasses },
    ...(apiServerPortNumber === undefined ? {} : { apiServerPortNumber }),
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(sharedStorageClass === undefined ? {} : { sharedStorageClass }),
  };
}

/** Images below a registry that the stack names. */
class GivenRegistry implements ImageRegistry {
  constructor(private readonly registry: string | undefined) {}

  pushed(): Dependency[] {
    return [];
  }

  repositoryUrl(image: string): string {
    if (this.registry !== undefined) return `${this.registry}/${image}`;
    throw new SettingsProblems([
      {
        path: "foundation.images.registry",
        value: "(missing)",
        allowed: `a registry that has the image ${image}, such as registry.example.com/ml`,
        remedy: `Push the image there and write the registry: an existing cluster comes with none of its own.`,
      },
    ]);
  }
}
