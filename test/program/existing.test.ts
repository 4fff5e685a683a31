import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { make } from "covertable";
import { madeUpKubeconfig } from "./kubeconfig";
import { TestStack } from "./runs";

const none = { create: 0, update: 0, replace: 0, delete: 0 };
const context = "kind-made-up";
let home: string;
let kubeconfig: string;
before(() => {
  home = mkdtempSync(join(tmpdir(), "existing-"));
  kubeconfig = join(home, "config");
  writeFileSync(kubeconfig, madeUpKubeconfig(context));
});
after(() => rmSync(home, { recursive: true }));

/** Choices of the foundation; every pair of two of them meets in at least one of the stacks below. */
const choices = {
  database: ["cloudnativepg", "adopt"],
  instances: [1, 3],
  objectStore: ["seaweedfs", "adopt"],
  certificates: ["none", "installed", "given issuer", "adopt"],
  signIn: ["none", "dummy", "oidc"],
  storageClass: [true, false],
  nodeClasses: [true, false],
  protection: [true, false],
  apps: ["none", "mlflow", "all"],
};
type Choice = { [K in keyof typeof choices]: (typeof choices)[K][number] };

const certificates: Record<string, object> = {
  none: { kind: "none" },
  installed: { kind: "certManager" },
  "given issuer": { kind: "certManager", install: false, issuer: "company" },
  adopt: { kind: "adopt", secretName: "wildcard-tls" },
};

function config(choice: Choice): Record<string, unknown> {
  const oidc = {
    provider: "oidc",
    issuer: "https://id.example.com/realms/ml",
    clientId: "ml",
    clientSecretName: "sign-in",
  };
  return {
    foundation: {
      kind: "existing",
      kubeconfig,
      context,
      dataProtection: choice.protection,
      // Buckets are copied by an image of the platform's own.
      ...(backedUp(choice) ? { images: { registry: "registry.example.com/ml" } } : {}),
      ...(choice.storageClass ? { storageClass: "local-path" } : {}),
      ...(choice.nodeClasses ? { nodeClasses: [{ purpose: "system", labels: { pool: "system" } }] } : {}),
      database:
        choice.database === "adopt"
          ? { kind: "adopt", host: "postgres.data.svc", adminSecretName: "postgres-admin" }
          : { instances: choice.instances },
      objectStore:
        choice.objectStore === "adopt"
          ? {
              ...{ kind: "adopt", endpoint: "https://s3.example.com", bucket: "ml-data", secretName: "object-store" },
              ...(choice.apps === "all" ? { notebooksSecretName: "object-store-notebooks" } : {}),
            }
          : {},
      certificates: certificates[choice.certificates],
    },
    ...(choice.signIn === "none"
      ? {}
      : {
          access: {
            domain: "ml.test",
            groups: { ml: "admin" },
            signIn: choice.signIn === "dummy" ? { provider: "dummy" } : oidc,
          },
        }),
    ...(choice.apps === "none" ? {} : { mlflow: {} }),
    ...(choice.apps === "all" ? { airflow: { dags: { kind: "none" } }, jupyterhub: {}, monitoring: { logs: {} } } : {}),
    ...(backedUp(choice) ? { backup: { store: backupStore, objects: true } } : {}),
  };
}

const backupStore = { endpoint: "https://s3.backup.example.com", bucket: "backups", secretName: "backup-store" };

/** Where somebody puts Secrets anyway. */
const backedUp = ({ database, objectStore, apps }: Choice) =>
  database === "cloudnativepg" && objectStore === "adopt" && apps !== "none";

/** Secrets that settings of these stacks name, as somebody puts them there beforehand. */
const given = {
  "backup-store": { accessKeyId: "made-up-backup", secretAccessKey: ["made", "up", "backup"].join("-") },
  "object-store": { accessKeyId: "made-up-id", secretAccessKey: ["made", "up", "key"].join("-") },
  "object-store-notebooks": { accessKeyId: "made-up-people", secretAccessKey: ["made", "up", "people"].join("-") },
  "sign-in": { clientSecret: ["made", "up", "client"].join("-") },
  "wildcard-tls": { "tls.crt": "made up", "tls.key": "made up" },
};

