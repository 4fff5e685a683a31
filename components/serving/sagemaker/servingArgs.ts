import type * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import type { ObjectStore } from "../../contracts/foundation";
import type { Dependency } from "../../lib/dependencies";
import type { PolicyStatement } from "../../lib/statements";
import type { Objectives } from "./alarms";
import type { CanaryPlan } from "./deployment";
import type { EndpointTarget } from "./target";

/** One model on one SageMaker endpoint. */
export interface SageMakerServingArgs {
  account: AwsAccount;
  /** Name in the stack's config. */
  model: string;
  endpointName: string;
  /** Path of the role that SageMaker takes on. */
  rolePath: string;
  target: EndpointTarget;
  image: {
    repositoryUrl: string;
    tag: string;
    /** Absent where the tag is enough. */
    digest?: string;
    /** Depend on these before making a model of it, which SageMaker refuses without the image. */
    pushed: Dependency[];
  };
  /**
   * `pinned`: the version whose package this is, moved by updates of the stack. `continuous`: somebody else puts versions on the
   * endpoint, which begins without one.
   */
  release: { kind: "pinned"; package: ModelPackage } | { kind: "continuous" };
  objectives: Objectives;
  canary: CanaryPlan;
  /** Requests in percent that are captured; absent: none. */
  capturePercent?: number;
  /** Samples that the server keeps itself, and where; absent: none, and it reaches no network. */
  samples?: { percent: number; uri: pulumi.Output<string> };
  /** Group of features by which the server completes requests, as JSON; absent: none, and it reaches no network. */
  features?: string;
  artifacts: ObjectStore;
  data: ObjectStore;
  network: { subnetIds: pulumi.Output<string[]>; securityGroupId: pulumi.Output<string> };
  /** Topics that hear of alarms. */
  topicArns: pulumi.Input<string>[];
  /** Address below which runbooks are found. */
  runbooks: string;
  logRetentionDays: number;
  /** Whether the release controller puts packages of a version's own into its package; absent: not, the image is somebody's own. */
  environments?: boolean;
  /** The function of {@link EndpointRelease}. */
  functionName: pulumi.Output<string>;
  /** Tags of what the release controller makes, which no provider's default tags reach. */
  tags: Record<string, string>;
  moreStatements?: pulumi.Input<PolicyStatement[]>;
  /** Depend on these before an endpoint starts: routes, endpoints of the VPC, the bucket. */
  ready: Dependency[];
}

/** Full name of an image. */
export function imageName({ repositoryUrl, tag, digest }: Omit<SageMakerServingArgs["image"], "pushed">): string {
  return `${repositoryUrl}${tag === "" ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** A `model.tar.gz` that SageMaker can unpack. */
export interface ModelPackage {
  /** Key of the version, which its answers carry: a package does not say which it is. */
  version: string;
  url: pulumi.Input<string>;
  /** ARN of the object, where it lies in a bucket of somebody else's. */
  arn?: string;
  /** Depend on these: the object is there after them. */
  ready: Dependency[];
}
