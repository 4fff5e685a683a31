import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type MachineNeed, machineNeeds } from "../settings/machineNeeds";
import type { MachineQuota } from "../settings/machineQuotas";
import type { Settings } from "../settings/settings";

/** Command that makes the role through which an account starts spot instances. @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html */
const makeSpotRole = "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com";

/** The command that asks AWS for so much of a quota. */
export function askForQuota({ name, service, code }: MachineQuota, wanted: number, region: string): string {
  const there = `--region ${region} --service-code ${service}`;
  // Bash and zsh put the code in its place.
  const found = `"$(aws service-quotas list-aws-default-service-quotas ${there} --query "Quotas[?QuotaName=='${name}'].QuotaCode" --output text)"`;
  return `aws service-quotas request-service-quota-increase ${there} --quota-code ${code ?? found} --desired-value ${wanted}`;
}

/** What of a stack's needs is above what the account is known to have. */
export function shortOf(settings: Partial<Settings>): (MachineNeed & { has: number })[] {
  const { foundation } = settings;
  if (foundation?.kind !== "aws") return [];
  return machineNeeds(settings)
    .map((need) => ({ ...need, has: foundation.quotas.machines[need.quota.name] ?? need.quota.most }))
    .filter(({ most, has }) => most > has);
}

/** All that may be missing, as one text; undefined where nothing is. */
export function quotaNotice(settings: Partial<Settings>, spotRoleMissing: boolean): string | undefined {
  const { foundation } = settings;
  const short = shortOf(settings);
  if (foundation?.kind !== "aws" || (short.length === 0 && !spotRoleMissing)) return undefined;
  const lines = short.flatMap(({ quota, first, most, has }) => [
    `  ${quota.name}`,
    `    needed ${first > 0 ? `${first} to begin with, ` : ""}${most} ${quota.unit} at most; the account has ${known(foundation.quotas.machines, quota)}${first > has ? ", so that `up` cannot end well" : ""}`,
    `    ${askForQuota(quota, most, foundation.region)}`,
  ]);
  if (spotRoleMissing)
    lines.push("  Spot instances need a role that this account does not have yet", `    ${makeSpotRole}`);
  const written = short.length > 0 ? ["Write what AWS gave as foundation.quotas.machines, from name to value."] : [];
  return ["What this stack may run is more than this account may be allowed:", ...lines, ...written].join("\n");
}

function known(given: Readonly<Record<string, number>>, { name, most, service }: MachineQuota): string {
  if (Object.hasOwn(given, name)) return `${given[name]}`;
  return service === "sagemaker" ? "none while it is new, in most cases" : `${most} while it is new`;
}

/** Tells in the preview, once and in one block, what the account may have to ask AWS for. */
export async function tellQuotas(settings: Settings, opts: pulumi.InvokeOptions): Promise<void> {
  if (!pulumi.runtime.isDryRun()) return;
  const notice = quotaNotice(settings, usesSpot(settings) && (await spotRoleMissing(opts)));
  if (notice !== undefined) pulumi.log.warn(notice);
}

function usesSpot({ foundation }: Settings): boolean {
  if (foundation.kind !== "aws" || foundation.cluster.kind !== "create") return false;
  return Object.values(foundation.cluster.nodeGroups).some(({ spot }) => spot);
}

/** Nothing is said to those who may not look. */
async function spotRoleMissing(opts: pulumi.InvokeOptions): Promise<boolean> {
  try {
    const { names } = await aws.iam.getRoles({ pathPrefix: "/aws-service-role/spot.amazonaws.com/" }, opts);
    return names.length === 0;
  } catch {
    return false;
  }
}
