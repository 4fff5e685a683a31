import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { chartSource } from "../../charts/source";
import { dagScriptFiles } from "../../charts/values/jupyterhubNames";
import { Jupyterhub, type JupyterhubArgs } from "../../components/apps/jupyterhub/component";
import type { Address, SignIn } from "../../components/contracts/app";
import type { NodeClass } from "../../components/contracts/foundation";
import { database, surroundings } from "../support/apps";
import { awsOutputs } from "../support/awsAnswers";
import { building, Follower, Marker, RecordedIdentity } from "../support/foundation";
import { dependencies, inputs, outline, secretInputs, the, waitedFor } from "../support/outline";

const nodes = (purpose: NodeClass["purpose"], gpu = false): NodeClass => ({
  purpose,
  gpu,
  labels: { "mlplatform/purpose": purpose, "mlplatform/node-group": `${purpose}${gpu ? "-gpu" : ""}` },
  taints: gpu ? [{ key: "nvidia.com/gpu", value: "true", effect: "NoSchedule" }] : [],
});

const args = (over: Partial<JupyterhubArgs> = {}): JupyterhubArgs => ({
  ...surroundings(),
  database: database("jupyterhub", { password: pulumi.secret("p@ss/word") }),
  nodeClasses: [nodes("system"), nodes("notebooks")],
  profiles: {},
  homeGiB: 10,
  cullIdleMinutes: 60,
  egressCidrs: ["0.0.0.0/0"],
  maxServers: 100,
  serverQuota: { cpu: "200", memoryGiB: 800, gpus: 8 },
  ...over,
});

const address = (className: string, over: Partial<Address> = {}): Address => ({
  host: "hub.example.com",
  url: "https://hub.example.com",
  ingress: {
    className,
    annotations: { "made-up/certificate": pulumi.output("arn:made-up") },
    ready: [new Marker("controller")],
  },
  ...over,
});

const signIn: SignIn = {
  provider: "github",
  organization: "example-company",
  clientId: "made-up-client",
  clientSecret: pulumi.secret("made-up-client-secret"),
  groups: { ops: "admin" },
};

const make = (over: () => Partial<JupyterhubArgs> = () => ({})) =>
  building(() => new Jupyterhub("jupyterhub", args(over())), {
    outputs: (type, name) => ({ ...awsOutputs(type, name), ...random(type, name) }),
  });

/** What the random provider would answer. */
function random(type: string, name: string) {
  return type === "random:index/randomBytes:RandomBytes" ? { hex: `made-up ${name}` } : undefined;
}

const chart = "kubernetes:helm.sh/v4:Chart jupyterhub";
const secret = (name: string) => `kubernetes:core/v1:Secret ${name}`;
const ingress = "kubernetes:networking.k8s.io/v1:Ingress jupyterhub";
const monitor = "kubernetes:monitoring.coreos.com/v1:ServiceMonitor jupyterhub-metrics";

interface Values {
  hub: {
    config: Record<string, Record<string, unknown>>;
    extraEnv: object;
    extraConfig: object;
    networkPolicy: { ingress: object[] };
  };
  singleuser: {
    extraEnv: object;
    extraFiles: Record<string, { mountPath: string }>;
    serviceAccountName: string;
    networkPolicy: { egress: object[] };
    profileList: { slug: string; kubespawner_override: object }[];
  };
}
const valuesOf = (made: Awaited<ReturnType<typeof make>>) => inputs(made, chart).values as Values;

