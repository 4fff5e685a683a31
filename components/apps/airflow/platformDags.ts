import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { platformBundle } from "../../../charts/values/airflowBundles";
import { dagFilesPerConfigMap, platformDagsConfigMaps } from "../../contracts/airflowNames";

/** DAGs of the platform as ConfigMaps of one namespace, in turn: adding one changes what pods mount only where another ConfigMap is needed. */
export function platformDags(
  name: string,
  namespace: string,
  files: Record<string, pulumi.Input<string>>,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ConfigMap[] {
  const { file, text } = platformBundle.ignored;
  const all = Object.entries({ [file]: text, ...files });
  return platformDagsConfigMaps(all.length).map(
    (configMap, at) =>
      new k8s.core.v1.ConfigMap(
        at === 0 ? name : `${name}-${at + 1}`,
        {
          metadata: { name: configMap, namespace },
          data: Object.fromEntries(all.slice(at * dagFilesPerConfigMap, (at + 1) * dagFilesPerConfigMap)),
        },
        opts,
      ),
  );
}
