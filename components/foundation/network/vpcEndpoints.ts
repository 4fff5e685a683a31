import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { anyAccount, onlyAccounts, onlyCallers } from "../../identity/policies/endpoints";
import { policyDocument } from "../../lib/statements";
import { gatewayEndpoints } from "../../settings/network";
import { SecurityGroup } from "./securityGroup";

/** Doors from the VPC to AWS services that do not lead over the internet. */
export interface VpcEndpointsArgs {
  account: AwsAccount;
  /** Short names such as `s3` or `ecr.api`. */
  services: string[];
  /** Accounts beside the own one whose buckets and tables gateways lead to; absent: all. */
  otherAccounts?: string[];
  /** Whether interfaces serve callers of the own account alone. */
  ofOwnAccount: boolean;
  vpcId: pulumi.Input<string>;
  /** Ranges that may use the interface endpoints. */
  cidrs: string[];
  subnetIds: pulumi.Input<string[]>;
  /** Tables that learn the route to gateway endpoints. */
  routeTableIds: pulumi.Input<string[]>;
}

/** Services with a gateway, which is free of charge; every other is an interface in each zone, paid by the hour. */
const gatewayServices: ReadonlySet<string> = new Set(gatewayEndpoints);

/**
 * One endpoint for each service.
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
 */
export class VpcEndpoints extends pulumi.ComponentResource {
  constructor(name: string, args: VpcEndpointsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:VpcEndpoints", name, {}, opts);
    const child = { parent: this };
    const interfaces = args.services.filter((service) => !gatewayServices.has(service));

    const guard =
      interfaces.length === 0
        ? undefined
        : new SecurityGroup(
            name,
            {
              vpcId: args.vpcId,
              description: "HTTPS from inside the VPC to the interface endpoints",
              ingress: args.cidrs.map((cidrIpv4) => ({ key: cidrIpv4, portNumber: 443, cidrIpv4 })),
              egress: [],
            },
            child,
          );

    for (const service of args.services) {
      const common = {
        vpcId: args.vpcId,
        serviceName: `com.amazonaws.${args.account.region}.${service}`,
        tags: { Name: `${name}-${service}` },
      };
      new aws.ec2.VpcEndpoint(
        `${name}-${service}`,
        gatewayServices.has(service)
          ? {
              ...common,
              vpcEndpointType: "Gateway",
              routeTableIds: args.routeTableIds,
              policy: policyOf(service, args),
            }
          : {
              ...common,
              vpcEndpointType: "Interface",
              privateDnsEnabled: true,
              policy: policyDocument(args.ofOwnAccount ? onlyCallers(service, args.account) : anyAccount()),
              subnetIds: args.subnetIds,
              securityGroupIds: guard ? [guard.id] : [],
            },
        child,
      );
    }
    this.registerOutputs();
  }
}

function policyOf(service: string, { account, otherAccounts }: VpcEndpointsArgs): string {
  if (otherAccounts === undefined) return policyDocument(anyAccount());
  return policyDocument(onlyAccounts(account, service, [account.accountId, ...otherAccounts]));
}
