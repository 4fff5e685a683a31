import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { after, type Dependency } from "../lib/dependencies";

/** What must not be taken apart. */
export interface DestroyGuardArgs {
  /** Components, with all their children. */
  guarded: Dependency[];
  /** Whether destroy is refused; the stack's `dataProtection`. */
  refuse: boolean;
}

/**
 * Stops `pulumi destroy` before it has deleted anything. The engine refuses to delete a protected resource only when its turn
 * comes, and data has its turn last: nodes, controllers and databases' users would be gone by then. The guard depends on
 * everything, so its turn is first. It is there in unprotected stacks too: a resource that is protected cannot leave the program.
 */
export class DestroyGuard extends pulumi.ComponentResource {
  constructor(name: string, args: DestroyGuardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:governance:DestroyGuard", name, {}, opts);
    new random.RandomId(
      name,
      { byteLength: 4 },
      { parent: this, protect: args.refuse, dependsOn: after(...args.guarded) },
    );
    this.registerOutputs();
  }
}
