import { at, list, type Resource, text, unknown } from "../resource";
import type { Rule } from "../rule";
import { containersOf, podOf } from "./pods";

/** Images that a resource runs. */
function imagesOf(resource: Resource): unknown[] {
  if (resource.type === "aws:sagemaker/model:Model") {
    const { primaryContainer, containers } = resource.props;
    return [primaryContainer, ...list(containers)]
      .filter((each) => each !== undefined)
      .map((each) => at(each, "image"));
  }
  return containersOf(podOf(resource)).map((each) => at(each, "image"));
}

/** Whether the same name may be another image tomorrow. A registry's port is no tag. */
function moves(image: string, digests: boolean): boolean {
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return false;
  const tag = /:([^/:@]+)$/.exec(image)?.[1];
  return digests || tag === undefined || tag === "latest";
}

export const images: readonly Rule[] = [
  {
    name: "image-pinned",
    level: "mandatory",
    reason: "The same name is another program tomorrow, on one node and not on the next.",
    remedy: "Name a version, or the digest.",
    options: {
      digests: {
        default: false,
        schema: { type: "boolean" },
        about:
          "Whether nothing but a digest is allowed. A tag that names a version may still be moved by who owns the registry.",
      },
    },
    check: {
      resource: (resource, { digests }) =>
        imagesOf(resource)
          .filter((image) => image !== undefined && image !== unknown && moves(text(image), digests === true))
          .map((image) => `The image ${text(image)} is not pinned`),
    },
  },
];
