/** SageMaker Studio. Limits: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateDomain.html */
import type { Properties } from "../values";
import { between, describeTypes, howMany, like, oneOf, Refusal } from "./describe";
import * as type from "./tokens";
import { mustTrust } from "./trust";

const name = {
  longest: 63,
  allowed: /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/,
  allowedMeans: "letters, digits and dashes, no dash first or last",
  automatic: false,
};
const domainType = "aws:sagemaker/domain:Domain";
const profileType = "aws:sagemaker/userProfile:UserProfile";
const idle = "defaultUserSettings.jupyterLabAppSettings.appLifecycleManagement.idleSettings";

describeTypes(
  {
    type: domainType,
    id: (x) => `d-sim${x.digits("id", 9)}`,
    arn: "sagemaker:{region}:{account}:domain/{id}",
    name: { ...name, property: "domainName" },
    forces: ["authMode", "domainName", "kmsKeyId", "vpcId"],
    refs: {
      vpcId: type.vpc,
      "subnetIds[]": type.subnet,
      kmsKeyId: type.keyReference,
      "defaultUserSettings.executionRole": type.roleReference,
      "defaultSpaceSettings.executionRole": type.roleReference,
      "defaultUserSettings.securityGroups[]": type.securityGroup,
      "defaultSpaceSettings.securityGroups[]": type.securityGroup,
    },
    limits: [
      oneOf("authMode", "IAM", "SSO"),
      oneOf("appNetworkAccessType", "PublicInternetOnly", "VpcOnly"),
      oneOf("retentionPolicy.homeEfsFileSystem", "Retain", "Delete"),
      oneOf("tagPropagation", "ENABLED", "DISABLED"),
      howMany("subnetIds", 1, 16),
      howMany("defaultUserSettings.securityGroups", 1, 5),
      between(`${idle}.idleTimeoutInMinutes`, 60, 525600, "minutes"),
    ],
    defaults: { appNetworkAccessType: "PublicInternetOnly", tagPropagation: "DISABLED" },
    computed: {
      url: (x) => `https://${x.id}.studio.${x.region}.sagemaker.simulated.invalid`,
      homeEfsFileSystemId: (x) => `fs-sim${x.digits("homes", 14)}`,
      securityGroupIdForDomainBoundary: () => "",
      singleSignOnApplicationArn: () => "",
      singleSignOnManagedApplicationInstanceId: () => "",
    },
    verify: (x) => {
      for (const settings of ["defaultUserSettings", "defaultSpaceSettings"]) {
        mustTrust(x, `${settings}.executionRole`, undefined, sessionsOf(x.inputs));
      }
    },
    code: "ResourceInUse",
  },
  {
    type: profileType,
    id: (x) =>
      `arn:${x.partition}:sagemaker:${x.region}:${x.account.number}:user-profile/${x.inputs.domainId}/${x.inputs.userProfileName}`,
    arn: "sagemaker:{region}:{account}:user-profile/{domainId}/{userProfileName}",
    name: { ...name, property: "userProfileName", uniqueIn: "nowhere" },
    forces: ["domainId", "singleSignOnUserIdentifier", "singleSignOnUserValue", "userProfileName"],
    refs: {
      domainId: domainType,
      "userSettings.executionRole": type.roleReference,
      "userSettings.securityGroups[]": type.securityGroup,
    },
    limits: [howMany("userSettings.securityGroups", 1, 5)],
    claims: (x) => [`user profile ${x.inputs.domainId} ${x.inputs.userProfileName}`],
    computed: { homeEfsFileSystemUid: () => "200001" },
    verify: (x) => {
      const domain = x.referred("domainId")?.outputs ?? {};
      mustTrust(x, "userSettings.executionRole", undefined, sessionsOf(domain));
    },
  },
);

const started = "aws:sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration";

// https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html
describeTypes(
  {
    type: started,
    id: (x) => x.inputs.name,
    arn: "sagemaker:{region}:{account}:notebook-instance-lifecycle-config/{name}",
    name: { ...name, automatic: true },
    limits: (["onCreate", "onStart"] as const).map((path) => ({
      path,
      wrong: (value) =>
        /^[A-Za-z0-9+/]+=*$/.test(String(value)) && String(value).length <= 16384
          ? undefined
          : "is not Base64 of at most 16384 characters",
    })),
  },
  {
    type: "aws:sagemaker/notebookInstance:NotebookInstance",
    id: (x) => x.inputs.name,
    arn: "sagemaker:{region}:{account}:notebook-instance/{name}",
    name,
    forces: ["directInternetAccess", "kmsKeyId", "securityGroups", "subnetId"],
    refs: {
      roleArn: type.roleReference,
      subnetId: type.subnet,
      "securityGroups[]": type.securityGroup,
      kmsKeyId: type.keyReference,
      lifecycleConfigName: started,
    },
    limits: [
      like("instanceType", /^ml\.[a-z0-9-]+\.[a-z0-9]+$/, "an instance type such as ml.t3.medium"),
      between("volumeSize", 5, 16384, "GiB"),
      howMany("securityGroups", 1, 5),
      oneOf("directInternetAccess", "Enabled", "Disabled"),
      oneOf("rootAccess", "Enabled", "Disabled"),
      oneOf("instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion", "1", "2"),
      like("platformIdentifier", /^notebook-al(1-v1|2-v[123]|2023-v[12])$/, "notebook-al2023-v1 and others"),
    ],
    defaults: { directInternetAccess: "Enabled", rootAccess: "Enabled", volumeSize: 5 },
    computed: {
      networkInterfaceId: (x) => `eni-sim${x.digits("interface", 14)}`,
      url: (x) => `${x.inputs.name}.notebook.${x.region}.sagemaker.simulated.invalid`,
    },
    verify: (x) => {
      mustTrust(x, "roleArn");
      if (x.inputs.directInternetAccess === "Disabled" && x.inputs.subnetId === undefined) {
        throw new Refusal("ValidationException", "direct internet access can be disabled in a subnet alone");
      }
    },
  },
);

/**
 * How Studio takes on the roles of people: with their names as the source identity where the domain is told to. The real account makes the domain
 * all the same, and starts no app.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/monitor-user-access-how-to.html
 */
function sessionsOf({ domainSettings }: Properties): string[] {
  const named = domainSettings?.executionRoleIdentityConfig === "USER_PROFILE_NAME";
  return ["sts:AssumeRole", ...(named ? ["sts:SetSourceIdentity"] : [])];
}