function prepared(stack: TestStack): TestStack {
  stack.prepare(`context/${context}`, "Namespace", "mlplatform");
  for (const [name, fields] of Object.entries(given)) {
    const data = Object.fromEntries(
      Object.entries(fields).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
    );
    stack.prepare(`context/${context}`, "Secret", name, { data });
  }
  return stack;
}

/** Kinds that others on the cluster can refer to, and that therefore stay. */
const stays = /\/(CustomResourceDefinition|ClusterRole|PriorityClass)$/;

/** What exists when all is gone but what others may use. */
function left(stack: TestStack): string[] {
  return stack
    .existing()
    .filter(({ type }) => !stays.test(type))
    .map(({ type, name }) => `${type} ${name}`);
}

/** Types in the plan that only a cloud has, and providers of one. */
function ofClouds(stack: TestStack): string[] {
  const types = stack.plan().resources.map(({ type }) => type);
  return types.filter((type) => /^(aws|awsx|eks)(-native)?:|^pulumi:providers:(aws|awsx|eks)/.test(type));
}

describe("every pair of choices on an existing cluster, on the simulated cloud", function () {
  this.timeout(240_000);
  for (const choice of make(choices) as Choice[]) {
    const title = Object.entries(choice)
      .map(([key, value]) => `${key} ${value}`)
      .join(", ");
    it(`up without a single resource of AWS, no change after it, nothing left after destroy: ${title}`, async () => {
      const secretsOfOthers =
        [choice.database, choice.objectStore, choice.certificates].includes("adopt") || choice.signIn === "oidc";
      const made = new TestStack("existing", config(choice));
      const stack = secretsOfOthers ? prepared(made) : made;
      try {
        await stack.succeed("up");
        expect(ofClouds(stack)).to.deep.equal([]);
        expect((await stack.succeed("preview")).changes).to.include(none);
        if (choice.protection) {
          expect((await stack.run("destroy")).result).to.equal("failed");
          stack.configure(config({ ...choice, protection: false }));
          await stack.succeed("up");
        }
        await stack.succeed("destroy");
        expect(left(stack)).to.deep.equal([]);
        const namespace = stack.object(`context/${context}`, "kubernetes:/Namespace", "mlplatform");
        expect(namespace !== undefined, "the namespace in which somebody put Secrets").to.equal(secretsOfOthers);
      } finally {
        stack.remove();
      }
    });
  }
});

const everything = (over: Partial<Choice> = {}) =>
  config({
    database: "cloudnativepg",
    instances: 1,
    objectStore: "seaweedfs",
    certificates: "installed",
    signIn: "dummy",
    storageClass: false,
    nodeClasses: false,
    protection: false,
    apps: "all",
    ...over,
  });

/** Of the chart's values, what is said of people's servers. */
interface Servers {
  extraEnv: object;
  networkPolicy: { egress: object[] };
}

