import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** What the rest of the AWS foundation needs of an EKS cluster, whether made here or adopted. */
export interface ClusterFacts {
  clusterName: pulumi.Output<string>;
  clusterArn: pulumi.Output<string>;
  endpoint: pulumi.Output<string>;
  /** Group that EKS puts on the control plane, the nodes and, by the network add-on, the pods. */
  securityGroupId: pulumi.Output<string>;
  kubeconfig: pulumi.Output<string>;
  provider: k8s.Provider;
}
