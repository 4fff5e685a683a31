/** Security groups. Limits: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
import { between, describeTypes, howMany, like, longest, oneOf, Refusal, type Situation } from "./describe";
import { anyRange, exactlyOne } from "./ec2Limits";
import * as type from "./tokens";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html */
const groupText = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]*$/;
const groupTextMeans = "letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*";
const ruleLimits = [
  like("description", groupText, groupTextMeans),
  longest("description", 255),
  between("fromPort", -1, 65535),
  between("toPort", -1, 65535),
];

const ruleSources = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"];

function groupRule(name: string) {
  const forced = ["securityGroupId"];
  return {
    type: `aws:vpc/${name}`,
    id: "sgr",
    arn: "ec2:{region}:{account}:security-group-rule/{id}",
    forces: forced,
    refs: { securityGroupId: { to: type.securityGroups }, referencedSecurityGroupId: { to: type.securityGroups } },
    limits: [...ruleLimits, anyRange("cidrIpv4")],
    computed: { securityGroupRuleId: (x: Situation) => x.id },
    claims: (x: Situation) => {
      const { securityGroupId, ipProtocol, fromPort, toPort } = x.inputs;
      return [
        `rule ${securityGroupId} ${ipProtocol} ${fromPort}-${toPort} ${ruleSources.map((source) => x.inputs[source] ?? "").join(" ")}`,
      ];
    },
    verify: (x: Situation) => exactlyOne(x, ruleSources, "a rule of a security group"),
  };
}

describeTypes(
  {
    type: type.securityGroup,
    id: "sg",
    arn: "ec2:{region}:{account}:security-group/{id}",
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
    name: {
      longest: 255,
      allowed: /^(?!sg-)[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]*$/,
      allowedMeans: `no sg- at the beginning, then ${groupTextMeans}`,
      uniqueIn: "nowhere",
    },
    forces: ["description", "vpcId"],
    refs: {
      vpcId: type.vpc,
      "ingress[].securityGroups[]": { to: type.securityGroups },
      "egress[].securityGroups[]": { to: type.securityGroups },
    },
    limits: [
      like("description", groupText, groupTextMeans),
      longest("description", 255),
      howMany("ingress", 0, 60),
      howMany("egress", 0, 60),
      like("ingress[].description", groupText, groupTextMeans),
      like("egress[].description", groupText, groupTextMeans),
      anyRange("ingress[].cidrBlocks[]"),
      anyRange("egress[].cidrBlocks[]"),
    ],
    defaults: { description: "Managed by Pulumi", revokeRulesOnDelete: false },
    computed: {
      egress: () => [],
      ingress: () => [],
      vpcId: (x) => x.account.ofType(type.vpc).find(({ outputs }) => outputs.default === true)?.id,
    },
    claims: (x) => [`group ${x.inputs.vpcId} ${x.inputs.name}`],
  },
  {
    type: "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    id: (x) => x.referred("vpcId")?.outputs.defaultSecurityGroupId ?? `sg-sim${x.digits("id", 14)}`,
    arn: "ec2:{region}:{account}:security-group/{id}",
    forces: ["vpcId"],
    refs: { vpcId: { to: [type.vpc], holds: false } },
    computed: {
      name: () => "default",
      description: () => "default VPC security group",
      ingress: () => [],
      egress: () => [],
    },
  },
  {
    type: "aws:ec2/securityGroupRule:SecurityGroupRule",
    id: (x) => `sgrule-sim${x.digits("id", 14)}`,
    forces: [
      "type",
      "fromPort",
      "toPort",
      "protocol",
      "cidrBlocks",
      "ipv6CidrBlocks",
      "prefixListIds",
      "securityGroupId",
      "self",
      "sourceSecurityGroupId",
    ],
    refs: { securityGroupId: { to: type.securityGroups }, sourceSecurityGroupId: { to: type.securityGroups } },
    limits: [...ruleLimits, oneOf("type", "ingress", "egress"), anyRange("cidrBlocks[]")],
    computed: { securityGroupRuleId: (x) => `sgr-sim${x.digits("rule", 14)}` },
    claims: (x) => {
      const {
        securityGroupId,
        type: direction,
        protocol,
        fromPort,
        toPort,
        cidrBlocks,
        ipv6CidrBlocks,
        sourceSecurityGroupId,
        self,
        prefixListIds,
      } = x.inputs;
      return [
        `rule ${JSON.stringify([securityGroupId, direction, protocol, fromPort, toPort, cidrBlocks, ipv6CidrBlocks, sourceSecurityGroupId, self, prefixListIds])}`,
      ];
    },
    verify: (x) => {
      const sources = ["cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self", "sourceSecurityGroupId"];
      if (!sources.some((source) => x.inputs[source] !== undefined)) {
        throw new Refusal(
          "InvalidParameterCombination",
          `a rule of a security group needs one of ${sources.join(", ")}`,
        );
      }
    },
  },
);

for (const name of [
  "securityGroupIngressRule:SecurityGroupIngressRule",
  "securityGroupEgressRule:SecurityGroupEgressRule",
]) {
  describeTypes(groupRule(name));
}
