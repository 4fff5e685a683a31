/** Namespace of all models: the host name `<model>.models.svc` is what callers in the cluster write. */
export const modelsNamespace = "models";

/** Names that the platform and the chart must agree on. */
export const modelServer = {
  /** Of the Service and of the container: on the VPC CNI, network policies match only where both are the same. */
  portNumber: 8080,
  /** For callers outside the cluster, with a token. */
  publicPortNumber: 8081,
  metricsPortNumber: 9090,
  /** Largest request: what SageMaker takes too. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html */
  maxBodyMiB: 6,
  /** Label of the pods that decide on releases. */
  controllerLabels: { "app.kubernetes.io/name": "release-controller" },
} as const;

/** What ingress controllers wait for an answer by themselves. */
export const usualRequestSeconds = 60;

/** What an ingress controller must wait for a model that answers within some time, so that the model says itself that it took longer. */
export function requestSeconds(timeoutMillis: number): number {
  return Math.max(usualRequestSeconds, Math.ceil(timeoutMillis / 1000) + 1);
}

/** Objects beside a model's Deployment, by the names that its pods and the release controller know. */
export function modelObjects(model: string) {
  return {
    deployment: model,
    canaryDeployment: `${model}-canary`,
    /** Written by the release controller: which version is live. */
    releaseConfigMap: `${model}-release`,
    /** Key `token`. */
    tokenSecret: `${model}-token`,
    /** Variables of the server that are known to the cloud only. */
    factsConfigMap: `${model}-facts`,
  };
}

/** What the values depend on. */
export interface ModelServerFacts {
  model: string;
  image: { repository: string; tag: string; digest?: string };
  minReplicas: number;
  maxReplicas: number;
  /** CPU that each pod asks for. */
  cpu: string;
  /** Memory of each pod, in MiB. */
  memoryMiB: number;
  gpus: number;
  targetCpuPercent: number;
  timeoutMillis: number;
  /** Requests in percent whose input and answer are kept; absent: none. */
  samplePercent?: number;
  /** Path on the public host; absent: there is no way in from outside the cluster. */
  publicPrefix?: string;
  /** Namespaces whose pods may ask for predictions. */
  clientNamespaces: string[];
  /** From which metrics are read; absent where nothing monitors. */
  monitoringNamespace?: string;
  /** Absent where models come from elsewhere. */
  mlflow?: { namespace: string; portNumber: number };
  /** Port of a store that is not Amazon's. */
  storePort?: number;
  /** Port of PostgreSQL with features that the server looks up. */
  featuresPort?: number;
  /** Secrets and ConfigMaps that pods get as variables. */
  variablesFrom: { secrets: string[]; configMaps: string[] };
  nodeSelector: Record<string, string>;
  tolerations: object[];
}

const httpsPort = 443;
/** Space for a model, unpacked, beside what the server itself keeps in files, in MiB. */
const leastScratchMiB = 4096;

/** Values of the platform's own chart; see charts/model-server/values.yaml. */
export function modelServerValues(facts: ModelServerFacts) {
  const { model, mlflow, publicPrefix } = facts;
  const names = modelObjects(model);
  const memory = `${facts.memoryMiB}Mi`;
  return {
    fullnameOverride: model,
    image: facts.image,
    model: { name: model, releaseConfigMap: names.releaseConfigMap },
    server: {
      port: modelServer.portNumber,
      timeoutMillis: facts.timeoutMillis,
      maxBodyMiB: modelServer.maxBodyMiB,
    },
    public:
      publicPrefix === undefined
        ? { enabled: false }
        : {
            enabled: true,
            port: modelServer.publicPortNumber,
            prefix: publicPrefix,
            tokenSecretName: names.tokenSecret,
          },
    metrics: { port: modelServer.metricsPortNumber },
    serviceMonitor: { enabled: facts.monitoringNamespace !== undefined },
    // The release controller scales it: a number here would take that back whenever the Deployment changes.
    canary: { enabled: true, replicas: "" },
    samples: { percent: facts.samplePercent ?? 0 },
    networkPolicy: {
      clientNamespaces: [...facts.clientNamespaces].sort(),
      metricsNamespaces: facts.monitoringNamespace === undefined ? [] : [facts.monitoringNamespace],
      releaseControllerLabels: modelServer.controllerLabels,
      ...(mlflow ? { mlflow: { namespace: mlflow.namespace, port: mlflow.portNumber } } : {}),
      storePorts: [facts.storePort ?? httpsPort, ...(facts.featuresPort === undefined ? [] : [facts.featuresPort])],
      podIdentity: facts.storePort === undefined,
    },
    envFrom: [
      ...facts.variablesFrom.secrets.map((name) => ({ secretRef: { name } })),
      ...facts.variablesFrom.configMaps.map((name) => ({ configMapRef: { name } })),
    ],
    serviceAccount: { create: true, name: model },
    autoscaling: {
      enabled: true,
      minReplicas: facts.minReplicas,
      maxReplicas: facts.maxReplicas,
      targetCPUUtilizationPercentage: facts.targetCpuPercent,
    },
    temporaryStorage: { sizeLimit: `${Math.max(leastScratchMiB, 2 * facts.memoryMiB)}Mi` },
    resources: { requests: { cpu: facts.cpu, memory }, limits: { memory } },
    gpus: facts.gpus,
    // Whether a version is there is not for an update to wait for: nothing may be trained yet.
    workloadAnnotations: { "pulumi.com/skipAwait": "true" },
    nodeSelector: facts.nodeSelector,
    tolerations: facts.tolerations,
  };
}
