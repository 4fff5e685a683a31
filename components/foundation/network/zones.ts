import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { SettingsProblems } from "../../settings/problems";

/** Zones, by the id that is the same for every account, in which EKS puts no control plane. @see https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html */
const withoutControlPlane = ["use1-az3", "usw1-az2", "cac1-az3"];

/**
 * Names of the zones to spread over: those listed, or the first so many that the region offers to every account.
 * @throws SettingsProblems when the region has fewer, or lacks one that is listed.
 */
export async function chooseZones(
  wanted: number | string[],
  region: string,
  opts: pulumi.InvokeOptions,
): Promise<string[]> {
  const offered = await aws.getAvailabilityZones(
    // Local Zones and Wavelength Zones must be opted into and take no EKS control plane.
    {
      state: "available",
      filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
      excludeZoneIds: withoutControlPlane,
    },
    opts,
  );
  const names = [...offered.names].sort();
  const missing = typeof wanted === "number" ? [] : wanted.filter((zone) => !names.includes(zone));
  if (missing.length === 0 && (typeof wanted !== "number" || wanted <= names.length)) {
    return typeof wanted === "number" ? names.slice(0, wanted) : wanted;
  }
  throw new SettingsProblems([
    {
      path: "foundation.network.zones",
      value: typeof wanted === "number" ? String(wanted) : missing.join(", "),
      allowed: `zones that ${region} offers this account: ${names.join(", ")}`,
      remedy: typeof wanted === "number" ? `Ask for at most ${names.length}.` : "Name zones from that list.",
    },
  ]);
}
