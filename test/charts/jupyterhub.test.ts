import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { Output } from "@pulumi/pulumi";
import { expect } from "chai";
import { cachedChartFile } from "../../charts/source";
import { type JupyterhubFacts, jupyterhubValues } from "../../charts/values/jupyterhub";
import { hubPython } from "../../charts/values/jupyterhubNames";
import { notebookEgress } from "../../charts/values/jupyterhubNetwork";
import { defaultNotebookImages, planProfiles } from "../../charts/values/jupyterhubProfiles";
import { notebookLabels } from "../../components/apps/jupyterhub/traffic";
import { helmTemplate } from "../../simulator/cloud/expansions/helmTemplate";
import { installedHelm } from "../../simulator/helm";
import { hubFacts, hubSignIns } from "../support/jupyterhubFacts";
import { skip } from "../support/skip";

const values = (over: Partial<JupyterhubFacts> = {}) => jupyterhubValues({ ...hubFacts, ...over });
const without = (...keys: (keyof JupyterhubFacts)[]) =>
  jupyterhubValues(
    Object.fromEntries(Object.entries(hubFacts).filter(([key]) => !keys.includes(key as never))) as never,
  );

const cases = {
  "passwords, everything on": values(),
  "nothing optional": without("storageClass", "dags", "monitoringNamespace"),
  github: values({ signIn: hubSignIns.github }),
  google: values({ signIn: hubSignIns.google }),
  oidc: values({ signIn: hubSignIns.oidc("https://id.example.com/realms/company") }),
};

function leaves(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null || Output.isInstance(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, nested]) => leaves(nested, `${path}.${key}`));
}

