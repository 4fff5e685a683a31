/** Type tokens that several services refer to. */
export const vpc = "aws:ec2/vpc:Vpc";
export const subnet = "aws:ec2/subnet:Subnet";
export const routeTable = "aws:ec2/routeTable:RouteTable";
export const internetGateway = "aws:ec2/internetGateway:InternetGateway";
export const natGateway = "aws:ec2/natGateway:NatGateway";
export const vpcEndpoint = "aws:ec2/vpcEndpoint:VpcEndpoint";
export const elasticIp = "aws:ec2/eip:Eip";
export const securityGroup = "aws:ec2/securityGroup:SecurityGroup";
export const launchTemplate = "aws:ec2/launchTemplate:LaunchTemplate";
export const cluster = "aws:eks/cluster:Cluster";
export const role = "aws:iam/role:Role";
export const policy = "aws:iam/policy:Policy";
export const instanceProfile = "aws:iam/instanceProfile:InstanceProfile";
export const key = "aws:kms/key:Key";
export const keyAlias = "aws:kms/alias:Alias";
export const bucket = "aws:s3/bucket:Bucket";
export const subnetGroup = "aws:rds/subnetGroup:SubnetGroup";
export const parameterGroup = "aws:rds/parameterGroup:ParameterGroup";
export const fileSystem = "aws:efs/fileSystem:FileSystem";
export const repository = "aws:ecr/repository:Repository";
export const secretType = "aws:secretsmanager/secret:Secret";
export const lambda = "aws:lambda/function:Function";
export const logGroup = "aws:cloudwatch/logGroup:LogGroup";
export const eventRule = "aws:cloudwatch/eventRule:EventRule";
export const metricAlarm = "aws:cloudwatch/metricAlarm:MetricAlarm";
export const sagemakerModel = "aws:sagemaker/model:Model";
export const sagemakerConfiguration = "aws:sagemaker/endpointConfiguration:EndpointConfiguration";
export const sagemakerEndpoint = "aws:sagemaker/endpoint:Endpoint";
export const scalableTarget = "aws:appautoscaling/target:Target";
export const stateMachine = "aws:sfn/stateMachine:StateMachine";
export const glueDatabase = "aws:glue/catalogDatabase:CatalogDatabase";
export const dynamoTable = "aws:dynamodb/table:Table";
export const queue = "aws:sqs/queue:Queue";
export const backupVault = "aws:backup/vault:Vault";
export const backupPlan = "aws:backup/plan:Plan";
export const topic = "aws:sns/topic:Topic";
export const certificate = "aws:acm/certificate:Certificate";
export const zone = "aws:route53/zone:Zone";
/** Description that the SDK gives a security group where its program gives none. */
export const defaultGroupDescription = "Managed by Pulumi";
/** A load balancer that a controller in a cluster made. */
export const loadBalancer = "aws:lb/loadBalancer:LoadBalancer";

/** What a security-group id may belong to: some things bring a group along. */
export const securityGroups = [securityGroup, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", vpc, cluster];
/** A role keeps existing only for what it carries itself; services notice its absence later. */
export const roleReference = {
  to: [role],
  holds: false,
  unless: (value: string) => /:role\/aws-service-role\//.test(value),
};
/** Keys can be scheduled for deletion while in use; keys of AWS services exist in each account. */
export const keyReference = {
  to: [key, keyAlias],
  holds: false,
  unless: (value: string) => /(^|:)alias\/aws\//.test(value),
};
