import { ownImages } from "../components/settings/needs";
import { parseSettings } from "../components/settings/parse";
import type { Settings } from "../components/settings/settings";
import { splitImage } from "../components/settings/trainingImage";
import { readProject, readStackConfig, sectionsOf } from "../simulator/stackConfig";
import { UsageError } from "../simulator/usageError";

/** What a stack file asks of a cluster that is made for it. */
export interface WantedCluster {
  /** Of the cluster in kind, which calls its context `kind-<name>`. */
  name: string;
  /** Own images by their folder below `workloads/`, as the stack's pods name them. */
  images: Record<string, string>;
}

const contextPrefix = "kind-";

/** Images of the platform's own that pods of a stack run: what serves, scores, trains and watches, and what settings name. */
function ownImagesOf({ models, foundation, jupyterhub, backup }: Settings): Record<string, string> {
  if (foundation.kind !== "existing" || foundation.images.registry === undefined) return {};
  const { registry, tag } = foundation.images;
  const all = Object.values(models ?? {});
  const loads = all.some(({ serve, batch }) => serve.flask !== undefined || batch?.with === "kubernetes");
  const trains = all.some(({ training }) => training !== undefined);
  const named = all.flatMap(({ training }) => [
    training?.image,
    training?.prepare?.with === "container" ? training.prepare.image : undefined,
  ]);
  const runs: Record<string, boolean> = {
    "model-server": loads,
    release: loads || trains || backup?.objects === true,
    drift: all.some(({ drift }) => drift !== undefined),
    notebook: [jupyterhub?.image, ...Object.values(jupyterhub?.profiles ?? {}).map(({ image }) => image)].includes(
      `${registry}/notebook:${tag}`,
    ),
    training: named.some((image) => image !== undefined && splitImage(image)?.name === "training"),
  };
  return Object.fromEntries(ownImages.filter((name) => runs[name]).map((name) => [name, `${registry}/${name}:${tag}`]));
}

/**
 * Reads what a stack needs of a cluster of one's own.
 * @param dir folder of Pulumi.yaml
 * @throws UsageError where the stack is not for a cluster in kind
 */
export function wantedCluster(dir: string, stack: string): WantedCluster {
  const project = readProject(dir);
  const settings = parseSettings(sectionsOf(readStackConfig(project, stack, undefined, []), project.name), {
    stackName: stack,
  });
  const { foundation } = settings;
  if (foundation.kind !== "existing" || !foundation.context.startsWith(contextPrefix)) {
    const found = foundation.kind === "existing" ? `foundation.context ${foundation.context}` : "a foundation of AWS";
    throw new UsageError(
      `Pulumi.${stack}.yaml has ${found}, and a cluster in kind has a context that begins with ${contextPrefix}: write one such as ` +
        `${contextPrefix}mlplatform, or name another stack: make cluster STACK=local`,
    );
  }
  if (foundation.ingress.className !== ingressClass) {
    throw new UsageError(
      `Pulumi.${stack}.yaml has foundation.ingress.className ${foundation.ingress.className}, and the cluster that is made gets ${ingressClass}: write ${ingressClass}`,
    );
  }
  return { name: foundation.context.slice(contextPrefix.length), images: ownImagesOf(settings) };
}

/** Class of the ingress controller that the cluster gets. */
export const ingressClass = "traefik";
