import * as pulumi from "@pulumi/pulumi";
import { type LambdaFunctionArgs, lambdaFunction } from "../foundation/lambdaFunction";

/** One of the functions of the folder `functions` that training asks. */
export type TrainingFunctionArgs = Omit<LambdaFunctionArgs, "vpc" | "log"> & {
  /** Encrypts its log. */
  keyArn?: pulumi.Input<string>;
  logRetentionDays: number;
};

/** A function with a role and a log of its own. It calls AWS alone, so it needs no VPC. */
export class TrainingFunction extends pulumi.ComponentResource {
  /** Known once the function may do what it is for. */
  readonly arn: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: TrainingFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:training:TrainingFunction", name, {}, opts);
    const { keyArn, logRetentionDays: retentionDays, ...rest } = args;
    const made = lambdaFunction(name, { ...rest, log: { retentionDays, keyArn } }, { parent: this });
    this.arn = made.arn;
    this.name = made.name;
    this.registerOutputs({ arn: this.arn });
  }
}
