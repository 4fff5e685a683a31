/** What `kubernetes.helm.v4.Chart` really makes. Facts: pulumi/pulumi-kubernetes 4.34, `provider/pkg/provider/helm/v4` and `yaml/v2`. */
import { createHash } from "node:crypto";
import { Refusal } from "../account";
import type { Cloud } from "../provider";
import { type ConstructAnswer, type ConstructCall, type Registered, resource } from "../registrar";
import { rememberUnexpanded, unexpandedNotice } from "../unexpandedCharts";
import { hasUnknown, type Properties, secret, type Value } from "../values";
import { chartFile, helmTemplate, type Rendering } from "./helmTemplate";
import { normalized, ordered, resourceName } from "./manifests";

interface ChartContext {
  cloud: Cloud;
  /** Namespace of objects that name none. */
  namespace: string;
  /** Scope of the cluster's objects. */
  scope: string;
  /** Kubernetes version of the cluster; absent for one that is not simulated. */
  version?: string;
}

const assumedVersion = "1.34";
/** A chart is rendered for the preview and again for the update; the same inputs give the same objects. */
const rendered = new Map<string, Promise<Properties[]>>();

export async function helmChart(
  { name, preview, registrar }: ConstructCall,
  { cloud, namespace, scope, version }: ChartContext,
): Promise<ConstructAnswer> {
  const component = await registrar.component();
  const given = (property: string): Value => registrar.input(property).value;
  const inputs = ["name", "namespace", "chart", "version", "values", "skipCrds", "resourcePrefix", "skipAwait"];
  const unknowns = inputs.filter((property) => hasUnknown(given(property)));
  if (unknowns.length > 0) {
    // The real provider, too, registers nothing then, and the preview is incomplete.
    cloud.notice(`chart "${name}": ${unknowns.join(", ")} not known in the preview, so its objects are not shown`);
    return registrar.outputs(component, {});
  }
  const chart = String(given("chart") ?? "");
  const file = cloud.helm === undefined ? undefined : chartFile(chart, given("version"), cloud.helm.chartCacheDir);
  if (cloud.helm === undefined || file === undefined) {
    const lacking =
      cloud.helm === undefined
        ? "helm is not at hand"
        : `chart ${chart} ${given("version") ?? ""} is not in ${cloud.helm.chartCacheDir}`;
    cloud.notice(unexpandedNotice(name, lacking));
    if (!preview) rememberUnexpanded(cloud.account, scope, chart);
    return registrar.outputs(component, { resources: [] });
  }
  const target = given("namespace") || namespace;
  const rendering: Rendering = {
    releaseName: given("name") || name,
    namespace: target,
    chart: file,
    values: plainValues(given("values") ?? {}, name),
    includeCrds: given("skipCrds") !== true,
    kubernetesVersion: version ?? assumedVersion,
  };
  const documents = await once(cloud.helm.binary, rendering);
  const prefix = given("resourcePrefix") ?? name;
  if (registrar.input("values").isSecret)
    cloud.notice(
      `chart "${name}": its values hold a secret, which is kept in plain text in the objects it is rendered into`,
    );
  const made = new Map<string, Promise<Registered>>();
  for (const { object, key, after } of ordered(normalized(structuredClone(documents), target))) {
    const dependencies = Promise.all(after.flatMap((needed) => made.get(needed) ?? []));
    if (given("skipAwait") === true) {
      object.metadata.annotations = { ...object.metadata.annotations, "pulumi.com/skipAwait": "true" };
    }
    made.set(
      key,
      dependencies.then((dependsOn) =>
        registrar.resource(
          tokenOf(object),
          prefix === "" ? resourceName(object) : `${prefix}:${resourceName(object)}`,
          marked(object),
          {
            parent: component.urn,
            dependsOn,
            ...(object.metadata.annotations?.["helm.sh/resource-policy"] === "keep" ? { retainOnDelete: true } : {}),
          },
        ),
      ),
    );
  }
  const children = await Promise.all(made.values());
  return registrar.outputs(component, { resources: children.map(resource) });
}

function once(binary: string, rendering: Rendering): Promise<Properties[]> {
  const key = createHash("sha256").update(JSON.stringify(rendering)).digest("hex");
  let found = rendered.get(key);
  if (found === undefined) {
    found = helmTemplate(binary, rendering);
    rendered.set(key, found);
    found.catch(() => rendered.delete(key));
  }
  return found;
}

function plainValues(values: Value, name: string): Properties {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new Refusal("InvalidParameter", `chart "${name}": values must be a map, given is ${JSON.stringify(values)}`);
  }
  return values;
}

/** `kubernetes:apps/v1:Deployment`; the core group is spelt out. */
function tokenOf(object: Properties): string {
  const apiVersion = object.apiVersion === "v1" ? "core/v1" : object.apiVersion;
  return `kubernetes:${apiVersion}:${object.kind}`;
}

/** What a Secret holds is secret, wherever it came from. */
function marked(object: Properties): Properties {
  const inputs: Properties = withoutNull(object);
  for (const property of Object.keys(inputs)) {
    const isData =
      object.kind === "Secret" && object.apiVersion === "v1" && (property === "data" || property === "stringData");
    if (isData) inputs[property] = secret(inputs[property]);
  }
  return inputs;
}

/** Templates leave members without a value behind; they do not reach the cluster. */
function withoutNull(value: Value): Value {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutNull(member)]));
}
