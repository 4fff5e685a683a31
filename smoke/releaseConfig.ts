import type { V1ConfigMap } from "@kubernetes/client-node";
import { modelsNamespace } from "../charts/values/modelServer";
import type { Act } from "./check";
import { Fault } from "./fault";

/** What the release controller is told of a model. */
export interface ReleasedModel {
  name: string;
  /** Such as `models:/churn@champion`. */
  from: string;
  release: "continuous" | "pinned";
  canary: { percent: number; bakeMinutes: number };
  approval?: object;
  kubernetes?: { deployment: string; configMap: string };
  /** Where it has an endpoint too. */
  sagemaker?: object;
}

export interface ReleaseConfig {
  stack: string;
  models: ReleasedModel[];
}

const name = "release-controller";

export async function releaseConfig(act: Act): Promise<ReleaseConfig> {
  const kind = { apiVersion: "v1", kind: "ConfigMap" };
  const found = await act.cluster.read<V1ConfigMap>(kind, modelsNamespace, name);
  const text = found?.data?.["models.json"];
  if (text === undefined) throw new Fault(`the ConfigMap ${modelsNamespace}/${name} has no models.json`);
  return JSON.parse(text) as ReleaseConfig;
}

/** Registered model and alias that it follows; nothing where it follows none. */
export function followed({ from }: ReleasedModel): { model: string; alias: string } | undefined {
  const [, model, alias] = /^models:\/([^@/]+)@([^@/]+)$/.exec(from) ?? [];
  return model === undefined || alias === undefined ? undefined : { model, alias };
}
