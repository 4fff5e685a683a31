/** Where in AWS a stack lives. Plain values: they are read before the first resource is made. */
export interface AwsAccount {
  accountId: string;
  region: string;
  /** `aws`, or `aws-cn` and `aws-us-gov` in their regions. */
  partition: string;
}
