import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { after, type Dependency } from "../../lib/dependencies";
import { platformNamespace } from "./space";

/**
 * Reads a Secret of the namespace `mlplatform` that somebody put there; it is never written. The program stops when it is
 * missing, or when it lacks a key.
 */
export function givenSecret<Key extends string>(
  name: string,
  secretName: string,
  keys: readonly Key[],
  ready: Dependency[],
  opts: pulumi.CustomResourceOptions,
): Record<Key, pulumi.Output<string>> {
  const secret = k8s.core.v1.Secret.get(name, `${platformNamespace}/${secretName}`, {
    ...opts,
    dependsOn: after(...ready),
  });
  const read = (key: Key) =>
    pulumi.secret(
      secret.data.apply((data) => {
        const found = data?.[key];
        if (found === undefined) {
          throw new pulumi.RunError(
            `Secret ${secretName} in namespace ${platformNamespace} has no key "${key}", only ` +
              `${Object.keys(data ?? {}).join(", ") || "none"}. Needed are ${keys.join(" and ")}.`,
          );
        }
        return Buffer.from(found, "base64").toString("utf8");
      }),
    );
  return Object.fromEntries(keys.map((key) => [key, read(key)])) as Record<Key, pulumi.Output<string>>;
}
