import type { Leftover } from "./leftover";

/** As EC2 describes it. */
export interface NetworkInterface {
  NetworkInterfaceId: string;
  Status: string;
  Description?: string;
}

/** As EC2 describes it. */
export interface SecurityGroup {
  GroupId: string;
  GroupName: string;
}

export function networkInterface({ NetworkInterfaceId, Status, Description = "" }: NetworkInterface): Leftover {
  const common = { kind: "network interface", id: NetworkInterfaceId, about: Description, free: true } as const;
  if (Status !== "available") return { ...common, stays: "it is in use" };
  const deletion = { service: "ec2", operation: "delete-network-interface", parameters: { NetworkInterfaceId } };
  return { ...common, deletions: [deletion] };
}

export const securityGroup = ({ GroupId, GroupName }: SecurityGroup): Leftover => ({
  ...{ kind: "security group", id: GroupId, about: GroupName, free: true },
  deletions: [{ service: "ec2", operation: "delete-security-group", parameters: { GroupId } }],
});
