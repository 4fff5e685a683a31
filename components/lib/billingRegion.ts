/**
 * Where CloudWatch keeps what an account is charged, whatever the region.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/monitor_estimated_charges_with_cloudwatch.html
 */
export const billingRegion = "us-east-1";
