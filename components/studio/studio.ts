import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import { SecurityGroup } from "../foundation/network/securityGroup";
import { type StudioRole, type StudioScope, studioRoles, workInStudio } from "../identity/policies/studio";
import { policyDocument, trustStudio } from "../lib/statements";

/** Where Studio is, who works in it, and with what. */
export interface StudioArgs {
  account: AwsAccount;
  /** Name of the domain. */
  domainName: string;
  network: { vpcId: pulumi.Input<string>; cidrs: string[]; subnetIds: pulumi.Input<string[]> };
  /** Encrypts homes and volumes. */
  keyArn?: pulumi.Input<string>;
  /** From user profile to role. */
  users: Record<string, StudioRole>;
  scope: pulumi.Input<StudioScope>;
  /** Minutes without work after which a notebook is shut down. */
  idleMinutes: number;
  /** Whether homes outlive the domain. */
  keepHomes: boolean;
}

const httpsPort = 443;
const nfsPort = 2049;

/**
 * A SageMaker Studio domain whose apps reach the VPC and S3, and nothing else, whatever routes their subnets have. People sign in
 * with their own IAM identity; what their notebooks may do is the role of their profile.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-and-internet-access.html
 */
export class Studio extends pulumi.ComponentResource {
  readonly domainId: pulumi.Output<string>;
  readonly url: pulumi.Output<string>;
  /** Lets through what notebooks may reach. */
  readonly securityGroupId: pulumi.Output<string>;

  constructor(name: string, args: StudioArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:studio:Studio", name, {}, opts);
    const child = { parent: this };
    const { account, network } = args;
    const s3 = aws.ec2.getPrefixListOutput({ name: `com.amazonaws.${account.region}.s3` }, child);
    const within = (key: string, portNumber: number) =>
      network.cidrs.map((cidrIpv4) => ({ key: `${key}-${cidrIpv4}`, portNumber, cidrIpv4 }));
    const guard = new SecurityGroup(
      name,
      {
        vpcId: network.vpcId,
        description: "Studio: to the interface endpoints and homes in the VPC, and to S3",
        ingress: [],
        egress: [
          ...within("https", httpsPort),
          ...within("homes", nfsPort),
          { key: "s3", portNumber: httpsPort, prefixListId: s3.id },
        ],
      },
      child,
    );
    const roles = Object.fromEntries(
      studioRoles.map((role) => [role, this.role(`${name}-${role.toLowerCase()}`, role, args)]),
    ) as Record<StudioRole, pulumi.Output<string>>;
    const settings = { executionRole: roles.viewer, securityGroups: [guard.id] };
    const domain = new aws.sagemaker.Domain(
      name,
      {
        domainName: args.domainName,
        authMode: "IAM",
        appNetworkAccessType: "VpcOnly",
        vpcId: network.vpcId,
        subnetIds: network.subnetIds,
        ...(args.keyArn === undefined ? {} : { kmsKeyId: args.keyArn }),
        defaultUserSettings: {
          ...settings,
          studioWebPortal: "ENABLED",
          defaultLandingUri: "studio::",
          sharingSettings: { notebookOutputOption: "Disabled" },
          jupyterLabAppSettings: {
            appLifecycleManagement: {
              idleSettings: { lifecycleManagement: "ENABLED", idleTimeoutInMinutes: args.idleMinutes },
            },
          },
        },
        defaultSpaceSettings: settings,
        domainSettings: { executionRoleIdentityConfig: "USER_PROFILE_NAME" },
        retentionPolicy: { homeEfsFileSystem: args.keepHomes ? "Retain" : "Delete" },
        tagPropagation: "ENABLED",
      },
      child,
    );
    for (const [user, role] of Object.entries(args.users)) {
      new aws.sagemaker.UserProfile(
        `${name}-${user}`,
        {
          domainId: domain.id,
          userProfileName: user,
          userSettings: { executionRole: roles[role], securityGroups: [guard.id] },
        },
        child,
      );
    }
    this.domainId = domain.id;
    this.url = domain.url;
    this.securityGroupId = guard.id;
    this.registerOutputs({ domainId: this.domainId });
  }

  /** Known once it may do what it is for. */
  private role(name: string, role: StudioRole, { account, scope }: StudioArgs): pulumi.Output<string> {
    const child = { parent: this };
    const made = new aws.iam.Role(name, { assumeRolePolicy: trustStudio(account.accountId) }, child);
    const policy = pulumi.output(scope).apply((known) => policyDocument(workInStudio(account, role, known)));
    const permitted = new aws.iam.RolePolicy(name, { role: made.id, policy }, child);
    return pulumi.all([made.arn, permitted.id]).apply(([arn]) => arn);
  }
}
