import { Address4 } from "ip-address";
import { narrowestPodMask, narrowestPrimaryMask, widestMask } from "../../lib/subnetPlan";
import { serviceCidr } from "../network";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Ranges that no one on the internet answers for, and that AWS accepts for a VPC. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html */
const privateRanges = ["100.64.0.0/10", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] as const;

/**
 * What AWS refuses as a secondary block of a VPC, by the range of its primary one.
 * https://docs.aws.amazon.com/vpc/latest/userguide/add-ipv4-cidr.html
 */
const refusedBeside: readonly { primary: string; refused: readonly string[] }[] = [
  { primary: "10.0.0.0/8", refused: ["172.16.0.0/12", "192.168.0.0/16"] },
  { primary: "10.0.0.0/15", refused: ["10.0.0.0/16"] },
  { primary: "172.16.0.0/12", refused: ["10.0.0.0/8", "192.168.0.0/16", "172.31.0.0/16"] },
  { primary: "192.168.0.0/16", refused: ["10.0.0.0/8", "172.16.0.0/12"] },
  { primary: "100.64.0.0/10", refused: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] },
];

/**
 * Ranges that nothing on the internet calls from, so that EKS refuses them for its public endpoint. The blocks kept for
 * documentation are left out: examples are written with them. https://www.rfc-editor.org/rfc/rfc6890
 */
const unroutedRanges = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
  ...["192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"],
] as const;

/** Blocks of addresses: impossible, too small, or on top of each other. */
export function addressRules({ foundation, access, jupyterhub }: Partial<Settings>): RuleProblem[] {
  const problems = [
    ...listed(["access", "allowedCidrs"], access?.allowedCidrs),
    ...listed(["jupyterhub", "egressCidrs"], jupyterhub?.egressCidrs),
  ];
  if (foundation?.kind !== "aws") return problems;
  const { cluster, network } = foundation;
  if (cluster.kind === "create") {
    const { access: reach, allowedCidrs } = cluster.endpoint;
    const path: Path = ["foundation", "cluster", "endpoint", "allowedCidrs"];
    problems.push(...listed(path, allowedCidrs), ...(reach === "public" ? publicAccess(allowedCidrs, path) : []));
  }
  if (network.kind === "create") problems.push(...networkAddresses(network, ["foundation", "network"]));
  return problems;
}

/** Blocks that EKS refuses for its public endpoint, and the one that nobody should want there. */
function publicAccess(blocks: readonly string[], path: Path): RuleProblem[] {
  return blocks.flatMap((block, at) => {
    if (cidrFault(block) !== undefined) return [];
    const here = { path: [...path, at], value: block, restsOn: [[...path.slice(0, -1), "access"]] };
    if (maskOf(block) === 0) {
      return {
        ...here,
        allowed: "blocks you know; the whole internet is refused",
        remedy: "give your office's or VPN's block such as 203.0.113.0/24, or write endpoint: { access: private }",
      };
    }
    const unrouted = unroutedRanges.find((range) => inside(block, range));
    if (unrouted === undefined) return [];
    return {
      ...here,
      allowed: `blocks as the internet sees them; nothing from ${unrouted} arrives there, and EKS refuses it`,
      remedy: "give the public addresses of your office or VPN, or write access: private, which takes private blocks",
    };
  });
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

  const usable = (block: string) =>
    privateRanges.some((range) => inside(block, range)) && !overlaps(block, serviceCidr);
  const or = (block: string, usual: string) => (usable(block) ? block : usual);
  const isPrivate = `a block inside one of ${privateRanges.join(", ")}, apart from ${serviceCidr}, the cluster's services`;

  // Of each block the first fault alone: mending it often mends the others, and the remedy is a block without any.
  if (faulty.cidr === undefined) {
    const mask = maskOf(cidr);
    if (mask < widestMask)
      at(
        "cidr",
        `AWS accepts a VPC from /${widestMask} to /28`,
        `write cidr: ${or(widened(cidr, widestMask), "10.0.0.0/16")}`,
      );
    else if (!usable(cidr)) at("cidr", isPrivate, "write cidr: 10.0.0.0/16");
    else if (mask > narrowestPrimaryMask) {
      at(
        "cidr",
        `/${widestMask} to /${narrowestPrimaryMask}: ${2 ** (32 - mask)} addresses are too few for nodes, load balancers and databases in ${zones} zones`,
        `write cidr: ${or(widened(cidr, narrowestPrimaryMask), "10.0.0.0/16")}`,
      );
    }
  }
  if (faulty.podCidr === undefined) {
    const mask = maskOf(podCidr);
    const beside = (block: string) => apart(or(block, "100.64.0.0/16"), cidr);
    if (mask < widestMask)
      at(
        "podCidr",
        `AWS accepts a block from /${widestMask} to /28`,
        `write podCidr: ${beside(widened(podCidr, widestMask))}`,
      );
    else if (!usable(podCidr)) at("podCidr", isPrivate, `write podCidr: ${beside("100.64.0.0/16")}`);
    else if (mask > podMask) {
      at(
        "podCidr",
        `/${widestMask} to /${podMask} for ${zones} zones: prefix delegation takes 16 addresses at a time, and ${2 ** (32 - mask)} are too few`,
        `write podCidr: ${beside(widened(podCidr, podMask))}`,
        [[...path, "zones"]],
      );
    }
  }
  if (problems.length > 0) return problems; // How the two stand to each other is said of two that can stand.
  const beside = refusedBeside.filter(({ primary }) => inside(cidr, primary)).flatMap(({ refused }) => refused);
  const refused = beside.find((range) => inside(podCidr, range));
  if (refused !== undefined && !overlaps(cidr, podCidr) && !overlaps(podCidr, serviceCidr)) {
    at(
      "podCidr",
      `no block of ${refused}: AWS refuses it as the second block of a VPC whose first is ${cidr}`,
      "write podCidr: 100.64.0.0/16",
      [[...path, "cidr"]],
    );
  }
  if (overlaps(cidr, podCidr)) {
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