describe("values of JupyterHub", () => {
  for (const [name, made] of Object.entries(cases)) {
    it(`(${name}) are literal and hold no secret: where the chart wants one stands a text that nothing accepts`, () => {
      for (const [path, value] of leaves(made)) {
        expect(["string", "number", "boolean"], path).to.include(typeof value);
        expect(String(value), `${path} looks generated`).to.not.match(/^(?=\S*\d)[A-Za-z0-9+/_-]{32,}=*$/);
      }
      const { services, cookieSecret, config } = made.hub;
      for (const placeholder of [
        cookieSecret,
        made.proxy.secretToken,
        services.prometheus.apiToken,
        ...config.CryptKeeper.keys,
      ]) {
        expect(placeholder).to.equal("unused, see the Secret jupyterhub-keys");
      }
    });
  }

  it("let the hub and its proxy read one token from the Secret of the platform", () => {
    const { hub, proxy } = values();
    expect(hub.existingSecret).to.equal("jupyterhub-keys");
    expect(hub.extraConfig["00-keys"]).to.equal(hubPython("keys"));
    expect(proxy.chp.extraEnv).to.deep.equal({
      PROXY_AUTH_TOKEN: {
        valueFrom: { secretKeyRef: { name: "jupyterhub-keys", key: "hub.config.ConfigurableHTTPProxy.auth_token" } },
      },
      NODE_OPTIONS: "--import=data:text/javascript,process.env.CONFIGPROXY_AUTH_TOKEN=process.env.PROXY_AUTH_TOKEN",
    });
  });

  it("make the proxy's Node take that token in place of the one the chart gives it", () => {
    const { NODE_OPTIONS } = values().proxy.chp.extraEnv;
    const env = { NODE_OPTIONS, CONFIGPROXY_AUTH_TOKEN: "the chart's", PROXY_AUTH_TOKEN: "the platform's" };
    const print = "console.log(process.env.CONFIGPROXY_AUTH_TOKEN)";
    expect(execFileSync(process.execPath, ["-e", print], { env, encoding: "utf8" })).to.equal("the platform's\n");
  });

  it("switch off whatever the chart does by hooks or needs privileges for", () => {
    const { prePuller, scheduling, singleuser, ingress } = values();
    expect(prePuller).to.deep.equal({ hook: { enabled: false }, continuous: { enabled: false } });
    expect(scheduling.userScheduler.enabled || scheduling.userPlaceholder.enabled).to.equal(false);
    expect(singleuser.cloudMetadata).to.deep.equal({ blockWithIptables: false });
    expect(ingress).to.deep.equal({ enabled: false });
  });

  it("take size, age and limits from the settings", () => {
    const { hub, cull, singleuser } = values({ keepHomes: false });
    expect(hub.activeServerLimit).to.equal(7);
    expect(hub.config.KubeSpawner.delete_pvc).to.equal(true);
    expect(values().hub.config.KubeSpawner.delete_pvc).to.equal(false);
    expect(cull).to.deep.equal({ enabled: true, timeout: 5400, every: 300, maxAge: 0, adminUsers: true });
    expect(singleuser.storage).to.deep.include({ type: "dynamic", capacity: "20Gi" });
    expect(singleuser.storage.dynamic).to.deep.equal({ volumeNameTemplate: "home", storageClass: "gp3" });
    expect(without("storageClass").singleuser.storage.dynamic).to.deep.equal({ volumeNameTemplate: "home" });
    expect(singleuser.extraFiles["jupyter_server_config.json"].data).to.deep.equal({
      MappingKernelManager: { cull_idle_timeout: 5400, cull_interval: 300, cull_connected: true, cull_busy: false },
      ServerApp: { shutdown_no_activity_timeout: 5400 },
    });
  });

  it("let nobody read metrics where nothing monitors", () => {
    expect(without("monitoringNamespace").hub.networkPolicy.ingress).to.deep.equal([]);
    expect(values().hub.networkPolicy.ingress).to.deep.equal([
      {
        from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
        ports: [{ port: "http", protocol: "TCP" }],
      },
    ]);
  });

  it("put no clone and no volume into homes without a repository of DAGs", () => {
    const { singleuser } = without("dags");
    expect(singleuser.initContainers).to.deep.equal([]);
    expect(singleuser.storage).to.not.have.property("extraVolumes");
    expect(JSON.stringify(singleuser.profileList)).to.not.contain("init_containers");
  });

  for (const [image, name, tag] of [
    ["registry.example.com:5000/team/notebook:1.2", "registry.example.com:5000/team/notebook", "1.2"],
    ["registry.example.com/notebook:1.2@sha256:ab", "registry.example.com/notebook", "1.2@sha256:ab"],
    ["registry.example.com/notebook@sha256:ab", "registry.example.com/notebook@sha256", "ab"],
  ] as const) {
    it(`name the image ${image} so that the chart puts it together again`, () => {
      const { singleuser } = values({ image });
      expect(singleuser.image).to.deep.equal({ name, tag });
      expect(`${singleuser.image.name}:${singleuser.image.tag}`).to.equal(image);
    });
  }

  describe("profiles", () => {
    it("are small and large, and one with a GPU only where nodes have them", () => {
      expect(Object.keys(planProfiles({}, false))).to.deep.equal(["small", "large"]);
      expect(Object.keys(planProfiles({}, true))).to.deep.equal(["small", "large", "gpu"]);
    });

    it("are exactly those asked for, where any are", () => {
      const asked = { mine: { cpu: "1", memoryMiB: 1024, gpus: 0 } };
      expect(planProfiles(asked, true)).to.equal(asked);
    });

    it("may ask for GPUs of nodes that nobody describes", () => {
      const asked = { big: { cpu: "1", memoryMiB: 1024, gpus: 2 } };
      expect(planProfiles(asked, false)).to.equal(asked);
    });

    it("come out as the spawner reads them", () => {
      const profiles = {
        plain: { cpu: "500m", memoryMiB: 1536, gpus: 0 },
        heavy: { title: "Heavy", cpu: "2.5", memoryMiB: 8192, gpus: 2, image: "team/gpu:1", maxAgeHours: 12 },
      };
      const { cpu, gpu } = hubFacts.notebookPlacement;
      const { dags: _, ...facts } = hubFacts;
      expect(jupyterhubValues({ ...facts, profiles }).singleuser.profileList).to.deep.equal([
        {
          slug: "plain",
          display_name: "plain",
          description: "0.5 CPU, 1.5 GiB",
          default: true,
          kubespawner_override: {
            cpu_guarantee: 0.5,
            cpu_limit: 0.5,
            mem_guarantee: "1536M",
            mem_limit: "1536M",
            node_selector: cpu.nodeSelector,
            tolerations: cpu.tolerations,
          },
        },
        {
          slug: "heavy",
          display_name: "Heavy",
          description: "2.5 CPU, 8 GiB, 2 GPU, stopped after 12 h",
          default: false,
          kubespawner_override: {
            cpu_guarantee: 2.5,
            cpu_limit: 2.5,
            mem_guarantee: "8192M",
            mem_limit: "8192M",
            node_selector: gpu.nodeSelector,
            tolerations: gpu.tolerations,
            extra_resource_limits: { "nvidia.com/gpu": "2" },
            extra_pod_config: { activeDeadlineSeconds: 43200 },
            image: "team/gpu:1",
          },
        },
      ]);
    });

    it("with GPUs get the image with PyTorch, unless the stack names its own", () => {
      const image = (made: ReturnType<typeof values>) =>
        made.singleuser.profileList.at(-1)!.kubespawner_override as { image?: string };
      expect(image(values()).image).to.equal(defaultNotebookImages.gpu);
      expect(image(values({ image: "team/notebook:1" }))).to.not.have.property("image");
    });
  });

  describe("egress of notebooks", () => {
    it("reaches the tools by the port of their pods, the blocks, and never the metadata of the cloud", () => {
      expect(notebookEgress(hubFacts.peers, ["0.0.0.0/0", "10.0.0.0/8", "169.254.0.0/16"], true)).to.deep.equal([
        {
          to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "mlflow" } } }],
          ports: [{ port: 5000, protocol: "TCP" }],
        },
        {
          to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "airflow" } } }],
          ports: [{ port: 8080, protocol: "TCP" }],
        },
        { to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.169.254/32"] } }] },
        { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] },
        { to: [{ ipBlock: { cidr: "169.254.0.0/16", except: ["169.254.169.254/32"] } }] },
        { to: [{ ipBlock: { cidr: "169.254.170.23/32" } }], ports: [{ port: 80, protocol: "TCP" }] },
      ]);
    });

    it("is nothing where nothing is allowed, even if the metadata service is asked for by name", () => {
      expect(notebookEgress([], ["169.254.169.254/32"], false)).to.deep.equal([]);
    });

    it("is all that the values open: the chart's own flags leave DNS only", () => {
      const { egressAllowRules } = values().singleuser.networkPolicy;
      expect(
        Object.entries(egressAllowRules)
          .filter(([, open]) => open)
          .map(([rule]) => rule),
      ).to.deep.equal(["dnsPortsCloudMetadataServer", "dnsPortsKubeSystemNamespace", "dnsPortsPrivateIPs"]);
    });
  });

  describe("sign-in", () => {
    it("gives viewers no server, admins the hub, and everybody else nothing", () => {
      const { config } = values({ signIn: hubSignIns.github }).hub;
      expect(config).to.deep.include({
        OAuthenticator: {
          client_id: "made-up-client",
          oauth_callback_url: "https://hub.example.com/hub/oauth_callback",
          manage_groups: true,
          allowed_groups: ["ops", "data"],
          admin_groups: ["ops"],
        },
      });
      expect(config)
        .to.have.property("Authenticator")
        .that.deep.includes({ allow_all: false, allow_existing_users: false });
    });

    it("keeps the case of groups where the provider does", () => {
      const { config } = values({ signIn: hubSignIns.oidc("https://id.example.com") }).hub;
      expect(config).to.have.nested.property("OAuthenticator.admin_groups").deep.equal(["Ops"]);
    });
  });
});

