import { Address4 } from "ip-address";
import { narrowestPodMask, narrowestPrimaryMask, widestMask } from "../../foundation/network/subnetPlan";
import { serviceCidr } from "../network";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Ranges AWS accepts for a VPC's secondary block beside public ones. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html */
const podRanges = ["100.64.0.0/10", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] as const;

/** Blocks of addresses: impossible, too small, or on top of each other. */
export function addressRules({ foundation, access, jupyterhub }: Partial<Settings>): RuleProblem[] {
  const problems = [
    ...listed(["access", "allowedCidrs"], access?.allowedCidrs),
    ...listed(["jupyterhub", "egressCidrs"], jupyterhub?.egressCidrs),
  ];
  if (foundation?.kind !== "aws") return problems;
  const { cluster, network } = foundation;
  if (cluster.kind === "create" && cluster.endpoint.access === "public") {
    const path = ["foundation", "cluster", "endpoint", "allowedCidrs"];
    problems.push(...listed(path, cluster.endpoint.allowedCidrs));
    cluster.endpoint.allowedCidrs.forEach((block, at) => {
      if (cidrFault(block) === undefined && maskOf(block) === 0) {
        problems.push({
          path: [...path, at],
          value: block,
          allowed: "blocks you know; the whole internet is refused",
          remedy: "give your office's or VPN's block such as 203.0.113.0/24, or write endpoint: { access: private }",
        });
      }
    });
  }
  if (network.kind === "create") problems.push(...networkAddresses(network, ["foundation", "network"]));
  return problems;
}

function networkAddresses(
  network: { cidr: string; podCidr: string; zones: number | string[] },
  path: Path,
): RuleProblem[] {
  const { cidr, podCidr } = network;
  const problems: RuleProblem[] = [];
  const faulty = { cidr: cidrFault(cidr), podCidr: cidrFault(podCidr) };
  const at = (key: "cidr" | "podCidr", allowed: string, remedy: string, restsOn: Path[] = []) =>
    problems.push({ path: [...path, key], value: network[key], allowed, remedy, restsOn });
  for (const key of ["cidr", "podCidr"] as const) {
    const fault = faulty[key];
    if (fault !== undefined) at(key, fault.allowed, fault.remedy);
  }
  const zones = typeof network.zones === "number" ? network.zones : network.zones.length;
  const podMask = narrowestPodMask(zones);

  if (faulty.cidr === undefined) {
    const mask = maskOf(cidr);
    if (mask < widestMask)
      at("cidr", `AWS accepts a VPC from /${widestMask} to /28`, `write cidr: ${widened(cidr, widestMask)}`);
    else if (mask > narrowestPrimaryMask) {
      at(
        "cidr",
        `/${widestMask} to /${narrowestPrimaryMask}: ${2 ** (32 - mask)} addresses are too few for nodes, load balancers and databases in ${zones} zones`,
        `write cidr: ${widened(cidr, narrowestPrimaryMask)}`,
      );
    }
    if (overlaps(cidr, serviceCidr))
      at("cidr", `a block apart from ${serviceCidr}, the cluster's services`, "write cidr: 10.0.0.0/16");
  }
  if (faulty.podCidr === undefined) {
    const mask = maskOf(podCidr);
    if (mask < widestMask)
      at(
        "podCidr",
        `AWS accepts a block from /${widestMask} to /28`,
        `write podCidr: ${apart(widened(podCidr, widestMask), cidr)}`,
      );
    else if (mask > podMask) {
      at(
        "podCidr",
        `/${widestMask} to /${podMask} for ${zones} zones: prefix delegation takes 16 addresses at a time, and ${2 ** (32 - mask)} are too few`,
        `write podCidr: ${apart(widened(podCidr, podMask), cidr)}`,
        [[...path, "zones"]],
      );
    }
    if (!podRanges.some((range) => inside(podCidr, range))) {
      at("podCidr", `a block inside one of ${podRanges.join(", ")}`, "write podCidr: 100.64.0.0/16");
    }
    if (overlaps(podCidr, serviceCidr))
      at("podCidr", `a block apart from ${serviceCidr}, the cluster's services`, "write podCidr: 100.64.0.0/16");
  }
  if (faulty.cidr === undefined && faulty.podCidr === undefined && overlaps(cidr, podCidr)) {
    at("podCidr", `a block apart from network.cidr, ${cidr}`, `write podCidr: ${apart("100.64.0.0/16", cidr)}`, [
      [...path, "cidr"],
    ]);
  }
  return problems;
}

/** What is wrong with an IPv4 block in itself, with the block that was probably meant. */
export function cidrFault(block: string): { allowed: string; remedy: string } | undefined {
  const [address = "", maskText = ""] = block.split("/");
  const octets = address.split(".");
  if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)) {
    return { allowed: "four numbers from 0 to 255, then a mask", remedy: "for example 10.0.0.0/16" };
  }
  if (!/^(0|[1-9]\d?)$/.test(maskText) || Number(maskText) > 32) {
    return { allowed: "a mask from /0 to /32", remedy: `for example ${address}/16` };
  }
  const network = widened(block, Number(maskText));
  return network === block
    ? undefined
    : { allowed: "the first address of its block: no bit set behind the mask", remedy: `write ${network}` };
}

function listed(path: Path, blocks: readonly string[] = []): RuleProblem[] {
  return blocks.flatMap((block, at) => {
    const fault = cidrFault(block);
    return fault === undefined ? [] : [{ path: [...path, at], value: block, ...fault }];
  });
}

const maskOf = (block: string) => new Address4(block).subnetMask;

/** The block of another mask that an address lies in, written properly. */
function widened(block: string, mask: number): string {
  const [address] = block.split("/");
  return `${new Address4(`${address}/${mask}`).startAddress().correctForm()}/${mask}`;
}

/** A block for pods that leaves another alone: the one given where it does, else the usual one. */
function apart(block: string, other: string): string {
  if (cidrFault(other) !== undefined) return block;
  return [block, "100.64.0.0/16", "100.80.0.0/16"].find((one) => !overlaps(one, other)) ?? "100.96.0.0/16";
}

const inside = (block: string, range: string) => new Address4(block).isInSubnet(new Address4(range));
const overlaps = (a: string, b: string) => inside(a, b) || inside(b, a);
