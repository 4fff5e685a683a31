import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { Cluster, Ingress, NodeClass, ScalingGroup, WorkloadIdentity } from "../contracts/foundation";
import { PodIdentity } from "../identity/podIdentity";
import type { Dependency } from "../lib/dependencies";
import type { AccessSettings } from "../settings/access";
import type { AdoptedClusterSettings, CreatedClusterSettings } from "../settings/cluster";
import type { AwsFoundationSettings } from "../settings/foundation";
import { stackName, stackTag, stackTags } from "./awsProvider";
import { AdoptedCluster } from "./cluster/adoptedCluster";
import { ClusterServices, type Scaling } from "./cluster/clusterServices";
import { EksCluster } from "./cluster/eksCluster";
import type { ClusterFacts } from "./cluster/facts";
import { karpenterImageVersion } from "./cluster/karpenterPool";
import { adoptedNodeClass, type NodePlan, nodeClass, planNodes } from "./cluster/nodeGroupPlan";
import { Nodes } from "./cluster/nodes";
import type { ClusterState } from "./cluster/runningCluster";
import { ClusterStorage } from "./cluster/storage";
import { accessLogFolders } from "./data/accessLogs";
import { Key } from "./data/key";
import type { DataProtection } from "./data/protection";
import type { NetworkFacts } from "./network/facts";
import { definedGroups } from "./ownership/sharedCluster";

/** Settings of a cluster that there is. */
export type AwsClusterSettings = AdoptedClusterSettings | CreatedClusterSettings;

/** What runs pods on AWS. */
export interface AwsClusterArgs {
  settings: AwsFoundationSettings;
  /** The settings of the cluster. */
  cluster: AwsClusterSettings;
  access?: AccessSettings;
  account: AwsAccount;
  network: NetworkFacts;
  clusterName: string;
  /** What is there of the cluster to make; absent for one that is adopted. */
  state?: ClusterState;
  /** Certificate of the load balancer; absent where there is no domain. */
  certificateArn: pulumi.Input<string> | undefined;
  protection: DataProtection;
  /** How long anything behind the load balancer may leave a connection silent, at most 4000. */
  longestRequestSeconds: number;
  /** Takes an entry of each request to the load balancers; absent: nobody writes them down. */
  accessLogsBucket?: pulumi.Output<string>;
  /** Another account that gets copies of volumes. */
  copiesTo?: string;
}

/** An EKS cluster with nodes, volumes, credentials, load balancers and DNS, or one that brings all that. */
export class AwsCluster extends pulumi.ComponentResource implements Cluster {
  readonly name: pulumi.Output<string>;
  readonly provider: Cluster["provider"];
  readonly kubeconfig: pulumi.Output<string>;
  readonly nodeClasses: NodeClass[];
  readonly apiServerPorts = [443];
  readonly definedGroups: string[];
  readonly storageClass?: string;
  readonly sharedStorageClass?: string;
  readonly ready: Dependency[];
  readonly identity: WorkloadIdentity;
  readonly ingress: Ingress;
  readonly securityGroupId: pulumi.Output<string>;
  /** Groups of nodes that are the stack's own. */
  readonly scalingGroups: ScalingGroup[] = [];
  readonly outputs: Record<string, pulumi.Input<unknown>>;

