import { expect } from "chai";
import { ExistingFoundation } from "../../../components/foundation/existing";
import type { ExistingFoundationSettings } from "../../../components/settings/existingFoundation";
import { parseSettings } from "../../../components/settings/parse";
import { SettingsProblems } from "../../../components/settings/problems";
import { building, value } from "../../support/foundation";
import { dependencies, inputs, outline, secretInputs, shortName, the } from "../../support/outline";
import { type RecordOptions, type Registration, record } from "../../support/record";

const adopted = {
  database: { kind: "adopt", host: "postgres.data.svc", portNumber: 5433, adminSecretName: "postgres-admin" },
  objectStore: { kind: "adopt", endpoint: "https://s3.example.com", bucket: "ml-data", secretName: "object-store" },
  certificates: { kind: "adopt", secretName: "wildcard-tls" },
};

function settings(over: Record<string, unknown> = {}, others: object = {}): ExistingFoundationSettings {
  const { foundation } = parseSettings(
    { foundation: { kind: "existing", context: "kind-test", ...over }, ...others },
    {},
  );
  if (foundation.kind !== "existing") throw new Error("another foundation");
  return foundation;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");
const given: Record<string, Record<string, string>> = {
  "mlplatform-store": { accessKeyId: base64("made-up-id"), secretAccessKey: base64("made-up-key") },
  "mlplatform-store-notebooks": {
    accessKeyId: base64("made-up-people"),
    secretAccessKey: base64("made-up-people-key"),
  },
  "mlplatform-certificates": { "tls.crt": base64("made up"), "tls.key": base64("made up") },
  "mlplatform-secret-sign-in": { clientSecret: base64("made-up-client") },
};
const outputs: RecordOptions["outputs"] = (type, name) =>
  type === "kubernetes:helm.sh/v4:Chart"
    ? { resources: [] }
    : type === "kubernetes:core/v1:Secret" && given[name]
      ? { data: given[name] }
      : type.startsWith("random:")
        ? { result: "x".repeat(40), base64: base64("0123456789abcdef"), hex: "0a1b2c3d" }
        : undefined;

let foundation: ExistingFoundation;
const build = (over: Record<string, unknown> = {}, apps = ["mlflow"]) => {
  foundation = new ExistingFoundation("mlplatform", {
    ground: { context: { kubeconfig: "{}", clusterName: "test", serverPortNumber: 16443 } },
    settings: settings(over),
    databases: apps,
    uploads: ["landing/churn/"],
    podLogs: false,
  });
  return foundation;
};
const made = (over?: Record<string, unknown>, apps?: string[]) => building(() => build(over, apps), { outputs });

const crd = (kind: string) => (kind === "Cluster" || kind === "Database" ? `postgresql.cnpg.io/v1:${kind}` : kind);
const k8s = (kind: string, name: string) => `kubernetes:${crd(kind)} ${name}`;
const cluster = k8s("Cluster", "mlplatform-database");
const claim = k8s("core/v1:PersistentVolumeClaim", "mlplatform-store");
const space = k8s("core/v1:Namespace", "mlplatform-space");
const chart = (name: string) => k8s("helm.sh/v4:Chart", name);

describe("backups of PostgreSQL in a cluster", () => {
  const databaseBackup = {
    ...{ maxLossHours: 24, startTime: "05:30", retentionDays: 35 },
    store: { endpoint: "https://s3.backup.example.com:9000", bucket: "backups", secretName: "backup-store" },
  };
  const backedUp = (database: object = {}) =>
    building(
      () =>
        new ExistingFoundation("mlplatform", {
          ground: { context: { kubeconfig: "{}", clusterName: "test", serverPortNumber: 16443 } },
          settings: settings({ database }, { backup: { store: databaseBackup.store } }),
          ...{ databases: ["mlflow"], uploads: [], podLogs: false, databaseBackup },
        }),
      { outputs },
    );
  const mark = "random:index/randomId:RandomId mlplatform-database-backup";
  const spec = (all: Registration[], name: string) => inputs(all, name).spec as Record<string, unknown>;

  it("go to a folder of the stack's in a store elsewhere, by an image that can write them", async () => {
    const all = await backedUp();
    expect(spec(all, cluster)).to.deep.include({
      imageName: "ghcr.io/cloudnative-pg/postgresql:17.6-system-trixie",
      backup: {
        retentionPolicy: "35d",
        barmanObjectStore: {
          destinationPath: "s3://backups/mlplatform-test",
          endpointURL: "https://s3.backup.example.com:9000",
          serverName: "database-0a1b2c3d",
          s3Credentials: {
            accessKeyId: { name: "backup-store", key: "accessKeyId" },
            secretAccessKey: { name: "backup-store", key: "secretAccessKey" },
          },
          wal: { compression: "gzip" },
          data: { compression: "gzip" },
        },
      },
    });
    expect(spec(all, "kubernetes:postgresql.cnpg.io/v1:ScheduledBackup mlplatform-database-backup")).to.deep.equal({
      schedule: "0 30 5,17 * * *",
      immediate: true,
      backupOwnerReference: "self",
      cluster: { name: "database" },
    });
    const policy = spec(all, k8s("networking.k8s.io/v1:NetworkPolicy", "mlplatform-database-traffic"));
    expect(JSON.stringify(policy.egress)).to.contain('{"port":9000,"protocol":"TCP"}');
  });

  it("are what a server is made of that is to be restored, and its own go to another folder than before", async () => {
    const folder = "mlplatform-old/database-99999999";
    const time = "2026-11-30T12:00:00Z";
    const all = await backedUp({ restoreFrom: { folder, time } });
    expect(spec(all, cluster)).to.deep.include({
      bootstrap: { recovery: { source: "backup", recoveryTarget: { targetTime: time } } },
      externalClusters: [
        {
          name: "backup",
          barmanObjectStore: {
            destinationPath: "s3://backups/mlplatform-old",
            endpointURL: "https://s3.backup.example.com:9000",
            serverName: "database-99999999",
            s3Credentials: {
              accessKeyId: { name: "backup-store", key: "accessKeyId" },
              secretAccessKey: { name: "backup-store", key: "secretAccessKey" },
            },
          },
        },
      ],
    });
    const { annotations } = inputs(all, cluster).metadata as { annotations: Record<string, string> };
    expect(annotations).to.include({ "mlplatform/restored-from": `${folder} ${time}` });
    expect(inputs(all, mark)).to.deep.include({ keepers: { origin: `${folder} ${time}` } });
    expect(the(all, mark).ignoreChanges).to.deep.equal([]);
    expect(spec(await backedUp({ restoreFrom: { folder } }), cluster).bootstrap).to.deep.equal({
      recovery: { source: "backup" },
    });
  });

  it("stay in their folder when the server is no longer said to be restored", async () => {
    const all = await backedUp();
    expect(spec(all, cluster)).not.to.have.any.keys("bootstrap", "externalClusters");
    expect(the(all, mark).ignoreChanges).to.deep.equal(["keepers"]);
  });

  it("change nothing of a server without them", async () => {
    const all = await made();
    expect(spec(all, cluster)).to.deep.include({ imageName: "ghcr.io/cloudnative-pg/postgresql:17.6-standard-trixie" });
    expect(spec(all, cluster)).not.to.have.property("backup");
    expect(all.map(shortName).join()).not.to.contain("ScheduledBackup");
  });
});

describe("an existing cluster, in what is asked for", () => {
  it("gets PostgreSQL with its operator, a store with its volume, one namespace, and nothing of a cloud", async () => {
    const all = await made({ dataProtection: false });
    expect(outline(all)).to.deep.equal([
      "ExistingFoundation mlplatform",
      "  CreatedDatabases mlplatform-database",
      "    Operator mlplatform-database-operator",
      "      kubernetes:core/v1:Namespace mlplatform-database-operator",
      "      kubernetes:helm.sh/v4:Chart mlplatform-database-operator",
      "      kubernetes:networking.k8s.io/v1:NetworkPolicy mlplatform-database-operator",
      "    UserPassword mlplatform-database-mlflow",
      "      kubernetes:core/v1:Secret mlplatform-database-mlflow",
      "      random:index/randomPassword:RandomPassword mlplatform-database-mlflow",
      "    kubernetes:networking.k8s.io/v1:NetworkPolicy mlplatform-database-traffic",
      "    kubernetes:postgresql.cnpg.io/v1:Cluster mlplatform-database",
      "    kubernetes:postgresql.cnpg.io/v1:Database mlplatform-database-mlflow",
      "  CreatedStores mlplatform-store",
      "    StoreKeys mlplatform-store-keys",
      "      kubernetes:core/v1:Secret mlplatform-store-keys",
      "      random:index/randomPassword:RandomPassword mlplatform-store-keys-artifacts",
      "      random:index/randomPassword:RandomPassword mlplatform-store-keys-data",
      "      random:index/randomPassword:RandomPassword mlplatform-store-keys-environments",
      "      random:index/randomPassword:RandomPassword mlplatform-store-keys-environmentsReading",
      "      random:index/randomPassword:RandomPassword mlplatform-store-keys-expiry",
      "      random:index/randomPassword:RandomPassword mlplatform-store-keys-logs",
      "      random:index/randomPassword:RandomPassword mlplatform-store-keys-notebooks",
      "      random:index/randomPassword:RandomPassword mlplatform-store-keys-taskLogs",
      "      random:index/randomPassword:RandomPassword mlplatform-store-keys-taskLogsReading",
      "      random:index/randomPassword:RandomPassword mlplatform-store-keys-tasks",
      "    kubernetes:batch/v1:Job mlplatform-store-buckets",
      "    kubernetes:core/v1:PersistentVolumeClaim mlplatform-store",
      "    kubernetes:helm.sh/v4:Chart mlplatform-store",
      "    kubernetes:networking.k8s.io/v1:NetworkPolicy mlplatform-store-buckets-traffic",
      "    kubernetes:networking.k8s.io/v1:NetworkPolicy mlplatform-store-traffic",
      "  ExistingCluster mlplatform-cluster",
      "  Space mlplatform-space",
      "    kubernetes:core/v1:Namespace mlplatform-space",
      "    kubernetes:networking.k8s.io/v1:NetworkPolicy mlplatform-space-closed",
    ]);
  });

  it("lets nobody in to the operator but where the API server calls it", async () => {
    const all = await made({});
    expect(inputs(all, k8s("networking.k8s.io/v1:NetworkPolicy", "mlplatform-database-operator"))).to.deep.include({
      metadata: { name: "webhook-alone", namespace: "cnpg-system" },
      spec: { podSelector: {}, policyTypes: ["Ingress"], ingress: [{ ports: [{ port: 9443, protocol: "TCP" }] }] },
    });
  });

  it("tells metrics of PostgreSQL and of the store to the namespace that monitors alone, not to notebooks", async () => {
    const all = await made({}, ["mlflow"]);
    for (const [policy, metricsPort] of [
      ["mlplatform-database-traffic", 9187],
      ["mlplatform-store-traffic", 9324],
    ] as const) {
      const { ingress } = inputs(all, k8s("networking.k8s.io/v1:NetworkPolicy", policy)).spec as {
        ingress: { from: object[]; ports?: { port: number }[] }[];
      };
      const letIn = ingress.filter(({ ports }) => ports?.some(({ port }) => port === metricsPort));
      expect(letIn, policy).to.deep.equal([
        {
          from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
          ports: [{ port: metricsPort, protocol: "TCP" }],
        },
      ]);
    }
  });

  it("gets neither operator nor server while no app asks for a database", async () => {
    const names = (await made({}, [])).map(shortName).join();
    expect(names).to.not.match(/database|cnpg/);
  });

  it("gets a server that lets each user into its own database only, and only through TLS", async () => {
    const all = await made({ database: { instances: 3, storageGiB: 7 }, storageClass: "fast" }, ["mlflow", "airflow"]);
    expect(inputs(all, cluster).spec).to.deep.equal({
      instances: 3,
      imageName: "ghcr.io/cloudnative-pg/postgresql:17.6-standard-trixie",
      storage: { size: "7Gi", storageClass: "fast" },
      enableSuperuserAccess: false,
      enablePDB: true,
      managed: {
        roles: ["mlflow", "airflow"].map((name) => ({
          name,
          ensure: "present",
          login: true,
          passwordSecret: { name: `database-${name}` },
        })),
      },
      postgresql: {
        parameters: { max_connections: "200" },
        pg_hba: ["hostssl sameuser all all scram-sha-256", "host all all all reject"],
      },
      affinity: {}, // An empty list in it would have the operator start the server anew for ever.
      resources: { requests: { cpu: "250m", memory: "512Mi" }, limits: { memory: "1Gi" } },
    });
    expect(inputs(all, k8s("Database", "mlplatform-database-airflow")).spec).to.deep.equal({
      name: "airflow",
      owner: "airflow",
      cluster: { name: "database" },
      databaseReclaimPolicy: "retain",
    });
  });

  it("protects and keeps what holds data, where the stack says so, and nothing else", async () => {
    const kept = (await made()).filter((each) => each.protect && each.retainOnDelete).map(shortName);
    expect(kept).to.have.members([space, cluster, k8s("Database", "mlplatform-database-mlflow"), claim]);
    const all = await made({ dataProtection: false });
    expect(all.filter((each) => each.protect || each.retainOnDelete)).to.deep.equal([]);
    expect(inputs(all, k8s("Database", "mlplatform-database-mlflow")).spec).to.include({
      databaseReclaimPolicy: "delete",
    });
  });

  it("keeps a namespace in which somebody put Secrets, though nothing in it is protected", async () => {
    for (const [key, one] of Object.entries(adopted)) {
      const { protect, retainOnDelete } = the(await made({ dataProtection: false, [key]: one }), space);
      expect({ protect, retainOnDelete }, key).to.deep.equal({ protect: false, retainOnDelete: true });
    }
  });

  it("waits with custom resources for the operator, with the store's pod for volume and keys, with buckets for the pod", async () => {
    const all = await made();
    expect(dependencies(all, cluster)).to.include.members([
      chart("mlplatform-database-operator"),
      k8s("core/v1:Secret", "mlplatform-database-mlflow"),
    ]);
    expect(dependencies(all, k8s("Database", "mlplatform-database-mlflow"))).to.include.members([cluster]);
    expect(dependencies(all, chart("mlplatform-store"))).to.include.members([claim]);
    expect(dependencies(all, k8s("batch/v1:Job", "mlplatform-store-buckets"))).to.include(chart("mlplatform-store"));
  });

  it("hides passwords, keys and the kubeconfig, and puts none into values of a chart", async () => {
    const all = await made({ certificates: { kind: "certManager" } });
    expect(secretInputs(all)).to.deep.equal([
      "kubernetes:core/v1:Secret mlplatform-database-mlflow: stringData",
      "kubernetes:core/v1:Secret mlplatform-store-keys: stringData",
    ]);
    const provider = (await record(() => build(), { outputs })).find(({ type }) =>
      type.includes("providers:kubernetes"),
    );
    expect(provider!.secretInputs).to.deep.equal(["kubeconfig"]);
    expect(provider!.inputs).to.include({ clusterIdentifier: "kind-test", upsertExistingObjects: "true" });
  });

  it("has one key for each bucket, good for nothing else, and narrower ones for what models, Airflow, notebooks and expiry do", async () => {
    const { stringData } = inputs(await made(), k8s("core/v1:Secret", "mlplatform-store-keys"));
    const { identities } = JSON.parse((stringData as Record<string, string>).seaweedfs_s3_config!);
    expect(identities.map((each: { actions: string[] }) => each.actions)).to.deep.equal([
      ...["artifacts", "data", "logs"].map((bucket) =>
        ["Read", "Write", "List", "Tagging"].map((action) => `${action}:${bucket}`),
      ),
      ["Read", "List", "Write"].map((action) => `${action}:artifacts/environments/*`),
      ["Read", "List"].map((action) => `${action}:artifacts/environments/*`),
      [
        ...["incoming", "samples", "predictions"].flatMap((folder) => [
          `Read:data/${folder}/*`,
          `List:data/${folder}/*`,
        ]),
        "Write:data/predictions/*",
      ],
      [
        ...["data", "extracts", "features", "metadata", "predictions", "scratch", "landing/churn"].flatMap((folder) => [
          `Read:data/${folder}/*`,
          `List:data/${folder}/*`,
        ]),
        ...["scratch", "landing/churn"].map((folder) => `Write:data/${folder}/*`),
      ],
      ["extracts", "outputs"].flatMap((folder) => [`List:data/${folder}/*`, `Write:data/${folder}/*`]),
      ["Read:logs/airflow/*", "List:logs/airflow/*", "Write:logs/airflow/*"],
      ["Read:logs/airflow/*", "List:logs/airflow/*"],
    ]);
  });

  it("has a key for copies only where they are asked for, which reads artifacts and data and nothing else", async () => {
    const of = async (objectCopies: boolean) => {
      const all = await building(
        () => {
          foundation = new ExistingFoundation("mlplatform", {
            ground: { context: { kubeconfig: "{}", clusterName: "test", serverPortNumber: 16443 } },
            ...{ settings: settings({}), databases: [], uploads: [], podLogs: false, objectCopies },
          });
          return foundation;
        },
        { outputs },
      );
      const { stringData } = inputs(all, k8s("core/v1:Secret", "mlplatform-store-keys"));
      const { identities } = JSON.parse((stringData as Record<string, string>).seaweedfs_s3_config!);
      return (identities as { name: string; actions: string[] }[]).filter(({ name }) => name === "backup-copies");
    };
    expect((await of(true)).map(({ actions }) => actions)).to.deep.equal([
      ["Read:artifacts", "List:artifacts", "Read:data", "List:data"],
    ]);
    expect(Object.keys(foundation.stores.data.compatible!.narrower!)).to.include("copies");
    expect(await of(false)).to.deep.equal([]);
    expect(Object.keys(foundation.stores.data.compatible!.narrower!)).not.to.include("copies");
  });

  it("runs its jobs as nobody in particular, with a read-only root and no token of the cluster", async () => {
    const all = [...(await made()), ...(await made(adopted))].filter(({ type }) => type.endsWith(":Job"));
    expect(all).to.have.length(2);
    for (const { inputs: given } of all) {
      const pod = (given as { spec: { template: { spec: Record<string, unknown> } } }).spec.template.spec;
      expect(pod).to.include({ automountServiceAccountToken: false, restartPolicy: "Never" });
      expect(pod.securityContext).to.include({ runAsNonRoot: true });
      const [container] = pod.containers as { image: string; securityContext: object }[];
      expect(container!.securityContext).to.include({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
      expect(container!.image).to.match(/:\d+\.\d+/);
    }
  });

  it("goes by the labels that somebody gave the nodes", async () => {
    const nodeClasses = [{ purpose: "system", labels: { pool: "system" } }];
    const affinity = { nodeSelector: { pool: "system" } };
    expect(inputs(await made({ nodeClasses }), cluster).spec).to.deep.include({ affinity });
  });

  it("tolerates the taints that the nodes are said to have", async () => {
    const nodeClasses = [{ purpose: "system", taints: [{ key: "dedicated", value: "ml" }] }];
    const affinity = {
      nodeSelector: { "mlplatform/purpose": "system" },
      tolerations: [{ key: "dedicated", operator: "Equal", value: "ml", effect: "NoSchedule" }],
    };
    expect(inputs(await made({ nodeClasses }), cluster).spec).to.deep.include({ affinity });
  });

  it("lets the database's pods reach the API server at the kubeconfig's port, or at the one that the stack names", async () => {
    const reached = async (over: object) => {
      const policy = k8s("networking.k8s.io/v1:NetworkPolicy", "mlplatform-database-traffic");
      const { egress } = inputs(await made({ ...over }), policy).spec as { egress: { ports: { port: number }[] }[] };
      return egress.at(-1)!.ports.map(({ port }) => port);
    };
    expect(await reached({})).to.deep.equal([443, 6443, 16443]);
    expect(await reached({ apiServerPortNumber: 8443 })).to.deep.equal([443, 6443, 8443]);
    expect(foundation.cluster.apiServerPorts).to.deep.equal([443, 6443, 8443]);
  });
});

describe("what is adopted on an existing cluster", () => {
  it("brings no operator, no store and no issuer: a Job for each app and no more", async () => {
    const types = (await made(adopted)).map(shortName).join();
    expect(types).to.not.match(/Chart|cnpg|seaweedfs|Issuer|PersistentVolumeClaim/);
    expect(types).to.contain("Job mlplatform-database-mlflow");
  });

  it("is a database that the Job makes with the admin's Secret and a verifier, never with the password", async () => {
    const all = await made(adopted);
    const { spec } = inputs(all, k8s("batch/v1:Job", "mlplatform-database-mlflow")) as {
      spec: { template: { spec: { containers: { env: { name: string; value?: string; valueFrom?: unknown }[] }[] } } };
    };
    const { env } = spec.template.spec.containers[0]!;
    const of = (name: string) => env.find((each) => each.name === name);
    expect(of("PGHOST")?.value).to.equal("postgres.data.svc");
    expect(of("PGSSLMODE")?.value).to.equal("require");
    expect(of("PGPASSWORD")?.valueFrom).to.deep.equal({ secretKeyRef: { name: "postgres-admin", key: "password" } });
    expect(of("APP_VERIFIER")?.valueFrom).to.deep.equal({ secretKeyRef: { name: "database-mlflow", key: "verifier" } });
    const secret = inputs(all, k8s("core/v1:Secret", "mlplatform-database-mlflow")).stringData as Record<
      string,
      string
    >;
    expect(secret.verifier).to.match(/^SCRAM-SHA-256\$4096:/);
    expect(foundation.databases.mlflow).to.include({ portNumber: 5433, databaseName: "mlflow", userName: "mlflow" });
  });

  it("is one bucket with a folder for each purpose, reached with the keys of the given Secret", async () => {
    let uris: string[] = [];
    let key = "";
    await building(
      async () => {
        const { stores } = build(adopted);
        uris = await Promise.all(Object.values(stores).map(({ uri }) => value(uri)));
        key = await value(stores.data.compatible!.secretAccessKey);
      },
      { outputs },
    );
    expect(uris).to.deep.equal(["artifacts", "data", "logs"].map((purpose) => `s3://ml-data/${purpose}`));
    expect(key).to.equal("made-up-key");
    expect(foundation.stores.data.compatible, "one key was given").to.not.have.property("narrower");
    expect(foundation.stores.data.compatible!.portNumber).to.equal(443);
    expect(foundation.stores.data.compatible, "it is outside").to.not.have.property("namespace");
  });

  it("has a key for notebooks where the stack names one, and is known by its namespace where it is in the cluster", async () => {
    let key = "";
    await building(
      async () => {
        const objectStore = {
          ...(adopted.objectStore as object),
          endpoint: "http://minio.storage.svc.cluster.local:9000",
          notebooksSecretName: "object-store-notebooks",
        };
        const { stores } = build({ ...adopted, objectStore });
        key = await value(stores.data.compatible!.narrower!.notebooks!.secretAccessKey);
      },
      { outputs },
    );
    expect(key).to.equal("made-up-people-key");
    const { namespace, portNumber, narrower } = foundation.stores.data.compatible!;
    expect([namespace, portNumber, Object.keys(narrower!)]).to.deep.equal(["storage", 9000, ["notebooks"]]);
  });

  it("is refused with the name of the key that a Secret lacks", async () => {
    let refused: unknown;
    await building(() => build(adopted), {
      outputs: (type, name, given) =>
        name === "mlplatform-store" && type.endsWith(":Secret") ? { data: {} } : outputs?.(type, name, given),
    }).catch((error) => (refused = error));
    expect(String(refused)).to.match(/Secret object-store in namespace mlplatform has no key "accessKeyId"/);
  });
});

describe("certificates on an existing cluster", () => {
  const certified = (over: Record<string, unknown>) =>
    building(
      () => {
        const { ingress, cluster } = build(over);
        ingress.issueCertificate?.(
          "hub",
          { namespace: "jupyterhub", host: "hub.ml.test", after: [] },
          { provider: cluster.provider },
        );
      },
      { outputs },
    );
  const certificate = "kubernetes:cert-manager.io/v1:Certificate hub";
  const issuer = "kubernetes:cert-manager.io/v1:ClusterIssuer mlplatform-certificates-issuer";

  it("are none on one's own machine, and hosts are then served without TLS", async () => {
    await certified({});
    expect(foundation.ingress).to.deep.equal({ className: "nginx", annotations: {}, plainHttp: true, ready: [] });
  });

  it("are signed by an issuer made here, after the operator, which outlives both", async () => {
    const all = await certified({ certificates: { kind: "certManager" } });
    expect(inputs(all, certificate).spec).to.deep.include({
      secretName: "tls",
      dnsNames: ["hub.ml.test"],
      issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: "selfsigned" },
    });
    expect(dependencies(all, certificate)).to.include.members([issuer, chart("mlplatform-certificates")]);
    expect(dependencies(all, issuer)).to.include(chart("mlplatform-certificates"));
    expect(foundation.ingress.tlsSecretName).to.equal("tls");
    expect(the(all, issuer).retainOnDelete, "goes with its operator").to.equal(false);
  });

  it("are signed by an issuer that stays where somebody else keeps cert-manager, and others may have come to use it", async () => {
    const all = await certified({ certificates: { kind: "certManager", install: false } });
    expect(the(all, issuer).retainOnDelete).to.equal(true);
  });

  it("are signed by an issuer that exists, where one is named: neither it nor cert-manager is made", async () => {
    const all = await certified({ certificates: { kind: "certManager", install: false, issuer: "company" } });
    expect(all.map(shortName).join()).to.not.match(
      /ClusterIssuer|mlplatform-certificates-|Chart mlplatform-certificates/,
    );
    expect(JSON.stringify(inputs(all, certificate).spec)).to.contain('"name":"company"');
  });

  it("may be proved to an authority by a pod of that issuer, in namespaces that are shut otherwise", async () => {
    const proof = "kubernetes:networking.k8s.io/v1:NetworkPolicy hub-proof";
    const all = await certified({ certificates: { kind: "certManager", install: false, issuer: "company" } });
    expect(inputs(all, proof)).to.deep.include({
      metadata: { name: "certificate-proof", namespace: "jupyterhub" },
      spec: {
        podSelector: { matchLabels: { "acme.cert-manager.io/http01-solver": "true" } },
        policyTypes: ["Ingress"],
        ingress: [{ ports: [{ port: 8089, protocol: "TCP" }] }],
      },
    });
    expect(dependencies(all, certificate)).to.include(proof);
    const ownIssuer = await certified({ certificates: { kind: "certManager" } });
    expect(ownIssuer.map(shortName)).to.not.include(proof);
  });

  it("are copied, secret, from the one that is given", async () => {
    const all = await certified({ certificates: adopted.certificates });
    const copy = the(all, "kubernetes:core/v1:Secret hub") as Registration;
    expect(copy.inputs).to.deep.include({
      metadata: { name: "tls", namespace: "jupyterhub" },
      type: "kubernetes.io/tls",
      stringData: { "tls.crt": "made up", "tls.key": "made up" },
    });
    expect(copy.secretInputs).to.deep.equal(["stringData"]);
  });
});

describe("what an existing cluster is asked for by others", () => {
  it("is a secret by its name, read once, however often it is asked for", async () => {
    let read = "";
    const all = await building(
      async () => {
        const built = build();
        built.readSecret("sign-in", "clientSecret");
        read = await value(built.readSecret("sign-in", "clientSecret"));
      },
      { outputs },
    );
    expect(read).to.equal("made-up-client");
    expect(all.filter(({ name }) => name === "mlplatform-secret-sign-in")).to.have.length.below(2);
  });

  it("is an image of the registry that the settings name, and a problem with its path where they name none", async () => {
    let url = "";
    await building(
      () => (url = build({ images: { registry: "registry.example.com/ml" } }).images.repositoryUrl("training")),
      { outputs },
    );
    expect(url).to.equal("registry.example.com/ml/training");
    await made();
    expect(() => foundation.images.repositoryUrl("training"))
      .to.throw(SettingsProblems)
      .with.property("message")
      .that.matches(/foundation\.images\.registry\s+value\s+\(missing\)/);
  });

  it("is no grant: statements about a cloud mean nothing here", async () => {
    const all = await building(
      () => build().identity.grant("mlflow", { namespace: "mlflow", serviceAccount: "mlflow", statements: [] }, {}),
      { outputs },
    );
    expect(all.filter(({ type }) => type.startsWith("aws:"))).to.deep.equal([]);
    expect(the(all, "NothingGranted mlflow").custom).to.equal(false);
  });
});
