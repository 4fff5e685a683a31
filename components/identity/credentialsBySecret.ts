import * as pulumi from "@pulumi/pulumi";
import type { GrantArgs, WorkloadIdentity } from "../contracts/foundation";

/** A grant that gives nothing: whatever its pods may do is in the Secrets they are given. */
export class NothingGranted extends pulumi.ComponentResource {
  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:identity:NothingGranted", name, {}, opts);
    this.registerOutputs();
  }
}

/**
 * Where no cloud stands behind the cluster. Stores and databases hand out keys and passwords of their own, one for each
 * purpose, so that statements about a cloud's API have nothing to say here.
 */
export class CredentialsBySecret implements WorkloadIdentity {
  grant(name: string, _: GrantArgs, opts: pulumi.ComponentResourceOptions): pulumi.Resource {
    return new NothingGranted(name, opts);
  }
}