  constructor(name: string, args: AwsClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:AwsCluster", name, {}, opts);
    const { settings, cluster } = args;
    this.definedGroups = cluster.kind === "adopt" ? definedGroups(cluster.adopt) : [];
    let facts: ClusterFacts;
    let ingressReady: Dependency[] = [];
    if (cluster.kind === "adopt") {
      const { name: clusterName, nodeClasses, gpuNodeClasses } = cluster;
      facts = new AdoptedCluster(
        `${name}-eks`,
        {
          clusterName,
          region: args.account.region,
          deleteUnreachable: settings.deleteUnreachable,
          ...(settings.assumeRoleArn === undefined ? {} : { assumeRoleArn: settings.assumeRoleArn }),
        },
        { parent: this },
      );
      this.nodeClasses = [
        ...nodeClasses.map((purpose) => adoptedNodeClass(purpose)),
        ...gpuNodeClasses.map((purpose) => adoptedNodeClass(purpose, true)),
      ];
      this.ready = [facts.provider];
      this.identity = new PodIdentity({ name: facts.clusterName, arn: facts.clusterArn }, []);
    } else {
      const built = this.build(name, args, cluster);
      facts = built.facts;
      ingressReady = built.ingressReady;
      this.nodeClasses = built.nodeClasses;
      this.storageClass = built.storageClass;
      if (built.sharedStorageClass !== undefined) this.sharedStorageClass = built.sharedStorageClass;
      this.ready = built.ready;
      this.identity = built.identity;
      this.scalingGroups = built.scalingGroups;
    }
    this.name = facts.clusterName;
    this.provider = facts.provider;
    this.kubeconfig = facts.kubeconfig;
    this.securityGroupId = facts.securityGroupId;
    this.ingress = {
      className: "alb",
      annotations: ingressAnnotations(args),
      apart: (loadBalancer) => ({ [ingressGroup]: `${stackName()}-${loadBalancer}` }),
      ready: ingressReady,
    };
    this.outputs = { clusterName: facts.clusterName, kubeconfig: facts.kubeconfig };
    this.registerOutputs();
  }

  private build(name: string, args: AwsClusterArgs, cluster: CreatedClusterSettings) {
    const child = { parent: this };
    const { state } = args;
    if (state === undefined) throw new Error("the cluster to make was not looked at");
    const { settings, account, network, clusterName, protection } = args;
    const tags = stackTags(settings);
    const key = new Key(
      `${name}-cluster`,
      {
        description: "Kubernetes Secrets, volumes of pods and control-plane logs",
        ...{ account, forLogs: true, protection },
        ...(args.copiesTo === undefined ? {} : { copiesTo: args.copiesTo }),
      },
      child,
    );
    // Whoever starts instances of the account may use it, which nobody should with the one above.
    const nodesKey = new Key(
      `${name}-nodes`,
      { description: "Volumes of nodes", ...{ account, forLogs: false, forNodes: true, protection } },
      child,
    );
    const facts = new EksCluster(
      `${name}-eks`,
      {
        account,
        clusterName,
        version: cluster.version,
        network,
        publicAccessCidrs: cluster.endpoint.access === "public" ? cluster.endpoint.allowedCidrs : [],
        privateAccessCidrs: cluster.endpoint.access === "private" ? cluster.endpoint.allowedCidrs : [],
        admins: cluster.admins,
        viewers: cluster.viewers,
        controlPlaneLogs: cluster.controlPlaneLogs,
        logRetentionDays: cluster.logRetentionDays,
        keyArn: key.arn,
        ...(settings.assumeRoleArn === undefined ? {} : { assumeRoleArn: settings.assumeRoleArn }),
        deletionProtection: protection.keep,
        deleteUnreachable: settings.deleteUnreachable,
      },
      child,
    );
    const onCluster = { parent: this, providers: { kubernetes: facts.provider } };

    const plans = Object.entries(cluster.nodeGroups).map(([group, of]) => [group, planNodes(group, of)] as const);
    const pooled = ([, plan]: readonly [string, NodePlan]) =>
      cluster.scaling.kind === "karpenter" && plan.purpose !== "system";
    const scaling: Scaling =
      cluster.scaling.kind === "karpenter"
        ? { ...cluster.scaling, pools: Object.fromEntries(plans.filter(pooled)) }
        : { kind: "nodeGroups" };
    const nodes = new Nodes(
      `${name}-nodes`,
      {
        account,
        cluster: facts,
        network,
        groups: Object.fromEntries(plans.filter((plan) => !pooled(plan))),
        state,
        keyArn: nodesKey.arn,
        tags,
      },
      child,
    );
    const identity = new PodIdentity({ name: facts.clusterName, arn: facts.clusterArn }, nodes.podIdentityAgent);
    const storage = new ClusterStorage(
      `${name}-storage`,
      {
        account,
        cluster: facts,
        versions: state.versions,
        network,
        keyArn: key.arn,
        shared: cluster.sharedStorage,
        tags,
        protection,
        nodes: nodes.ready,
      },
      onCluster,
    );
    const { access } = args;
    const services = new ClusterServices(
      `${name}-services`,
      {
        account,
        cluster: facts,
        clusterName,
        versions: state.versions,
        keyArn: nodesKey.arn,
        nodeImageVersion: cluster.nodeImageVersion ?? karpenterImageVersion,
        vpc: settings.network.kind === "adopt" ? { id: settings.network.vpcId } : { tags: { [stackTag]: stackName() } },
        nodeRole: nodes.role,
        subnetIds: network.privateSubnetIds,
        scaling,
        ...(access?.zoneId === undefined
          ? {}
          : {
              dns: { domain: access.domain, zoneId: access.zoneId, ownerId: stackName(), zoneType: "public" as const },
            }),
        tags,
        identity,
        nodes: nodes.ready,
      },
      onCluster,
    );
    return {
      facts,
      identity,
      scalingGroups: nodes.scalingGroups,
      nodeClasses: plans.map(([, plan]) => nodeClass(plan)),
      storageClass: storage.className,
      sharedStorageClass: storage.sharedClassName,
      ready: [...nodes.ready, ...storage.ready, ...services.scaling],
      ingressReady: services.ingress,
    };
  }
}

