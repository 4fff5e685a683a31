import type { Placement } from "../../components/contracts/app";
import { undisturbed } from "../../components/lib/undisturbed";
import { dagContainers, dagVolumes, homeDirectory, homeVolume, type SharedDags } from "./jupyterhubDags";
import { hubPython, jupyterhubSecrets } from "./jupyterhubNames";
import { metricsIngress, type NotebookPeer, notebookEgress, onlyDns } from "./jupyterhubNetwork";
import { defaultNotebookImages, type NotebookProfile, profileEntry, profileImage } from "./jupyterhubProfiles";
import { type HubSignIn, signInValues } from "./jupyterhubSignIn";
import { actAsOwner } from "./jupyterhubTokens";

/** What the values depend on. */
export interface JupyterhubFacts {
  /** Image of servers whose profile names none. Absent: the pinned scientific ones, by whether there is a GPU. */
  image?: string;
  /** By name, in the order people see; the first is chosen for them. At least one. */
  profiles: Record<string, NotebookProfile>;
  /** Where hub and proxy run. */
  placement: Placement;
  /** Where servers run, with GPUs and without. */
  notebookPlacement: { cpu: Placement; gpu: Placement };
  /** Service account of notebooks. */
  serviceAccount: string;
  /** Whether that account has cloud permissions, fetched from the Pod Identity agent. */
  podIdentity: boolean;
  homeGiB: number;
  storageClass?: string;
  /** Whether a home stays when its owner is removed from the hub. */
  keepHomes: boolean;
  cullIdleMinutes: number;
  maxServers: number;
  /** What notebooks reach in the cluster. */
  peers: NotebookPeer[];
  /** Blocks that notebooks may connect to beside those. */
  egressCidrs: string[];
  /** Environment of notebooks. */
  environment: Record<string, string>;
  /** Variables of notebooks that the Secret `jupyterhub-notebooks` holds. */
  secretVariables: string[];
  dags?: SharedDags;
  /** Absent on one's own machine only: then there are two generated passwords. */
  signIn?: HubSignIn;
  /** Where servers act as their owners in MLflow; comes with `signIn`. Absent: servers have a password there, or there is none. */
  mlflowAsOwner?: { uri: string };
  /** Namespace from which metrics are read. */
  monitoringNamespace?: string;
}

/** Stands where the chart wants a secret and would otherwise make up another at each render. Nothing accepts it. */
const elsewhere = `unused, see the Secret ${jupyterhubSecrets.keys}`;

/** Node runs this before the proxy: the chart gives it its token in a variable that holds only `elsewhere`. */
const takeToken = "--import=data:text/javascript,process.env.CONFIGPROXY_AUTH_TOKEN=process.env.PROXY_AUTH_TOKEN";