describe("the chart of JupyterHub, rendered", function () {
  this.timeout(60_000);
  let helm: string;

  before(async function () {
    const file = cachedChartFile("jupyterhub");
    if (!existsSync(file))
      skip(this, `${file} is not there: pull charts, or name their directory in MLPLATFORM_CHART_CACHE`);
    const found = await installedHelm();
    if (!found) skip(this, "no Helm 3 here: put it on PATH, or run `make up` once");
    helm = found.path;
  });

  const render = (made: object) =>
    helmTemplate(helm, {
      chart: cachedChartFile("jupyterhub"),
      releaseName: "jupyterhub",
      namespace: "jupyterhub",
      values: made as Record<string, unknown>,
      includeCrds: true,
      kubernetesVersion: "1.34",
    });

  /** Counted on helm's own output, since what installs the chart drops hooks without a word. */
  const hooks = (made: object) => {
    const args = ["template", "jupyterhub", cachedChartFile("jupyterhub"), "--kube-version", "1.34", "--values", "-"];
    return execFileSync(helm, args, { input: JSON.stringify(made), encoding: "utf8" }).split("helm.sh/hook").length - 1;
  };

  it("would have hooks by itself", () => {
    expect(hooks({})).to.be.greaterThan(0);
  });

  for (const [name, made] of Object.entries(cases)) {
    it(`(${name}) has no hook, no chance in it, and only keys the chart knows`, async () => {
      const [once, again] = [await render(made), await render(made)];
      expect(once).to.have.length(14);
      expect(again).to.deep.equal(once);
      expect(hooks(made)).to.equal(0);
    });
  }

  it("is refused with a key the chart does not know", async () => {
    const failure = await render({ ...values(), hubb: {} }).catch((error: Error) => error.message);
    expect(failure).to.contain("hubb");
  });

  it("holds none of our Secrets, and every container a known image with limits and no privileges", async () => {
    const objects = (await render(values({ signIn: hubSignIns.github }))) as unknown as Rendered[];
    const secrets = objects.filter(({ kind }) => kind === "Secret").map(({ metadata }) => metadata.name);
    expect(secrets.sort()).to.deep.equal(["hub", "singleuser"]);
    const own = objects.find(({ kind, metadata }) => kind === "Secret" && metadata.name === "hub")!.data!;
    for (const key of Object.keys(own).filter((each) => each !== "values.yaml")) {
      expect(Buffer.from(own[key]!, "base64").toString(), key).to.equal("unused, see the Secret jupyterhub-keys");
    }
    const pods = objects.flatMap(({ kind, spec }) => (kind === "Deployment" ? [spec!.template.spec] : []));
    expect(pods).to.have.length(2);
    for (const container of pods.flatMap((pod) => pod.containers)) {
      expect(container.image).to.match(/^quay\.io\/jupyterhub\/[a-z0-9-]+:\d+\.\d+\.\d+$/);
      expect(container.resources.limits).to.have.property("memory");
      expect(container.securityContext).to.deep.include({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
      });
      const names = container.env.map((each) => each.name);
      expect(new Set(names).size, "one entry for each variable, as server-side apply asks").to.equal(names.length);
    }
  });

  it("puts on servers the labels by which they are let through to a store outside", async () => {
    const objects = (await render(values())) as unknown as Rendered[];
    const policy = objects.find(({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name === "singleuser")!;
    expect(policy.spec!.podSelector).to.deep.equal({ matchLabels: notebookLabels });
  });

  it("has the Service that the ServiceMonitor selects, and the one behind the Ingress", async () => {
    const objects = (await render(values())) as unknown as Rendered[];
    const services = objects.filter(({ kind }) => kind === "Service");
    const selected = services.filter(
      ({ metadata: { labels } }) => labels?.component === "hub" && labels.release === "jupyterhub",
    );
    expect(selected.map(({ metadata, spec }) => [metadata.name, spec!.ports[0]!.name])).to.deep.equal([["hub", "hub"]]);
    const open = services.find(({ metadata }) => metadata.name === "proxy-public")!;
    expect([open.spec!.type, open.spec!.ports[0]!.name]).to.deep.equal(["ClusterIP", "http"]);
  });
});

interface Rendered {
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  data?: Record<string, string>;
  spec?: {
    type: string;
    podSelector?: object;
    ports: { name: string }[];
    template: {
      spec: {
        containers: {
          image: string;
          resources: { limits: object };
          securityContext: object;
          env: { name: string }[];
        }[];
      };
    };
  };
}
