import * as pulumi from "@pulumi/pulumi";
import { isSecret } from "@pulumi/pulumi";
import { expect } from "chai";
import { mlflowValues } from "../../charts/values/mlflow";
import { peopleValues } from "../../charts/values/mlflowSignIn";
import { Mlflow, type MlflowArgs } from "../../components/apps/mlflow/component";
import type { AppSurroundings, SignIn } from "../../components/contracts/app";
import { publicKeyOf } from "../../components/lib/signingKey";
import { database, store, surroundings } from "../support/apps";
import { building, keyArn, Marker, RecordedIdentity, value } from "../support/foundation";
import { mlflowFacts } from "../support/mlflowChart";
import { dependencies, inputs, outline, secretInputs } from "../support/outline";

const signIn: SignIn = {
  provider: "oidc",
  issuer: "https://id.example.com/realms/company",
  groupsClaim: "groups",
  clientId: "mlplatform",
  clientSecret: pulumi.secret("made-up-client-secret"),
  groups: { "ml-admins": "admin", ml: "editor" },
};

function published(className = "alb"): Pick<AppSurroundings, "address" | "signIn"> {
  const annotations = { "made-up/annotation": pulumi.output("known to the cloud") };
  const ingress = { className, annotations, ready: [new Marker("ingress-controller")] };
  return { address: { host: "mlflow.ml.example.com", url: "https://mlflow.ml.example.com", ingress }, signIn };
}

function args(over: Partial<MlflowArgs> = {}): MlflowArgs {
  return {
    ...surroundings(),
    identity: new RecordedIdentity(),
    artifacts: store("artifacts"),
    database: database("mlflow", { password: pulumi.secret("p@ss/w%rd") }),
    replicas: 2,
    cpu: "500m",
    memoryMiB: 1024,
    workers: 2,
    maxUploadMiB: 5120,
    garbageCollection: { schedule: "0 4 * * 0", olderThanDays: 30 },
    clients: { airflow: { role: "editor", namespaces: ["airflow"] } },
    gated: [],
    ...over,
  };
}

const outputs = (type: string, name: string) =>
  type === "random:index/randomPassword:RandomPassword" ? { result: `generated-${name}` } : undefined;
const build = (over: () => Partial<MlflowArgs> = () => ({}), preview = false) =>
  building(() => new Mlflow("mlflow", args(over())), { outputs, preview });
const chart = "kubernetes:helm.sh/v4:Chart mlflow";
interface IngressInputs {
  metadata: { annotations: Record<string, string> };
  spec: { rules: { host: string; http: { paths: { backend: { service: { port: object } } }[] } }[] };
}
const ingress = (made: Awaited<ReturnType<typeof build>>) =>
  inputs(made, "kubernetes:networking.k8s.io/v1:Ingress mlflow-ingress") as unknown as IngressInputs;
const stringData = (made: Awaited<ReturnType<typeof build>>, role: string) =>
  inputs(made, `kubernetes:core/v1:Secret mlflow-secrets-${role}`).stringData as Record<string, string>;

