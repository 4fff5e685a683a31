/** Managed Airflow. https://docs.aws.amazon.com/mwaa/latest/API/API_CreateEnvironment.html */
import { between, describeTypes, oneOf } from "./describe";
import * as type from "./tokens";

describeTypes({
  type: "aws:mwaa/environment:Environment",
  id: (x) => x.inputs.name,
  arn: "airflow:{region}:{account}:environment/{name}",
  name: { longest: 80, allowed: /^[a-zA-Z][0-9a-zA-Z-_]*$/, allowedMeans: "letters, digits, - and _, a letter first" },
  forces: ["name", "kmsKey", "networkConfiguration.subnetIds"],
  refs: {
    executionRoleArn: type.roleReference,
    sourceBucketArn: { to: [type.bucket] },
    "networkConfiguration.subnetIds[]": type.subnet,
    "networkConfiguration.securityGroupIds[]": type.securityGroup,
  },
  limits: [
    oneOf("environmentClass", "mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge"),
    oneOf("webserverAccessMode", "PUBLIC_ONLY", "PRIVATE_ONLY"),
    between("maxWorkers", 1, 25),
  ],
  computed: {
    webserverUrl: (x) => `sim${x.digits("web", 8)}.airflow.${x.region}.simulated.invalid`,
    status: () => "AVAILABLE",
    createdAt: () => "2000-01-01T00:00:00Z",
    serviceRoleArn: (x) => `arn:aws:iam::${x.account.number}:role/aws-service-role/airflow.amazonaws.com/simulated`,
  },
});
