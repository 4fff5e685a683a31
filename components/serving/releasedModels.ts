import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { modelObjects, modelServer } from "../../charts/values/modelServer";

/** Of Deployment, account, role, policy and Service; no model may have it. */
export const releaseControllerName = "release-controller";

/** A model whose versions the controller decides on. */
export interface ReleasedModel {
  name: string;
  from: string;
  release: "continuous" | "pinned";
  canary: { percent: number; bakeMinutes: number };
  objectives: { p99Millis: number; errorRatePercent: number };
  /** Absent: whoever may write to the registry moves its alias. Else the controller does: what has to be so before. */
  approval?: { gate: boolean; manual: boolean };
  /** Whether it runs in the cluster. */
  kubernetes: boolean;
  /** Whether packages that the server's image has not are built for its pods; not where the image is somebody's own. */
  environments?: boolean;
  /** What the controller is told of its endpoint; absent where that is not for it to move. Keys are those of AWS's API. */
  sagemaker?: pulumi.Input<object>;
}

/** What the controller's configuration depends on. */
export interface ModelsConfigArgs {
  stack: string;
  namespace: string;
  region?: string;
  /** Where the record of what was decided is kept: `s3://…/`, with a slash at its end. */
  records?: pulumi.Input<string>;
  models: ReleasedModel[];
  /** How packages are built: by Jobs of a template, beside an image of the server. Absent: none are. */
  environments?: { cronJob: string; image: string };
}

/** What stands in `models.json`. */
export function modelsConfig({ stack, namespace, region, records, models, environments }: ModelsConfigArgs) {
  return {
    stack,
    namespace,
    ...(region === undefined ? {} : { region }),
    ...(environments === undefined ? {} : { environments }),
    ...(records === undefined ? {} : { records }),
    models: [...models]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ kubernetes, environments: built, sagemaker, ...model }) => {
        const names = modelObjects(model.name);
        return {
          ...model,
          ...(kubernetes
            ? {
                kubernetes: {
                  deployment: names.deployment,
                  canaryDeployment: names.canaryDeployment,
                  configMap: names.releaseConfigMap,
                  metricsPort: modelServer.metricsPortNumber,
                  ...(environments !== undefined && built ? { environments: true } : {}),
                },
              }
            : {}),
          ...(sagemaker === undefined ? {} : { sagemaker }),
        };
      }),
  };
}

/** Jobs have names that are made up, so that they cannot be limited to some. */
export function builderRules(cronJob: string): k8s.types.input.rbac.v1.PolicyRule[] {
  return [
    { apiGroups: ["batch"], resources: ["cronjobs"], verbs: ["get"], resourceNames: [cronJob] },
    { apiGroups: ["batch"], resources: ["jobs"], verbs: ["get", "create"] },
  ];
}

/**
 * To list and to create cannot be limited to names. What is deleted is the record of a model of SageMaker that has gone, whose name is
 * not known here any more: where nothing is served there, nothing is. Stable pods are never its to scale.
 */
export function controllerRules(models: ReleasedModel[]): k8s.types.input.rbac.v1.PolicyRule[] {
  const names = models.map(({ name }) => name).sort();
  const onSageMaker = models.some(({ sagemaker }) => sagemaker);
  const served = models
    .filter(({ kubernetes }) => kubernetes)
    .map(({ name }) => modelObjects(name))
    .sort((a, b) => (a.deployment < b.deployment ? -1 : 1));
  const canaries = served.map(({ canaryDeployment }) => canaryDeployment);
  const deployments = [...served.map(({ deployment }) => deployment), ...canaries, releaseControllerName];
  return [
    { apiGroups: [""], resources: ["configmaps"], verbs: ["list", "create", ...(onSageMaker ? ["delete"] : [])] },
    {
      apiGroups: [""],
      resources: ["configmaps"],
      verbs: ["get", "update"],
      resourceNames: names.map((model) => modelObjects(model).releaseConfigMap),
    },
    { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"], resourceNames: deployments },
    // An empty list of names would be all of them.
    ...(canaries.length === 0
      ? []
      : [{ apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["patch"], resourceNames: canaries }]),
    // Pods have names that are made up; what it may change of them, an admission policy holds to one annotation.
    { apiGroups: [""], resources: ["pods"], verbs: ["list", ...(served.length > 0 ? ["patch"] : [])] },
  ];
}