describe("MLflow as a component", () => {
  it("asks for these, in preview as well as in the update", async () => {
    const over = () => ({ ...published(), monitors: [new Marker("monitors")], monitoringNamespace: "monitoring" });
    const made = await build(over);
    const secrets = ["database", "server", "sign-in"].map(
      (role) => `    kubernetes:core/v1:Secret mlflow-secrets-${role}`,
    );
    const machines = ["airflow", "garbage-collection", "prometheus"];
    expect(outline(made)).to.deep.equal([
      "Mlflow mlflow",
      "  MlflowSecrets mlflow-secrets",
      ...[...secrets, ...machines.map((each) => `    kubernetes:core/v1:Secret mlflow-secrets-machine-${each}`)].sort(),
      ...["admin", "cookie", "flask", ...machines.map((each) => `machine-${each}`), "proxy", "signing"].map(
        (role) => `    random:index/randomPassword:RandomPassword mlflow-secrets-${role}`,
      ),
      "  kubernetes:core/v1:ConfigMap mlflow-store",
      "  kubernetes:core/v1:Namespace mlflow",
      "  kubernetes:helm.sh/v4:Chart mlflow",
      "  kubernetes:networking.k8s.io/v1:Ingress mlflow-ingress",
      "  kubernetes:networking.k8s.io/v1:NetworkPolicy mlflow-closed",
    ]);
    expect(outline(await build(over, true))).to.deep.equal(outline(made));
  });

  it("gives the chart literal values, laid over by the stack's own", async () => {
    const made = await build(() => ({
      values: { podLabels: { team: "ml" }, server: { value_options: { workers: 9 } } },
    }));
    const { values, namespace, name } = inputs(made, chart) as {
      values: ReturnType<typeof mlflowValues>;
      namespace: string;
      name: string;
    };
    expect([name, namespace]).to.deep.equal(["mlflow", "mlflow"]);
    expect(values).to.deep.include({ podLabels: { team: "ml" } });
    expect(values.server.value_options).to.include({ workers: 9, port: 5000 });
    expect(secretInputs(made).filter((each) => each.includes("Chart"))).to.deep.equal([]);
  });

  it("knows people's programs by the public half of a key whose secret half it hands on, and gives them no password", async () => {
    const clients = { jupyterhub: { role: "people", namespaces: ["jupyterhub"] } } as const;
    let seed: pulumi.Output<string> | undefined;
    let refused = "";
    const made = await building(
      () => {
        const built = new Mlflow("mlflow", args({ ...published(), clients }));
        seed = built.tokenSeed;
        try {
          built.credentials("jupyterhub");
        } catch (error) {
          refused = (error as Error).message;
        }
        return built;
      },
      { outputs },
    );
    const generated = "generated-mlflow-secrets-tokens-seed";
    expect([await value(seed!), await isSecret(seed!)]).to.deep.equal([generated, true]);
    expect(stringData(made, "tokens")).to.deep.equal({ "public-key": publicKeyOf(generated) });
    const { auth, networkPolicy } = (inputs(made, chart) as { values: ReturnType<typeof mlflowValues> }).values;
    expect(auth.tokenSecretName).to.equal("mlflow-tokens");
    expect(auth.machines.map(({ name }) => name)).to.deep.equal(["garbage-collection"]);
    expect(networkPolicy.clientNamespaces).to.deep.equal(["jupyterhub"]);
    expect(refused).to.contain('MLflow knows no client "jupyterhub"');
  });

  it("makes no key of tokens where nobody signs them", async () => {
    const made = await build();
    expect(outline(made).filter((line) => line.includes("tokens"))).to.deep.equal([]);
    expect((inputs(made, chart) as { values: object }).values).to.not.have.nested.property("auth.tokenSecretName");
  });

  it("comes after the grant, the database, its Secrets and, where something monitors, after that", async () => {
    const made = await build(() => ({ monitors: [new Marker("monitors")] }));
    expect(dependencies(made, chart)).to.include.members([
      "test:index:Marker database",
      "test:index:Marker granted-mlflow",
      "test:index:Marker monitors",
      "kubernetes:core/v1:ConfigMap mlflow-store",
      "kubernetes:core/v1:Secret mlflow-secrets-database",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy mlflow-closed",
    ]);
    expect(dependencies(made, "kubernetes:core/v1:Namespace mlflow")).to.deep.equal(["test:index:Marker cluster"]);
  });

  it("lets the server's service account read and write below mlflow/, and nothing else", async () => {
    const identity = new RecordedIdentity();
    await build(() => ({ identity }));
    const { namespace, serviceAccount, statements } = identity.grants.mlflow!;
    expect(Object.keys(identity.grants)).to.deep.equal(["mlflow"]);
    expect([namespace, serviceAccount]).to.deep.equal(["mlflow", "mlflow"]);
    const granted = await value(pulumi.output(statements));
    expect(new Set(granted.flatMap(({ Resource }) => Resource))).to.deep.equal(
      new Set(["arn:aws:s3:::artifacts", "arn:aws:s3:::artifacts/mlflow/*", keyArn]),
    );
  });

  it("keeps the password in a Secret, escaped in the URI and as it is for libpq, over TLS alone", async () => {
    const made = await build();
    expect(stringData(made, "database")).to.deep.equal({
      MLFLOW_BACKEND_STORE_URI:
        "postgresql+psycopg2://mlflow:p%40ss%2Fw%25rd@database.fake.invalid:5432/mlflow?sslmode=require",
      PGHOST: "database.fake.invalid",
      PGPORT: "5432",
      PGDATABASE: "mlflow",
      PGUSER: "mlflow",
      PGPASSWORD: "p@ss/w%rd",
      PGSSLMODE: "require",
    });
    const inSecrets = secretInputs(made).filter((each) => !each.startsWith("kubernetes:core/v1:Secret"));
    expect(inSecrets, "nothing else holds a secret").to.deep.equal([]);
    expect(JSON.stringify(made.filter(({ type }) => type !== "kubernetes:core/v1:Secret"))).to.not.contain("p@ss");
  });

  it("sends artifacts to the bucket's folder, by the identity alone on AWS", async () => {
    const made = await build();
    expect(inputs(made, "kubernetes:core/v1:ConfigMap mlflow-store").data).to.deep.equal({
      MLFLOW_ARTIFACTS_DESTINATION: "s3://artifacts/mlflow",
    });
    expect(outline(made).filter((line) => line.endsWith("mlflow-secrets-store"))).to.deep.equal([]);
  });

  it("reaches a store that is not Amazon's by its address and keys, through the network policy", async () => {
    const made = await build(() => ({
      artifacts: {
        ...store("artifacts"),
        compatible: {
          endpoint: pulumi.output("http://storage.storage.svc:8333"),
          portNumber: 8333,
          accessKeyId: pulumi.output("made-up-id"),
          secretAccessKey: pulumi.secret("made-up-key"),
        },
      },
    }));
    expect(inputs(made, "kubernetes:core/v1:ConfigMap mlflow-store").data).to.have.property(
      "MLFLOW_S3_ENDPOINT_URL",
      "http://storage.storage.svc:8333",
    );
    expect(stringData(made, "store")).to.include({
      AWS_ACCESS_KEY_ID: "made-up-id",
      AWS_SECRET_ACCESS_KEY: "made-up-key",
    });
    const { values } = inputs(made, chart) as { values: ReturnType<typeof mlflowValues> };
    expect(values.networkPolicy)
      .to.have.property("additionalEgressRules")
      .deep.equal([{ ports: [{ port: 8333 }] }]);
    expect(values.envFrom).to.deep.include({ secretRef: { name: "mlflow-store-credentials" } });
  });

  it("publishes the sign-in proxy, never the server, after the chart and the ingress controller", async () => {
    const made = await build(() => published());
    const { metadata, spec } = ingress(made);
    expect(metadata.annotations).to.deep.equal({
      "made-up/annotation": "known to the cloud",
      "alb.ingress.kubernetes.io/healthcheck-path": "/ping",
    });
    expect(spec.rules).to.deep.equal([
      {
        host: "mlflow.ml.example.com",
        http: {
          paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "mlflow", port: { number: 4180 } } } }],
        },
      },
    ]);
    expect(dependencies(made, "kubernetes:networking.k8s.io/v1:Ingress mlflow-ingress")).to.include.members([
      chart,
      "test:index:Marker ingress-controller",
    ]);
    expect(stringData(made, "sign-in")).to.deep.equal({
      "client-secret": "made-up-client-secret",
      "cookie-secret": "generated-mlflow-secrets-cookie",
      "proxy-key": "generated-mlflow-secrets-proxy",
    });
    expect(inputs(made, "random:index/randomPassword:RandomPassword mlflow-secrets-cookie")).to.include({ length: 32 });
  });

  for (const className of ["nginx", "nginx-internal", "internal"]) {
    it(`lets large artifacts through NGINX of the class ${className}, whose own limits are one megabyte and a minute`, async () => {
      const made = await build(() => published(className));
      const { metadata } = ingress(made);
      expect(metadata.annotations).to.include({
        "nginx.ingress.kubernetes.io/proxy-body-size": "5120m",
        "nginx.ingress.kubernetes.io/proxy-read-timeout": "900",
        "nginx.ingress.kubernetes.io/proxy-send-timeout": "900",
        "nginx.ingress.kubernetes.io/proxy-request-buffering": "off",
      });
    });
  }

  it("tells a load balancer of AWS nothing of NGINX", async () => {
    const { metadata } = ingress(await build(() => published("alb")));
    expect(Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith("nginx"))).to.deep.equal([]);
  });

  it("has an account with a generated password where nobody signs in, also behind an address of one's own machine", async () => {
    let component!: Mlflow;
    const { signIn: _none, ...address } = published();
    const made = await building(() => (component = new Mlflow("mlflow", args(address))), { outputs });
    expect(component.adminSecretName).to.equal("mlflow-machine-admin");
    expect(stringData(made, "machine-admin")).to.deep.equal({
      username: "admin",
      password: "generated-mlflow-secrets-machine-admin",
    });
    const { spec } = ingress(made);
    expect(spec.rules[0]!.http.paths[0]!.backend.service.port).to.deep.equal({ number: 5000 });
  });

  it("tells clients where it is and who they are there, as a secret", async () => {
    let component!: Mlflow;
    const made = await building(
      () => {
        component = new Mlflow("mlflow", args(published()));
      },
      { outputs },
    );
    expect([component.uri, component.url]).to.deep.equal([
      "http://mlflow.mlflow.svc:5000",
      "https://mlflow.ml.example.com",
    ]);
    expect(component.adminSecretName).to.equal(undefined);
    const { MLFLOW_TRACKING_USERNAME: user, MLFLOW_TRACKING_PASSWORD: password } = component.credentials("airflow");
    expect(await value(user)).to.equal("airflow");
    expect(await value(password)).to.equal(stringData(made, "machine-airflow").password);
    expect(await isSecret(password)).to.equal(true);
    expect(() => component.credentials("nobody")).to.throw('no client "nobody", only airflow, garbage-collection');
  });

  it("gives whoever releases a secret to sign with, whoever reads its public half, and nobody else either", async () => {
    let component!: Mlflow;
    const clients = {
      airflow: { role: "editor", namespaces: ["airflow"] },
      releases: { role: "controller", namespaces: ["models"] },
      "model-servers": { role: "viewer", namespaces: ["models"] },
    } as const;
    await building(
      () => {
        component = new Mlflow("mlflow", args({ clients }));
      },
      { outputs },
    );
    const signs = component.credentials("releases");
    const seed = signs.MLPLATFORM_SIGNING_SEED!;
    expect(await isSecret(seed)).to.equal(true);
    const reads = component.credentials("model-servers");
    expect(await value(reads.MLPLATFORM_SIGNING_KEY!)).to.equal(publicKeyOf((await value(seed)) as string));
    expect([reads.MLPLATFORM_SIGNING_SEED, signs.MLPLATFORM_SIGNING_KEY]).to.deep.equal([undefined, undefined]);
    expect(component.credentials("airflow")).to.have.all.keys("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD");
  });

  it("keeps the key that signs versions while no model has a block, and protects it where data is kept", async () => {
    const key = "random:index/randomPassword:RandomPassword mlflow-secrets-signing";
    const kept = outline(await build(() => ({ clients: {}, keepData: true }))).filter((line) => line.includes(key));
    expect(kept.map((line) => line.trim())).to.deep.equal([`${key} (protected, retained)`]);
    const lines = outline(await build(() => ({ clients: {} }))).map((line) => line.trim());
    expect(lines).to.include(key);
  });

  for (const client of ["prometheus", "garbage-collection", "admin", "Air flow", "ann@example.com", ""]) {
    it(`refuses a client named "${client}"`, async () => {
      let message = "";
      await build(() => ({ clients: { [client]: { role: "viewer", namespaces: ["x"] } } })).catch(
        (error: Error) => (message = error.message),
      );
      expect(message).to.contain(`a client named "${client}"`).and.contain("allowed are");
    });
  }
});

