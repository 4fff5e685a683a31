import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { after, type Dependency } from "../lib/dependencies";

/** What must not be taken apart. */
export interface DestroyGuardArgs {
  /** Components, with all their children. */
  guarded: Dependency[];
}

/**
 * Stops `pulumi destroy` before it has deleted anything. The engine refuses to delete a protected resource only when its turn
 * comes, and data has its turn last: nodes, controllers and databases' users would be gone by then. The guard depends on
 * everything, so its turn is first.
 */
export class DestroyGuard extends pulumi.ComponentResource {
  constructor(name: string, args: DestroyGuardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:governance:DestroyGuard", name, {}, opts);
    new random.RandomId(name, { byteLength: 4 }, { parent: this, protect: true, dependsOn: after(...args.guarded) });
    this.registerOutputs();
  }
}
