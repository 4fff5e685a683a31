import { From, from, type Registered, type Registrar, resource } from "../registrar";
import { hasUnknown, type Properties, unknown } from "../values";

interface AddonsArgs {
  name: string;
  parent: string;
  cluster: Registered;
  tags: From;
  entries: Registered[];
  kubernetesProvider: Registered;
}

const addon = "aws:eks/addon:Addon";
/** What the component sets in the network plug-in unless told otherwise. */
const networkDefaults = {
  AWS_VPC_ENI_MTU: "9001",
  AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "false",
  AWS_VPC_K8S_CNI_EXTERNALSNAT: "false",
  AWS_VPC_K8S_CNI_LOGLEVEL: "DEBUG",
  AWS_VPC_K8S_CNI_LOG_FILE: "/host/var/log/aws-routed-eni/ipamd.log",
  AWS_VPC_K8S_CNI_VETHPREFIX: "eni",
  AWS_VPC_K8S_PLUGIN_LOG_FILE: "/var/log/aws-routed-eni/plugin.log",
  AWS_VPC_K8S_PLUGIN_LOG_LEVEL: "DEBUG",
  ENABLE_POD_ENI: "false",
  WARM_ENI_TARGET: "1",
};

/** The addons `eks.Cluster` makes by itself: kube-proxy and the network plug-in unless switched off, CoreDNS when asked for. */
export async function addons(
  registrar: Registrar,
  { name, parent, cluster, tags, entries }: AddonsArgs,
): Promise<{ network?: Registered }> {
  let network: Registered | undefined;
  const clusterName = from(cluster, "name");
  const inputs = async (addonName: string, options: Properties): Promise<Properties> => ({
    clusterName,
    addonName,
    preserve: true,
    tags,
    resolveConflictsOnCreate: options.resolveConflictsOnCreate ?? "OVERWRITE",
    resolveConflictsOnUpdate: options.resolveConflictsOnUpdate ?? "OVERWRITE",
    addonVersion: options.version ?? options.addonVersion ?? (await version(registrar, cluster, addonName)),
    configurationValues:
      options.configurationValues === undefined ? undefined : JSON.stringify(options.configurationValues),
  });
  const proxy: Properties = registrar.input("kubeProxyAddonOptions").value ?? {};
  if (proxy.enabled !== false)
    await registrar.resource(addon, `${name}-kube-proxy`, await inputs("kube-proxy", proxy), { parent });
  if (registrar.input("useDefaultVpcCni").value !== true) {
    const options: Properties = registrar.input("vpcCniOptions").value ?? {};
    network = await registrar.resource(
      "eks:index:VpcCniAddon",
      `${name}-vpc-cni`,
      {},
      { parent, dependsOn: entries, component: true },
    );
    const configurationValues = {
      ...(options.enableNetworkPolicy === undefined
        ? {}
        : { enableNetworkPolicy: String(options.enableNetworkPolicy) }),
      env: {
        ...networkDefaults,
        ...(options.enablePrefixDelegation === true ? { ENABLE_PREFIX_DELEGATION: "true" } : {}),
      },
      init: { env: { DISABLE_TCP_EARLY_DEMUX: String(options.disableTcpEarlyDemux ?? false) } },
    };
    const made = await registrar.resource(
      addon,
      `${name}-vpc-cni`,
      { ...(await inputs("vpc-cni", options)), configurationValues: JSON.stringify(configurationValues) },
      { parent: network.urn },
    );
    await registrar.outputs(network, { addon: resource(made) });
  }
  const dns: Properties = registrar.input("corednsAddonOptions").value ?? {};
  if (dns.enabled === true || (dns.enabled !== false && dns.configurationValues !== undefined)) {
    await registrar.resource(addon, `${name}-coredns`, await inputs("coredns", dns), { parent });
  }
  return network === undefined ? {} : { network };
}

async function version(registrar: Registrar, cluster: Registered, addonName: string): Promise<From> {
  const kubernetes = from(cluster, "version");
  if (hasUnknown(kubernetes.value)) return new From(unknown, kubernetes.urns, false);
  const found = await registrar.invoke("aws:eks/getAddonVersion:getAddonVersion", {
    addonName,
    kubernetesVersion: kubernetes.value,
    mostRecent: true,
  });
  return new From(found.version, kubernetes.urns, false);
}
