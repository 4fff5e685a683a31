import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Lets a bucket tell EventBridge of new objects. A bucket has one list of whom it tells, so this is made once for all models. */
export class BucketEvents extends pulumi.ComponentResource {
  constructor(name: string, args: { bucketName: pulumi.Input<string> }, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:BucketEvents", name, {}, opts);
    new aws.s3.BucketNotification(name, { bucket: args.bucketName, eventbridge: true }, { parent: this });
    this.registerOutputs();
  }
}