export function jupyterhubValues(facts: JupyterhubFacts) {
  const { placement, dags } = facts;
  const signIn = signInValues(facts.signIn);
  const owner = facts.mlflowAsOwner && actAsOwner(facts.mlflowAsOwner.uri);
  const image = facts.image ?? defaultNotebookImages.cpu;
  const onNodes = { nodeSelector: placement.nodeSelector, tolerations: placement.tolerations };
  const secretEnvironment = Object.fromEntries(
    facts.secretVariables.map((key) => [
      key,
      { valueFrom: { secretKeyRef: { name: jupyterhubSecrets.notebooks, key } } },
    ]),
  );
  return {
    custom: signIn.custom,
    hub: {
      existingSecret: jupyterhubSecrets.keys,
      cookieSecret: elsewhere,
      config: {
        CryptKeeper: { keys: [elsewhere] },
        KubeSpawner: {
          automount_service_account_token: false,
          delete_pvc: !facts.keepHomes,
          pod_security_context: {
            runAsNonRoot: true,
            seccompProfile: { type: "RuntimeDefault" },
            fsGroupChangePolicy: "OnRootMismatch", // Else each start walks the whole home.
          },
          container_security_context: { capabilities: { drop: ["ALL"] } },
        },
        ...signIn.config,
      },
      extraEnv: {
        HUB_DB_URL: { valueFrom: { secretKeyRef: { name: jupyterhubSecrets.database, key: "url" } } },
        ...signIn.extraEnv,
        ...owner?.hubEnvironment,
      },
      extraConfig: { "00-keys": hubPython("keys"), ...signIn.extraConfig, ...owner?.hubConfig },
      db: { type: "postgres", upgrade: true },
      activeServerLimit: facts.maxServers,
      authenticatePrometheus: true, // Otherwise the proxy publishes the metrics to everybody.
      services: { prometheus: { apiToken: elsewhere } },
      loadRoles: { prometheus: { scopes: ["read:metrics"], services: ["prometheus"] } },
      networkPolicy: {
        enabled: true,
        egressAllowRules: { cloudMetadataServer: false },
        ingress: facts.monitoringNamespace === undefined ? [] : metricsIngress(facts.monitoringNamespace),
      },
      serviceAccount: { create: true, name: "hub" },
      resources: { requests: { cpu: "200m", memory: "512Mi" }, limits: { memory: "1Gi" } },
      ...onNodes,
    },
    proxy: {
      secretToken: elsewhere,
      service: { type: "ClusterIP" },
      https: { enabled: false },
      chp: {
        extraEnv: {
          PROXY_AUTH_TOKEN: {
            valueFrom: {
              secretKeyRef: { name: jupyterhubSecrets.keys, key: "hub.config.ConfigurableHTTPProxy.auth_token" },
            },
          },
          NODE_OPTIONS: takeToken,
        },
        containerSecurityContext: { readOnlyRootFilesystem: true },
        networkPolicy: { enabled: true, egressAllowRules: onlyDns },
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
        ...onNodes,
      },
    },
    singleuser: {
      image: imageParts(image),
      defaultUrl: "/lab",
      startTimeout: 600, // A node may have to start, and pull an image of some GiB.
      serviceAccountName: facts.serviceAccount,
      cloudMetadata: { blockWithIptables: false }, // That takes a privileged container; the network policy shuts it.
      extraAnnotations: undisturbed,
      extraEnv: { ...owner?.environment, ...facts.environment, ...secretEnvironment },
      extraFiles: { "jupyter_server_config.json": idleConfiguration(facts.cullIdleMinutes * 60), ...owner?.files },
      storage: {
        type: "dynamic",
        capacity: `${facts.homeGiB}Gi`,
        homeMountPath: homeDirectory,
        dynamic: {
          volumeNameTemplate: homeVolume,
          ...(facts.storageClass === undefined ? {} : { storageClass: facts.storageClass }),
        },
        ...(dags ? { extraVolumes: dagVolumes(dags) } : {}),
      },
      initContainers: dags ? dagContainers(dags, image) : [],
      networkPolicy: {
        enabled: true,
        egressAllowRules: onlyDns,
        egress: notebookEgress(facts.peers, facts.egressCidrs, facts.podIdentity),
      },
      profileList: Object.entries(facts.profiles).map(([slug, profile], index) => {
        const own = profileImage(profile, facts.image);
        const override =
          own === undefined ? {} : { image: own, ...(dags ? { init_containers: dagContainers(dags, own) } : {}) };
        const nodes = profile.gpus > 0 ? facts.notebookPlacement.gpu : facts.notebookPlacement.cpu;
        return profileEntry(slug, profile, index === 0, nodes, override);
      }),
    },
    scheduling: {
      userScheduler: { enabled: false },
      userPlaceholder: { enabled: false },
      podPriority: { enabled: false },
      corePods: { nodeAffinity: { matchNodePurpose: "ignore" } },
      userPods: { nodeAffinity: { matchNodePurpose: "ignore" } },
    },
    prePuller: { hook: { enabled: false }, continuous: { enabled: false } }, // Hooks would never run.
    cull: { enabled: true, timeout: facts.cullIdleMinutes * 60, every: 300, maxAge: 0, adminUsers: true },
    ingress: { enabled: false }, // Its annotations are known to the cloud only; the component makes it.
  };
}

/**
 * Ends idle kernels, and a server that has none: an open browser tab alone keeps the hub from seeing a server idle.
 * @see https://jupyter-server.readthedocs.io/en/latest/other/full-config.html
 */
function idleConfiguration(seconds: number) {
  return {
    mountPath: "/usr/local/etc/jupyter/jupyter_server_config.json",
    data: {
      MappingKernelManager: {
        cull_idle_timeout: seconds,
        cull_interval: 300,
        cull_connected: true,
        cull_busy: false,
      },
      ServerApp: { shutdown_no_activity_timeout: seconds },
    },
  };
}

/** An image as the chart wants it, which puts a colon between the two: a digest alone is cut at its own. */
function imageParts(image: string): { name: string; tag: string } {
  const colon = image.indexOf(":", image.lastIndexOf("/"));
  return { name: image.slice(0, colon), tag: image.slice(colon + 1) };
}
