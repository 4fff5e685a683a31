import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** One TCP port that one peer may use. */
export interface SecurityGroupRule {
  /** Names the rule: a word, or the range it is about. Changing it replaces the rule. */
  key: string;
  portNumber: number;
  /** Peer as an address range; give this, `peerSecurityGroupId` or `prefixListId`. */
  cidrIpv4?: string;
  /** Peer as a security group. */
  peerSecurityGroupId?: pulumi.Input<string>;
  /** Peer as a list of ranges, such as S3's. */
  prefixListId?: pulumi.Input<string>;
}

/** A group that lets through what is listed and nothing else. */
export interface SecurityGroupArgs {
  vpcId: pulumi.Input<string>;
  /** Cannot be changed later without replacing the group. */
  description: string;
  ingress: SecurityGroupRule[];
  egress: SecurityGroupRule[];
}

/**
 * A security group whose rules are resources of their own, so that changing one leaves the others and the group alone.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
export class SecurityGroup extends pulumi.ComponentResource {
  /** Known once the rules are there: who has the id has a group that lets through what it should, until the last moment. */
  readonly id: pulumi.Output<string>;

  constructor(name: string, args: SecurityGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:SecurityGroup", name, {}, opts);
    const child = { parent: this };
    const group = new aws.ec2.SecurityGroup(
      name,
      { vpcId: args.vpcId, description: args.description, tags: { Name: name } },
      child,
    );
    const rule = (of: SecurityGroupRule) => ({
      securityGroupId: group.id,
      ipProtocol: "tcp",
      fromPort: of.portNumber,
      toPort: of.portNumber,
      description: of.key,
      ...(of.cidrIpv4 === undefined ? {} : { cidrIpv4: of.cidrIpv4 }),
      ...(of.peerSecurityGroupId === undefined ? {} : { referencedSecurityGroupId: of.peerSecurityGroupId }),
      ...(of.prefixListId === undefined ? {} : { prefixListId: of.prefixListId }),
    });
    const rules = [
      ...args.ingress.map(
        (each) => new aws.vpc.SecurityGroupIngressRule(`${name}-from-${each.key}`, rule(each), child),
      ),
      ...args.egress.map((each) => new aws.vpc.SecurityGroupEgressRule(`${name}-to-${each.key}`, rule(each), child)),
    ];
    this.id = pulumi.all([group.id, ...rules.map((each) => each.id)]).apply(([id]) => id!);
    this.registerOutputs({ id: this.id });
  }
}