describe("a whole platform on an existing cluster, on the simulated cloud", function () {
  this.timeout(240_000);
  let stack: TestStack;
  before(() => {
    stack = new TestStack("existing", everything());
  });
  after(() => stack.remove());

  it("is built, and tells where its parts are", async () => {
    const { outputs } = await stack.succeed("up");
    expect(outputs).to.include({
      clusterName: `${context}-cluster`,
      kubeconfig: "[secret]",
      databaseHost: "database-rw.mlplatform.svc",
      storeEndpoint: "http://seaweedfs-all-in-one.mlplatform.svc:8333",
      artifactsBucket: "artifacts",
      mlflowUrl: "https://mlflow.ml.test",
    });
  });

  it("gives notebooks a key of their own for the store, and the way there", () => {
    const { resources } = stack.plan();
    const chart = resources.find(
      ({ type, urn }) => type.endsWith(":Chart") && urn.endsWith("::mlplatform-jupyterhub"),
    )!;
    const { extraEnv, networkPolicy } = (chart.inputs.values as { singleuser: Servers }).singleuser;
    expect(Object.keys(extraEnv)).to.include.members([
      "MODEL_DATA_URI",
      "AWS_ENDPOINT_URL_S3",
      "AWS_ACCESS_KEY_ID",
      "AWS_SECRET_ACCESS_KEY",
    ]);
    const toStore = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "mlplatform" } } };
    expect(networkPolicy.egress).to.deep.include({ to: [toStore], ports: [{ port: 8333, protocol: "TCP" }] });
    expect(resources.map(({ urn }) => urn.split("::").pop())).to.include("mlplatform-store-keys-notebooks");
  });

  it("has a certificate for each host", () => {
    const made = stack.plan().resources.filter(({ type }) => type.endsWith(":Certificate"));
    const tools = ["airflow", "grafana", "home", "hub", "mlflow"];
    expect(made.map(({ urn }) => urn.split("::").pop()).sort()).to.deep.equal(
      tools.map((tool) => `mlplatform-${tool}-certificate`),
    );
  });

  it("is not touched when the kubeconfig gets another address, user and neighbours", async () => {
    const before = madeUpKubeconfig(context);
    writeFileSync(
      kubeconfig,
      madeUpKubeconfig(context, "kind-other").replaceAll(".fake.invalid:", ".elsewhere.invalid:"),
    );
    try {
      const { changes } = await stack.succeed("preview");
      expect(changes).to.include({ create: 0, replace: 0, delete: 0 });
      expect(changes.update).to.be.at.most(1); // The provider, which is told the new address.
    } finally {
      writeFileSync(kubeconfig, before);
    }
  });

  describe("and is taken down", () => {
    let order: string[];
    before(async () => {
      const { operations } = await stack.succeed("destroy");
      order = operations.filter(({ kind }) => kind === "delete").map(({ type, name }) => `${type} ${name}`);
    });
    const at = (what: RegExp) => {
      const found = order.flatMap((each, index) => (what.test(each) ? [index] : []));
      expect(found, `deletes of ${what}`).to.not.deep.equal([]);
      return found;
    };
    const orders: [string, RegExp, RegExp][] = [
      ["databases before their server", /:Database /, /cnpg.io\/v1:Cluster /],
      ["the database server before its operator", /cnpg.io\/v1:Cluster /, /Namespace mlplatform-database-operator/],
      ["certificates before their issuer", /:Certificate /, /:ClusterIssuer /],
      ["the issuer before cert-manager", /:ClusterIssuer /, /Namespace mlplatform-certificates$/],
      ["the server before passwords of its users", /cnpg.io\/v1:Cluster /, /Secret mlplatform-database-/],
      ["MLflow before its database", /Deployment mlplatform-mlflow:/, /:Database mlplatform-database-mlflow/],
      ["MLflow before the store's volume", /Deployment mlplatform-mlflow:/, /PersistentVolumeClaim mlplatform-store/],
      ["all that is in it before the namespace", /PersistentVolumeClaim|Cluster /, /Namespace mlplatform-space/],
    ];
    for (const [title, first, then] of orders) {
      it(`${title}`, () => expect(Math.max(...at(first))).to.be.below(Math.min(...at(then))));
    }

    it("and nothing is left", () => expect(left(stack)).to.deep.equal([]));
  });
});

describe("a stack on an existing cluster with protected data, on the simulated cloud", function () {
  this.timeout(240_000);

  it("is refused its destroy before the first thing is deleted", async () => {
    const stack = new TestStack("existing", everything({ protection: true, apps: "mlflow" }));
    try {
      await stack.succeed("up");
      const before = stack.existing().length;
      const result = await stack.run("destroy");
      expect(result.error).to.match(/mlplatform-guard.*protected/s);
      expect(stack.existing().length).to.equal(before);
    } finally {
      stack.remove();
    }
  });
});

describe("what is wrong with an existing cluster's settings", function () {
  this.timeout(60_000);
  const refused = async (over: Record<string, unknown>): Promise<string> => {
    const stack = new TestStack("existing", { foundation: { kind: "existing", kubeconfig, context, ...over } });
    try {
      const result = await stack.run("up");
      expect(result.result).to.equal("failed");
      return String(result.error);
    } finally {
      stack.remove();
    }
  };

  it("is said with path, value and what is allowed, before anything is made: a context that is not there", async () => {
    expect(await refused({ context: "kind-gone" })).to.match(
      /foundation\.context\s+value\s+kind-gone\s+allowed\s+kind-made-up/,
    );
  });

  it("is said before anything is made: a kubeconfig that is not there", async () => {
    expect(await refused({ kubeconfig: join(home, "gone") })).to.match(/foundation\.kubeconfig\s+value .*gone/);
  });

  it("names the Secret that is missing", async () => {
    const store = { kind: "adopt", endpoint: "https://s3.example.com", bucket: "ml-data", secretName: "never-made" };
    expect(await refused({ objectStore: store })).to.contain("never-made");
  });
});
