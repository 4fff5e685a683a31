/** Names, labels and sizes that an API server refuses. https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
import type { Failure } from "../provider";
import { hasUnknown, type Properties } from "../values";
import { isClusterWide, type Kind } from "./kinds";

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const labelBeginsWithLetter = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/;
const mebibyte = 1024 * 1024;
/** https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/ */
const annotationBytes = 256 * 1024;

export function wrongObject(kind: Kind, object: Properties): Failure[] {
  const failures: Failure[] = [];
  const metadata = (object.metadata ?? {}) as Properties;
  failures.push(...wrongName(kind, metadata.name));
  if (typeof metadata.namespace === "string" && !hasUnknown(metadata.namespace)) {
    if (!label.test(metadata.namespace))
      failures.push({ property: "metadata.namespace", reason: `"${metadata.namespace}" is no DNS label` });
    if (isClusterWide(kind))
      failures.push({ property: "metadata.namespace", reason: `${kind.kind} lives in no namespace` });
  }
  failures.push(
    ...wrongPairs(metadata.labels, "metadata.labels", true),
    ...wrongPairs(metadata.annotations, "metadata.annotations", false),
  );
  if (kind.group === "" && (kind.kind === "ConfigMap" || kind.kind === "Secret"))
    failures.push(...wrongData(kind, object));
  const template = object.spec?.template?.metadata?.labels;
  failures.push(...wrongPairs(template, "spec.template.metadata.labels", true));
  const selector = object.spec?.selector?.matchLabels;
  if (kind.group === "apps" && selector !== undefined && !hasUnknown(selector) && !hasUnknown(template)) {
    const missing = Object.entries(selector).find(([key, value]) => template?.[key] !== value);
    if (missing !== undefined)
      failures.push({
        property: "spec.selector",
        reason: `asks for ${missing[0]}=${missing[1]}, which the labels of the pod template do not have`,
      });
  }
  return failures;
}

function wrongName(kind: Kind, name: unknown): Failure[] {
  if (typeof name !== "string" || hasUnknown(name)) return [];
  const property = "metadata.name";
  const rbac = kind.group === "rbac.authorization.k8s.io";
  if (rbac)
    return /^[^/%]+$/.test(name) && name !== "." && name !== ".."
      ? []
      : [{ property, reason: `"${name}" is no valid name` }];
  if (kind.kind === "Service" && kind.group === "")
    return labelBeginsWithLetter.test(name)
      ? []
      : [{ property, reason: `"${name}" is no DNS label of at most 63 characters that begins with a letter` }];
  if (kind.kind === "Namespace")
    return label.test(name) ? [] : [{ property, reason: `"${name}" is no DNS label of at most 63 characters` }];
  const most = kind.kind === "Job" ? 63 : kind.kind === "CronJob" ? 52 : 253;
  if (name.length > most)
    return [{ property, reason: `"${name}" is ${name.length} characters long; at most ${most} are allowed` }];
  return subdomain.test(name)
    ? []
    : [{ property, reason: `"${name}" is no DNS name: lower-case letters, digits, - and . are allowed` }];
}

function wrongPairs(pairs: unknown, path: string, asLabels: boolean): Failure[] {
  if (pairs === undefined || pairs === null || typeof pairs !== "object") return [];
  const failures: Failure[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(pairs)) {
    const property = `${path}["${key}"]`;
    const [name, prefix] = key.split("/").reverse();
    if (!qualifiedName.test(name ?? "") || (prefix !== undefined && (prefix.length > 253 || !subdomain.test(prefix)))) {
      failures.push({
        property,
        reason: "key is no qualified name: an optional DNS prefix and /, then at most 63 letters, digits and -_.",
      });
    }
    if (value === null || hasUnknown(value)) continue;
    if (typeof value !== "string") failures.push({ property, reason: `is ${JSON.stringify(value)}; a text is needed` });
    else if (asLabels && !labelValue.test(value))
      failures.push({
        property,
        reason: `${JSON.stringify(value)} is no label value: at most 63 letters, digits and -_.`,
      });
    bytes += key.length + Buffer.byteLength(String(value));
  }
  if (!asLabels && bytes > annotationBytes)
    failures.push({ property: path, reason: `hold ${bytes} bytes; at most ${annotationBytes} are allowed` });
  return failures;
}

/** https://kubernetes.io/docs/concepts/configuration/configmap/ and …/secret/ */
function wrongData(kind: Kind, object: Properties): Failure[] {
  const failures: Failure[] = [];
  let bytes = 0;
  for (const property of ["data", "binaryData", "stringData"]) {
    for (const [key, value] of Object.entries((typeof object[property] === "object" && object[property]) || {})) {
      if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key))
        failures.push({ property: `${property}["${key}"]`, reason: "key may hold letters, digits and -_. only" });
      if (value === null || hasUnknown(value)) continue;
      if (typeof value !== "string") {
        failures.push({ property: `${property}["${key}"]`, reason: `is ${JSON.stringify(value)}; a text is needed` });
        continue;
      }
      const encoded = property === "binaryData" || (kind.kind === "Secret" && property === "data");
      if (encoded && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value))
        failures.push({ property: `${property}["${key}"]`, reason: "is not base64" });
      bytes += encoded ? Buffer.from(value, "base64").length : Buffer.byteLength(value);
    }
  }
  if (bytes > mebibyte)
    failures.push({ property: "data", reason: `holds ${bytes} bytes; at most ${mebibyte} (1 MiB) are allowed` });
  return failures;
}