describe("values of the mlflow chart", () => {
  it("are exactly these, for a published MLflow with everything on", () => {
    expect(mlflowValues(mlflowFacts())).to.deep.equal({
      fullnameOverride: "mlflow",
      replicaCount: 2,
      server: {
        value_options: {
          port: 5000,
          workers: 2,
          allowed_hosts: "mlflow.ml.example.com",
          cors_allowed_origins: "https://mlflow.ml.example.com",
        },
      },
      mlflow: { backendStoreUriFrom: { secretKeyRef: { name: "mlflow-database", key: "MLFLOW_BACKEND_STORE_URI" } } },
      auth: {
        secretName: "mlflow-server",
        databaseSecretName: "mlflow-database",
        machines: [
          { name: "airflow", role: "editor", secretName: "mlflow-machine-airflow" },
          { name: "garbage-collection", role: "admin", secretName: "mlflow-machine-garbage-collection" },
          { name: "model-server", role: "viewer", secretName: "mlflow-machine-model-server" },
          { name: "prometheus", role: "metrics", secretName: "mlflow-machine-prometheus" },
          { name: "releases", role: "controller", secretName: "mlflow-machine-releases" },
        ],
        tokenSecretName: "mlflow-tokens",
        gated: { churn: { champion: ["group:ml-leads"] } },
        groups: { "ml-admins": "admin", ml: "editor", "ml-leads": "editor", "ml-readers": "viewer" },
        byEmail: false,
        anyCase: false,
      },
      signIn: {
        enabled: true,
        port: 4180,
        secretName: "mlflow-sign-in",
        args: [
          "--provider=oidc",
          "--oidc-issuer-url=https://id.example.com/realms/company",
          "--oidc-groups-claim=groups",
          "--scope=openid email profile",
          "--code-challenge-method=S256",
          "--email-domain=*",
          "--client-id=mlplatform",
          "--redirect-url=https://mlflow.ml.example.com/oauth2/callback",
          "--cookie-secure=true",
          "--cookie-name=_mlflow_sign_in",
          "--cookie-samesite=lax",
          "--cookie-expire=8h",
          "--upstream-timeout=10m",
        ],
      },
      networkPolicy: { clientNamespaces: ["airflow", "models", "monitoring"], anyClient: false, databasePort: 5432 },
      metrics: { enabled: true },
      serviceMonitor: { enabled: true, basicAuthSecretName: "mlflow-machine-prometheus" },
      garbageCollection: {
        enabled: true,
        schedule: "0 4 * * 0",
        olderThan: "30d",
        credentialsSecretName: "mlflow-machine-garbage-collection",
      },
      envFrom: [{ configMapRef: { name: "mlflow-store" } }],
      serviceAccount: { create: true, name: "mlflow" },
      temporaryStorage: { sizeLimit: "20480Mi" },
      resources: { requests: { cpu: "500m", memory: "1024Mi" }, limits: { memory: "1024Mi" } },
      nodeSelector: { "mlplatform/purpose": "apps" },
      tolerations: [],
    });
  });

  const people = (provider: Parameters<typeof peopleValues>[0]["provider"], groups: SignIn["groups"]) =>
    peopleValues({ url: "https://mlflow.ml.example.com", provider, clientId: "mlplatform", groups });

  it("GitHub: teams go by organization and slug, in small letters", () => {
    const { args, auth } = people({ provider: "github", organization: "Example-Company" }, { Scientists: "editor" });
    expect(args.slice(0, 3)).to.deep.equal(["--provider=github", "--github-org=Example-Company", "--email-domain=*"]);
    expect(auth).to.deep.equal({ groups: { "example-company:scientists": "editor" }, byEmail: false, anyCase: true });
  });

  it("Google: only the hosted domain gets in; groups are addresses or the domain", () => {
    const groups = { "example.com": "viewer", "Ann@example.com": "admin" } as const;
    const { args, auth } = people({ provider: "google", hostedDomain: "example.com" }, groups);
    expect(args.slice(0, 2)).to.deep.equal(["--provider=google", "--email-domain=example.com"]);
    expect(auth).to.deep.equal({
      groups: { "example.com": "viewer", "ann@example.com": "admin" },
      byEmail: true,
      anyCase: true,
    });
  });
});