/** Ingresses that say the same here share a load balancer. */
const ingressGroup = "alb.ingress.kubernetes.io/group.name";

/** One load balancer for all host names, which ends TLS. @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/ */
function ingressAnnotations(args: AwsClusterArgs): Record<string, pulumi.Input<string>> {
  const { access, certificateArn } = args;
  const { network } = args.settings;
  const internetFacing = access?.visibility === "internetFacing";
  const on = (key: string) => `alb.ingress.kubernetes.io/${key}`;
  return {
    [ingressGroup]: stackName(),
    [on("target-type")]: "ip",
    [on("scheme")]: internetFacing ? "internet-facing" : "internal",
    // Of the load balancer: every Ingress of the group has to say the same. Without it a connection is cut after 60 seconds.
    [on("load-balancer-attributes")]: attributes(args),
    // In a VPC of its own the controller finds them by tag; somebody else's is left as it is.
    ...(network.kind === "adopt"
      ? { [on("subnets")]: (internetFacing ? network.publicSubnetIds : network.privateSubnetIds).join(",") }
      : {}),
    ...(access && access.allowedCidrs.length > 0 ? { [on("inbound-cidrs")]: access.allowedCidrs.join(",") } : {}),
    ...(certificateArn === undefined
      ? {}
      : {
          [on("listen-ports")]: '[{"HTTP":80},{"HTTPS":443}]',
          [on("ssl-redirect")]: "443",
          [on("ssl-policy")]: "ELBSecurityPolicy-TLS13-1-2-2021-06",
          [on("certificate-arn")]: certificateArn,
        }),
  };
}

function attributes({ longestRequestSeconds, accessLogsBucket }: AwsClusterArgs): pulumi.Input<string> {
  const timeout = `idle_timeout.timeout_seconds=${longestRequestSeconds}`;
  // The controller leaves alone what the annotation does not name: logs that were on would stay on, without their bucket.
  if (accessLogsBucket === undefined) return `${timeout},access_logs.s3.enabled=false`;
  const to = `access_logs.s3.prefix=${accessLogFolders.loadBalancers}`;
  return pulumi.interpolate`${timeout},access_logs.s3.enabled=true,access_logs.s3.bucket=${accessLogsBucket},${to}`;
}
