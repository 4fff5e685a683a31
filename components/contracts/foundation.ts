/**
 * What the rest of the platform may know of the place it runs on. Each foundation (`aws`, `existing`) supplies the same
 * facts from another origin; apps, models and training see these interfaces and never a cloud.
 */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Dependency } from "../lib/dependencies";
import type { PolicyStatement } from "../lib/statements";
import type { AwsAccount } from "./account";

/** What a group of nodes is for. Workloads ask for a purpose, never for a node group by name. */
export type NodePurpose = "system" | "apps" | "notebooks" | "training" | "serving";

/** One class of nodes a workload may ask for. */
export interface NodeClass {
  purpose: NodePurpose;
  /** Whether its nodes offer `nvidia.com/gpu`. */
  gpu: boolean;
  /** Labels every node of the class carries. */
  labels: Record<string, string>;
  /** Taints a pod must tolerate to run there. */
  taints: { key: string; value: string; effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute" }[];
}

/** A Kubernetes cluster that can take workloads. */
export interface Cluster {
  name: pulumi.Output<string>;
  /** Provider through which every Kubernetes object is made. */
  provider: k8s.Provider;
  /** Secret. On AWS it authenticates by command and holds no credential; an existing cluster's may hold one. */
  kubeconfig: pulumi.Output<string>;
  nodeClasses: NodeClass[];
  /** TCP ports by which network policies know the API server, whatever its address. */
  apiServerPorts: number[];
  /** StorageClass for volumes of one pod; absent where the cluster's default class is used. */
  storageClass?: string;
  /** StorageClass for volumes many pods share; absent unless shared storage was asked for. */
  sharedStorageClass?: string;
  /** API groups whose custom resources somebody else defined here, such as `monitoring.coreos.com`: their definitions are not made. */
  definedGroups: readonly string[];
  /** Depend on these before scheduling a pod: nodes, networking, credentials and volumes are ready after them. */
  ready: Dependency[];
}

/** A bucket, or a prefix of one, that workloads read and write. */
export interface ObjectStore {
  bucketName: pulumi.Output<string>;
  /** What policies call the bucket. */
  bucketArn: pulumi.Output<string>;
  /** `s3://bucket` or `s3://bucket/folder`, with no slash at the end. */
  uri: pulumi.Output<string>;
  /** Key that encrypts the objects; grants need it beside the bucket. Absent where no cloud keeps keys. */
  keyArn?: pulumi.Output<string>;
  /** How to reach a store that speaks S3 without being Amazon's; absent on AWS, where a grant is all that pods need. */
  compatible?: CompatibleStore;
}

/** A store with the S3 interface, on the cluster or beside it. */
export interface CompatibleStore {
  /** Such as `http://storage.storage.svc:8333`. */
  endpoint: pulumi.Output<string>;
  /** Port of the endpoint, which network policies must let through. */
  portNumber: number;
  /** Namespace of its pods; absent where it is outside of the cluster. */
  namespace?: string;
  accessKeyId: pulumi.Output<string>;
  /** Secret. Only ever put into a Secret; charts get that Secret's name. */
  secretAccessKey: pulumi.Output<string>;
  /** Keys that open no more than a use takes; absent where somebody else keeps the store and gave one key for all. */
  narrower?: Partial<Record<StoreUse, StoreKey>>;
}

/** What a narrower key is for: tasks of people's DAGs, people's notebooks and what deletes old extracts, on the data; Airflow's task logs, and what pods write; packages of models, on the artifacts; and copies of artifacts and data. */
export type StoreUse =
  | "environments"
  | "environmentsReading"
  | "tasks"
  | "notebooks"
  | "expiry"
  | "taskLogs"
  | "taskLogsReading"
  | "podLogs"
  | "copies";

/** A pair with which a request to an S3 store is signed. */
export interface StoreKey {
  accessKeyId: pulumi.Output<string>;
  secretAccessKey: pulumi.Output<string>;
}

/** One database with one user of its own. */
export interface Database {
  host: pulumi.Output<string>;
  portNumber: number;
  databaseName: string;
  userName: string;
  /** Password of the user, secret. Only ever put into a Secret; charts get that Secret's name. */
  password: pulumi.Output<string>;
  /** Depend on these before connecting: database and user exist after them. */
  ready: Dependency[];
}

/** Who gets which permissions, in the words of the workload. */
export interface GrantArgs {
  namespace: string;
  serviceAccount: string;
  statements: pulumi.Input<PolicyStatement[]>;
}

/** Turns "this service account may do that" into cloud credentials for its pods. */
export interface WorkloadIdentity {
  /** Pods that start before the returned resource exists run without credentials: depend on it. */
  grant(name: string, args: GrantArgs, opts: pulumi.ComponentResourceOptions): pulumi.Resource;
}

/** A host that wants to be served with TLS. */
export interface CertificateArgs {
  /** Namespace of the Ingress, which must exist: the Secret stands beside it. */
  namespace: string;
  /** Full name. */
  host: string;
  /** Depend on these, the namespace among them. */
  after: Dependency[];
}

/** Where host names are served from. */
export interface Ingress {
  className: string;
  /** Annotations each Ingress object needs here. */
  annotations: Record<string, pulumi.Input<string>>;
  /** Annotations that take an Ingress to a load balancer of its own kind, by its name, where one load balancer does not take all. */
  apart?(loadBalancer: string): Record<string, pulumi.Input<string>>;
  /** True only where people work on their own machine: host names are served without TLS. */
  plainHttp?: boolean;
  /** Secret with the certificate that an Ingress names in its own namespace; absent where the load balancer ends TLS. */
  tlsSecretName?: string;
  /** Makes that Secret, or has it made. An Ingress may name it before it is there. Comes with `tlsSecretName`. */
  issueCertificate?(name: string, args: CertificateArgs, opts: pulumi.CustomResourceOptions): pulumi.Resource;
  /** Depend on these before making an Ingress: so its load balancer is gone before its controller is. */
  ready: Dependency[];
}

/** Keys of Kubernetes Secrets that hold what somebody stored beside the stack. In Secrets Manager the whole secret is the value. */
export type GivenKey = "clientSecret" | "gitCredential" | "url";

/** What somebody must have stored beside the stack before. */
export interface StoredSecret {
  /** Where the settings name it. */
  path: string;
  name: string;
}

/** A Secret of the type `kubernetes.io/dockerconfigjson`. */
export interface PullSecret {
  name: string;
  /** Secret. What `docker login` writes. */
  dockerConfigJson: pulumi.Output<string>;
}

/** A place to run the platform on. */
export interface Foundation {
  /** Absent where nothing runs on Kubernetes. */
  cluster?: Cluster;
  /** Comes with a cluster. */
  identity?: WorkloadIdentity;
  /** Comes with a cluster. */
  ingress?: Ingress;
  /** Buckets by what they hold: `artifacts` of MLflow, `data` for training, `logs` of tasks. */
  stores: Record<StorePurpose, ObjectStore>;
  /** The database of an app that asked for one. */
  databases: Record<string, Database>;
  images: ImageRegistry;
  /** By which every pod pulls its images; absent where the registries ask for no login, or the nodes have one. */
  pullSecret?: PullSecret;
  /** For what only AWS offers; absent elsewhere. */
  aws?: AwsFacts;
  /** What somebody stored under a name beside the stack: in Secrets Manager, or as a Kubernetes Secret with the key. The result is secret. */
  readSecret(name: string, key: GivenKey): pulumi.Output<string>;
  /** Depend on these to come after everything of the foundation, and to be destroyed before any of it. */
  ready: Dependency[];
  /** What the stack exports. */
  outputs: Record<string, pulumi.Input<unknown>>;
}

/** A group of nodes that AWS keeps at a size. */
export interface ScalingGroup {
  /** Name in the settings. */
  key: string;
  /** Of the Auto Scaling group. Looked up when asked for. */
  name(): pulumi.Output<string>;
  minNodes: number;
  maxNodes: number;
}

/** What managed services of AWS have to be told. */
export interface AwsFacts {
  account: AwsAccount;
  /** Names of the stack's log groups; `*` at the end stands for any. */
  logGroups: string[];
  vpcId: pulumi.Output<string>;
  /** Every IPv4 range of the VPC. */
  cidrs: string[];
  privateSubnetIds: pulumi.Output<string[]>;
  /** Groups of nodes that the stack has made; absent where it makes none. */
  scalingGroups?: ScalingGroup[];
  /** Blocks that S3 of the region has, whosever the buckets are. Looked up when asked for. */
  s3Cidrs(): pulumi.Output<string[]>;
}

/** What a bucket is for. */
export type StorePurpose = "artifacts" | "data" | "logs";

/** Where container images are pushed to and pulled from, by image name. */
export interface ImageRegistry {
  /**
   * Known before anything is made, since it stands in values of charts.
   * @throws SettingsProblems where the stack names no place for images.
   */
  repositoryUrl(image: string): string;
  /**
   * Depend on these before making what refuses to be, or waits in vain, without the image. Nothing where the registry is not the stack's own:
   * then nobody looks, and who makes such things has to have pushed the image before.
   */
  pushed(image: string, tag: string): Dependency[];
}