describe("JupyterHub", () => {
  it("is a closed namespace, its Secrets, an account for notebooks and one pinned chart", async () => {
    expect(outline(await make())).to.deep.equal([
      "Jupyterhub jupyterhub",
      "  JupyterhubSecrets jupyterhub-secrets",
      "    kubernetes:core/v1:Secret jupyterhub-secrets-database",
      "    kubernetes:core/v1:Secret jupyterhub-secrets-keys",
      "    kubernetes:core/v1:Secret jupyterhub-secrets-signIn",
      "    random:index/randomBytes:RandomBytes jupyterhub-secrets-cookies",
      "    random:index/randomBytes:RandomBytes jupyterhub-secrets-metrics",
      "    random:index/randomBytes:RandomBytes jupyterhub-secrets-proxy",
      "    random:index/randomBytes:RandomBytes jupyterhub-secrets-sign-in-state",
      "    random:index/randomPassword:RandomPassword jupyterhub-secrets-admin",
      "    random:index/randomPassword:RandomPassword jupyterhub-secrets-user",
      "  kubernetes:core/v1:LimitRange jupyterhub-servers",
      "  kubernetes:core/v1:Namespace jupyterhub",
      "  kubernetes:core/v1:ResourceQuota jupyterhub-servers",
      "  kubernetes:core/v1:ServiceAccount jupyterhub-notebook",
      "  kubernetes:helm.sh/v4:Chart jupyterhub",
      "  kubernetes:networking.k8s.io/v1:NetworkPolicy jupyterhub-closed",
    ]);
  });

  it("bounds what all servers ask for together, and lets no pod be refused that asks for nothing", async () => {
    const made = await make(() => ({ maxServers: 30, serverQuota: { cpu: "7500m", memoryGiB: 30, gpus: 0 } }));
    const metadata = { name: "servers", namespace: "jupyterhub" };
    expect(inputs(made, "kubernetes:core/v1:ResourceQuota jupyterhub-servers")).to.deep.include({
      metadata,
      spec: {
        hard: { pods: "80", "requests.cpu": "7500m", "requests.memory": "30Gi", "requests.nvidia.com/gpu": "0" },
      },
    });
    expect(inputs(made, "kubernetes:core/v1:LimitRange jupyterhub-servers")).to.deep.include({
      metadata,
      spec: { limits: [{ type: "Container", defaultRequest: { cpu: "50m", memory: "128Mi" } }] },
    });
    expect(dependencies(made, chart)).to.include.members(
      ["LimitRange", "ResourceQuota"].map((kind) => `kubernetes:core/v1:${kind} jupyterhub-servers`),
    );
  });

  it("keeps homes and keys, and nothing else, where data is kept", async () => {
    const kept = outline(await make(() => ({ keepData: true }))).filter((line) =>
      line.includes("(protected, retained)"),
    );
    expect(kept.map((line) => line.trim().replace(" (protected, retained)", ""))).to.deep.equal([
      "kubernetes:core/v1:Secret jupyterhub-secrets-keys",
      "random:index/randomBytes:RandomBytes jupyterhub-secrets-cookies",
      "random:index/randomBytes:RandomBytes jupyterhub-secrets-metrics",
      "random:index/randomBytes:RandomBytes jupyterhub-secrets-proxy",
      "random:index/randomBytes:RandomBytes jupyterhub-secrets-sign-in-state",
      "kubernetes:core/v1:Namespace jupyterhub",
    ]);
  });

  it("is a namespace of the restricted kind, shut in both directions but for what the chart opens", async () => {
    const made = await make();
    expect(inputs(made, "kubernetes:core/v1:Namespace jupyterhub").metadata).to.deep.equal({
      name: "jupyterhub",
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    });
    expect(inputs(made, "kubernetes:networking.k8s.io/v1:NetworkPolicy jupyterhub-closed").spec).to.deep.equal({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
  });

  it("installs the pinned chart with literal values, after the cluster, the database and every Secret", async () => {
    const made = await make();
    const { values: _, ...rest } = inputs(made, chart);
    expect(rest).to.deep.equal({ ...chartSource("jupyterhub"), name: "jupyterhub", namespace: "jupyterhub" });
    expect(secretInputs(made).filter((each) => each.startsWith(chart))).to.deep.equal([]);
    expect(dependencies(made, chart)).to.include.members([
      "test:index:Marker cluster",
      "test:index:Marker database",
      secret("jupyterhub-secrets-keys"),
      secret("jupyterhub-secrets-database"),
      secret("jupyterhub-secrets-signIn"),
      "kubernetes:core/v1:ServiceAccount jupyterhub-notebook",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy jupyterhub-closed",
    ]);
  });

  it("hands the database's address over in a Secret, what means something in it escaped", async () => {
    const made = await make();
    expect(inputs(made, secret("jupyterhub-secrets-database")).stringData).to.deep.equal({
      url: "postgresql://jupyterhub:p%40ss%2Fword@database.fake.invalid:5432/jupyterhub?sslmode=require",
    });
    expect(the(made, secret("jupyterhub-secrets-database")).secretInputs).to.include("stringData");
  });

  it("lays the keys out as the chart's own Secret, so that it makes up none", async () => {
    const { stringData } = inputs(await make(), secret("jupyterhub-secrets-keys"));
    expect(stringData).to.deep.equal({
      "hub.config.ConfigurableHTTPProxy.auth_token": "made-up jupyterhub-secrets-proxy",
      "hub.config.JupyterHub.cookie_secret": "made-up jupyterhub-secrets-cookies",
      "hub.config.CryptKeeper.keys": "made-up jupyterhub-secrets-sign-in-state",
      "hub.services.prometheus.apiToken": "made-up jupyterhub-secrets-metrics",
    });
  });

  it("merges the stack's own values last", async () => {
    const made = await make(() => ({ values: { hub: { config: { JupyterHub: { admin_access: false } } } } }));
    expect(valuesOf(made).hub.config.JupyterHub).to.include({
      admin_access: false,
      authenticator_class: "shared-password",
    });
  });

  it("offers a GPU only where notebook nodes have one", async () => {
    const slugs = async (...nodeClasses: NodeClass[]) =>
      valuesOf(await make(() => ({ nodeClasses }))).singleuser.profileList.map(({ slug }) => slug);
    expect(await slugs(nodes("notebooks"))).to.deep.equal(["small", "large"]);
    expect(await slugs(nodes("notebooks"), nodes("training", true))).to.deep.equal(["small", "large"]);
    expect(await slugs(nodes("notebooks"), nodes("notebooks", true))).to.deep.equal(["small", "large", "gpu"]);
    const made = await make(() => ({ nodeClasses: [nodes("notebooks"), nodes("notebooks", true)] }));
    expect(valuesOf(made).singleuser.profileList[2]!.kubespawner_override).to.deep.include({
      node_selector: { "mlplatform/node-group": "notebooks-gpu" },
      tolerations: [{ key: "nvidia.com/gpu", operator: "Equal", value: "true", effect: "NoSchedule" }],
    });
  });

  it("shows notebooks the other tools, and lets them through to exactly those", async () => {
    const credential = { userName: "notebooks", password: pulumi.secret("made-up-machine") };
    const made = await make(() => ({
      egressCidrs: [],
      mlflow: { url: "http://mlflow.mlflow.svc.cluster.local:5000", namespace: "mlflow", portNumber: 5000, credential },
      airflow: {
        url: "http://airflow-api-server.airflow.svc.cluster.local:8080",
        namespace: "airflow",
        portNumber: 8080,
      },
      objectStore: { namespace: "storage", portNumber: 8333 },
      environment: { AWS_DEFAULT_REGION: "eu-west-1" },
      secretEnvironment: { AWS_SECRET_ACCESS_KEY: "made-up-key" },
    }));
    const from = (key: string) => ({ valueFrom: { secretKeyRef: { name: "jupyterhub-notebooks", key } } });
    const { singleuser } = valuesOf(made);
    expect(singleuser.extraEnv).to.deep.equal({
      MLFLOW_TRACKING_URI: "http://mlflow.mlflow.svc.cluster.local:5000",
      AIRFLOW_URL: "http://airflow-api-server.airflow.svc.cluster.local:8080",
      AWS_DEFAULT_REGION: "eu-west-1",
      MLFLOW_TRACKING_USERNAME: from("MLFLOW_TRACKING_USERNAME"),
      MLFLOW_TRACKING_PASSWORD: from("MLFLOW_TRACKING_PASSWORD"),
      AWS_SECRET_ACCESS_KEY: from("AWS_SECRET_ACCESS_KEY"),
    });
    expect(inputs(made, secret("jupyterhub-secrets-notebooks")).stringData).to.deep.equal({
      MLFLOW_TRACKING_USERNAME: "notebooks",
      MLFLOW_TRACKING_PASSWORD: "made-up-machine",
      AWS_SECRET_ACCESS_KEY: "made-up-key",
    });
    const ports = JSON.stringify(singleuser.networkPolicy.egress).match(/"port":\d+/g);
    expect(ports).to.deep.equal(['"port":5000', '"port":8080', '"port":8333']);
    expect(dependencies(made, chart)).to.include(secret("jupyterhub-secrets-notebooks"));
  });

  it("lets servers act as their owners in MLflow, by a key that the hub alone is given", async () => {
    const mlflow = { url: "http://mlflow.mlflow.svc:5000", namespace: "mlflow", portNumber: 5000 };
    const made = await make(() => ({
      address: address("nginx"),
      signIn,
      mlflow: { ...mlflow, tokenSeed: pulumi.secret("made-up-seed") },
    }));
    const { hub, singleuser } = valuesOf(made);
    expect(hub.extraEnv).to.deep.include({
      MLFLOW_TOKEN_SEED: { valueFrom: { secretKeyRef: { name: "jupyterhub-mlflow", key: "seed" } } },
    });
    expect(Object.keys(hub.extraConfig)).to.include("20-mlflow-tokens");
    expect(singleuser.extraEnv).to.deep.equal({
      MLFLOW_TRACKING_AUTH: "mlplatform",
      MLPLATFORM_MLFLOW_URI: "http://mlflow.mlflow.svc:5000",
      PYTHONPATH: "/opt/mlplatform/python",
      MLFLOW_TRACKING_URI: "http://mlflow.mlflow.svc:5000",
    });
    expect(Object.values(singleuser.extraFiles).map(({ mountPath }) => mountPath)).to.include.members([
      "/opt/mlplatform/python/mlplatform_sign_in.py",
      "/opt/mlplatform/python/mlplatform_sign_in-1.dist-info/METADATA",
      "/opt/mlplatform/python/mlplatform_sign_in-1.dist-info/entry_points.txt",
    ]);
    expect(inputs(made, secret("jupyterhub-secrets-mlflow")).stringData).to.deep.equal({ seed: "made-up-seed" });
    expect(dependencies(made, chart)).to.include(secret("jupyterhub-secrets-mlflow"));
    expect(outline(made).filter((line) => line.includes("jupyterhub-secrets-notebooks"))).to.deep.equal([]);
  });

  it("makes no tokens where nobody signs in: there a name is whatever somebody types", async () => {
    const tokenSeed = pulumi.secret("made-up-seed");
    const made = await make(() => ({
      mlflow: { url: "http://mlflow:5000", namespace: "mlflow", portNumber: 5000, tokenSeed },
    }));
    expect(valuesOf(made).hub.extraConfig).to.not.have.property("20-mlflow-tokens");
    expect(valuesOf(made).singleuser.extraEnv).to.deep.equal({ MLFLOW_TRACKING_URI: "http://mlflow:5000" });
    expect(outline(made).filter((line) => line.includes("jupyterhub-secrets-mlflow"))).to.deep.equal([]);
  });

  it("lets notebooks reach a store outside by its blocks and the port of TLS, whatever else they may not reach", async () => {
    const policy = "kubernetes:networking.k8s.io/v1:NetworkPolicy jupyterhub-store";
    const made = await make(() => ({
      egressCidrs: [],
      objectStoreCidrs: pulumi.output(["192.0.2.0/24", "198.51.100.0/24"]),
    }));
    expect(inputs(made, policy).spec).to.deep.equal({
      podSelector: { matchLabels: { app: "jupyterhub", component: "singleuser-server", release: "jupyterhub" } },
      policyTypes: ["Egress"],
      egress: [
        {
          to: [{ ipBlock: { cidr: "192.0.2.0/24" } }, { ipBlock: { cidr: "198.51.100.0/24" } }],
          ports: [{ port: 443, protocol: "TCP" }],
        },
      ],
    });
    expect(dependencies(made, chart)).to.include(policy);
    expect(outline(await make()).join()).to.not.contain("jupyterhub-store");
  });

  it("grants notebooks their permissions before the first of them starts, and only where there are any", async () => {
    const identity = new RecordedIdentity();
    const made = await make(() => ({ permissions: { identity, statements: [] } }));
    expect(identity.grants).to.deep.equal({
      "jupyterhub-notebook": { namespace: "jupyterhub", serviceAccount: "notebook", statements: [] },
    });
    expect(dependencies(made, chart)).to.include("test:index:Marker granted-jupyterhub-notebook");
    expect(valuesOf(made).singleuser.serviceAccountName).to.equal("notebook");
    expect(JSON.stringify(valuesOf(made))).to.contain("169.254.170.23/32");
    expect(JSON.stringify(valuesOf(await make()))).to.not.contain("169.254.170.23");
  });

  it("brings the scripts that clone DAGs before the chart, and only with a repository", async () => {
    const scripts = "kubernetes:core/v1:ConfigMap jupyterhub-dags";
    const made = await make(() => ({ dags: { repository: "https://git.example.com/dags.git", branch: "main" } }));
    expect(inputs(made, scripts).data).to.deep.equal(dagScriptFiles());
    expect(dependencies(made, chart)).to.include(scripts);
    expect(outline(await make()).join()).to.not.contain("jupyterhub-dags");
  });

  describe("published", () => {
    const published = (className: string, over: Partial<Address> = {}) =>
      make(() => ({ address: address(className, over), signIn }));

    it("signs people in by the provider; the client's secret stays in a Secret", async () => {
      const made = await published("alb");
      const { config } = valuesOf(made).hub;
      expect(config.JupyterHub).to.include({ authenticator_class: "github" });
      expect(config.OAuthenticator).to.include({ oauth_callback_url: "https://hub.example.com/hub/oauth_callback" });
      expect(inputs(made, secret("jupyterhub-secrets-signIn")).stringData).to.deep.equal({
        "client-secret": "made-up-client-secret",
      });
      expect(JSON.stringify(inputs(made, chart))).to.not.contain("made-up-client-secret");
      expect(outline(made).join()).to.not.contain("RandomPassword");
    });

    it("has an Ingress that comes after its controller and the chart", async () => {
      const made = await published("alb");
      expect(inputs(made, ingress)).to.deep.include({
        metadata: {
          name: "jupyterhub",
          namespace: "jupyterhub",
          annotations: {
            "made-up/certificate": "arn:made-up",
            "alb.ingress.kubernetes.io/healthcheck-path": "/hub/health",
          },
        },
        spec: {
          ingressClassName: "alb",
          rules: [
            {
              host: "hub.example.com",
              http: {
                paths: [
                  {
                    path: "/",
                    pathType: "Prefix",
                    backend: { service: { name: "proxy-public", port: { number: 80 } } },
                  },
                ],
              },
            },
          ],
        },
      });
      expect(dependencies(made, ingress)).to.include.members([chart, "test:index:Marker controller"]);
    });

    it("does not wait for an address where the ingress controller is another's", async () => {
      const made = await published("traefik");
      expect(inputs(made, ingress)).to.deep.nested.include({ "metadata.annotations.pulumi\\.com/skipAwait": "true" });
    });

    it("ends TLS with the Secret it is given, and tells NGINX what it needs", async () => {
      const made = await published("nginx", { tlsSecretName: "hub-tls" });
      const { spec, metadata } = inputs(made, ingress) as { spec: object; metadata: { annotations: object } };
      expect(spec).to.deep.include({ tls: [{ hosts: ["hub.example.com"], secretName: "hub-tls" }] });
      expect(Object.keys(metadata.annotations).filter((key) => key.startsWith("alb"))).to.deep.equal([]);
      expect(metadata.annotations).to.include({
        "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
        "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
      });
    });
  });

  it("is not published without an address", async () => {
    expect(outline(await make()).join()).to.not.contain("Ingress jupyterhub");
  });

  it("is watched where something monitors, by a token of its own, after the monitors' kinds exist", async () => {
    const made = await make(() => ({ monitors: [new Marker("crds")] }));
    expect(inputs(made, monitor).spec).to.deep.equal({
      selector: { matchLabels: { component: "hub", release: "jupyterhub" } },
      endpoints: [
        {
          port: "hub",
          path: "/hub/metrics",
          interval: "30s",
          authorization: {
            type: "Bearer",
            credentials: { name: "jupyterhub-keys", key: "hub.services.prometheus.apiToken" },
          },
        },
      ],
    });
    expect(dependencies(made, monitor)).to.include("test:index:Marker crds");
    expect(valuesOf(made).hub.networkPolicy.ingress).to.have.length(1);
    expect(valuesOf(await make()).hub.networkPolicy.ingress).to.deep.equal([]);
  });

  it("is ready when its pods are, and gone before its namespace is", async () => {
    const made = await building(
      () => new Follower(new Jupyterhub("jupyterhub", args({ address: address("alb"), signIn })).ready),
    );
    expect(waitedFor(made)).to.include.members([
      chart,
      "kubernetes:apps/v1:Deployment jupyterhub-pods",
      ingress,
      "kubernetes:core/v1:Namespace jupyterhub",
    ]);
    for (const each of ["ServiceAccount jupyterhub-notebook", "Secret jupyterhub-secrets-keys"]) {
      expect(dependencies(made, `kubernetes:core/v1:${each}`)).to.include("kubernetes:core/v1:Namespace jupyterhub");
    }
  });

  it("asks for the same in a preview as in an update", async () => {
    const all = () => new Jupyterhub("jupyterhub", args({ address: address("alb"), signIn, monitors: [] }));
    expect(outline(await building(all, { preview: true }))).to.deep.equal(outline(await building(all)));
  });
});
