import { from, type Registered, type Registrar } from "../registrar";
import type { Properties } from "../values";

interface AccessArgs {
  name: string;
  parent: string;
  cluster: Registered;
  /** Entries by name. */
  wanted: Properties;
  authenticationMode: string | undefined;
  provider: Registered;
}

/** Access entries with their policies, and the ConfigMap `aws-auth` where the cluster still reads it. */
export async function accessEntries(
  registrar: Registrar,
  { name, parent, cluster, wanted, authenticationMode, provider }: AccessArgs,
): Promise<Registered[]> {
  const made: Registered[] = [];
  if (authenticationMode !== "API") {
    const inputs = {
      apiVersion: "v1",
      kind: "ConfigMap",
      immutable: false,
      metadata: { name: "aws-auth", namespace: "kube-system", annotations: { "pulumi.com/patchForce": "true" } },
      data: { mapRoles: "[]\n" },
    };
    const reference = `${provider.urn}::${provider.id}`;
    made.push(
      await registrar.resource("kubernetes:core/v1:ConfigMap", `${name}-nodeAccess`, inputs, {
        parent,
        provider: reference,
      }),
    );
  }
  if (authenticationMode !== "API" && authenticationMode !== "API_AND_CONFIG_MAP") return made;
  for (const [entryName, entry] of Object.entries(wanted)) {
    const clusterName = from(cluster, "name");
    const { principalArn, kubernetesGroups, userName, username, tags, type } = entry;
    const owner = await registrar.resource(
      "aws:eks/accessEntry:AccessEntry",
      `${name}-${entryName}`,
      { clusterName, principalArn, kubernetesGroups, userName: userName ?? username, tags, type },
      { parent, dependsOn: [cluster] },
    );
    made.push(owner);
    for (const [policyName, policy] of Object.entries((entry.accessPolicies ?? {}) as Properties)) {
      await registrar.resource(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        `${name}-${entryName}-${policyName}`,
        { clusterName, principalArn, policyArn: policy.policyArn, accessScope: policy.accessScope },
        { parent: owner.urn, dependsOn: [owner] },
      );
    }
  }
  return made;
}
