import type { AdmissionRule } from "../lib/admission";
import { userName } from "../lib/userName";
import { releaseControllerName } from "./releasedModels";

/** Annotation of a model server's pod: upon its change, the kubelet brings the release file as it is now. */
export const releaseFileAnnotation = "mlplatform/release-file";

/** That every annotation of one object but this is the same in the other. */
function kept(of: string, other: string): string {
  const here = `${of}.metadata.annotations`;
  const there = `${other}.metadata.annotations`;
  const same = `(has(${there}) && k in ${there} && ${there}[k] == ${here}[k])`;
  return `(!has(${here}) || ${here}.all(k, k == ${JSON.stringify(releaseFileAnnotation)} || ${same}))`;
}

/** Whether a field of the metadata is as it was, or is missing as it was. */
function unchanged(field: string): string {
  const [now, before] = [`object.metadata.${field}`, `oldObject.metadata.${field}`];
  return `has(${now}) == has(${before}) && (!has(${now}) || ${now} == ${before})`;
}

/**
 * The release controller tells pods of a new file by an annotation. To patch cannot be limited to a field, so its role alone would let
 * whoever has its token give any pod of the namespace another image.
 */
export function releaseAdmission(namespace: string): AdmissionRule {
  return {
    name: "models-releases.mlplatform",
    namespaces: [namespace],
    resource: { group: "", version: "v1", plural: "pods" },
    operations: ["UPDATE"],
    when: {
      "by-the-controller": `request.userInfo.username == ${JSON.stringify(userName(namespace, releaseControllerName))}`,
    },
    demands: [
      {
        expression: [
          "object.spec == oldObject.spec",
          ...["labels", "ownerReferences", "finalizers"].map((field) => `(${unchanged(field)})`),
          kept("object", "oldObject"),
          kept("oldObject", "object"),
        ].join(" && "),
        message: `The release controller changes no more of a pod than its annotation ${releaseFileAnnotation}.`,
      },
    ],
  };
}
