/**
 * The only actions that a policy may allow on "*": AWS offers no resource for them. Nearly all list, describe, compare or count.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export const anyResourceActions: ReadonlySet<string> = new Set([
  "acm:DescribeCertificate",
  "acm:ListCertificates",
  "application-autoscaling:DescribeScalableTargets",
  "application-autoscaling:DescribeScalingPolicies",
  "autoscaling:DescribeAutoScalingGroups",
  "autoscaling:DescribeAutoScalingInstances",
  "autoscaling:DescribeLaunchConfigurations",
  "autoscaling:DescribeScalingActivities",
  "autoscaling:DescribeTags",
  "cloudwatch:DescribeAlarmsForMetric", // Asked by metric, not by alarm.
  "cloudwatch:GetMetricData", // Metrics are not resources: who may read one may read all of the region.
  "cloudwatch:ListMetrics",
  "cloudwatch:PutMetricData",
  ...[
    ...[
      "AccountAttributes",
      "Addresses",
      "AvailabilityZones",
      "CapacityReservations",
      "CoipPools",
      "DhcpOptions",
      "Images",
      "InstanceStatus",
    ],
    ...[
      "InstanceTypeOfferings",
      "InstanceTypes",
      "Instances",
      "InternetGateways",
      "IpamPools",
      "LaunchTemplateVersions",
    ],
    ...["LaunchTemplates", "NetworkInterfaces", "PlacementGroups", "RouteTables", "SecurityGroups", "SpotPriceHistory"],
    ...["Subnets", "Tags", "VpcPeeringConnections", "Vpcs"],
  ].map((things) => `ec2:Describe${things}`),
  "ec2:DescribeRegions",
  ...["DescribeSnapshots", "DescribeVolumes"].map((action) => `ec2:${action}`),
  // SageMaker refuses to create a processing job whose role names places. https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
  ...["CreateNetworkInterface", "CreateNetworkInterfacePermission"].map((action) => `ec2:${action}`),
  ...["DeleteNetworkInterface", "DeleteNetworkInterfacePermission"].map((action) => `ec2:${action}`),
  "ec2:GetCoipPoolUsage",
  "ec2:GetInstanceTypesFromInstanceRequirements",
  "ec2:GetSecurityGroupsForVpc",
  ...[
    ...["CapacityReservation", "ListenerAttributes", "ListenerCertificates", "Listeners", "LoadBalancerAttributes"],
    ...[
      "LoadBalancers",
      "Rules",
      "SSLPolicies",
      "Tags",
      "TargetGroupAttributes",
      "TargetGroups",
      "TargetHealth",
      "TrustStores",
    ],
  ].map((things) => `elasticloadbalancing:Describe${things}`),
  "ecr:GetAuthorizationToken",
  "events:ListRules", // AWS Backup looks whether its own rule is there.
  "iam:ListInstanceProfiles",
  "logs:DescribeLogGroups",
  // Deliveries of logs have no resource, and Step Functions asks for all of these of a machine that writes a log.
  ...["CreateLogDelivery", "DeleteLogDelivery", "DescribeResourcePolicies", "GetLogDelivery", "ListLogDeliveries"].map(
    (action) => `logs:${action}`,
  ),
  "logs:PutResourcePolicy",
  "logs:UpdateLogDelivery",
  ...["GetAccountPublicAccessBlock", "ListAllMyBuckets"].map((action) => `s3:${action}`),
  "logs:GetQueryResults", // By the id of a query, which only who started it knows; to start one needs its log groups.
  "logs:StopQuery",
  "pricing:GetProducts",
  "route53:ListHostedZones",
  ...[
    ...["Apps", "Domains", "EndpointConfigs", "Endpoints", "FeatureGroups", "HyperParameterTuningJobs"],
    ...["ModelPackageGroups", "Models", "Spaces"],
    ...["Pipelines", "TrainingJobs", "UserProfiles"],
  ].map((things) => `sagemaker:List${things}`),
  "tag:GetResources",
]);
