import { z } from "zod";
import { whole } from "./formats";
import { machineQuotaName } from "./machineQuotas";

/** How many of something AWS lets an account have, where a stack may come to have as many. */
export interface Limit {
  /** What is counted, as people call it. */
  of: string;
  /** What a new account has. */
  most: number;
  /** The same in regions that have another. */
  inRegion?: Record<string, number>;
  /** Service and code by which Service Quotas raises it; without a code it is to be looked up there. Absent where AWS raises it for nobody. */
  quota?: { service: string; code?: string };
  /** Where AWS says so. */
  source: string;
}

/**
 * Every limit of AWS on the number of things that models, people and nodes multiply. Limits on one thing's size are beside what makes it: a policy's
 * in `identity`, a definition's in `training`, names' in `rules`.
 */
export const limits = {
  eventRules: {
    of: "rules of EventBridge on the account's own bus",
    most: 300,
    inRegion: { "af-south-1": 100, "eu-south-1": 100 },
    quota: { service: "events", code: "L-244521F2" },
    source: "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html",
  },
  roles: {
    of: "IAM roles",
    most: 1000,
    quota: { service: "iam", code: "L-FE177D64" },
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
  },
  podIdentities: {
    of: "Pod Identity associations of a cluster",
    most: 1000,
    source: "https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html",
  },
  nodeGroups: {
    of: "managed node groups of a cluster",
    most: 30,
    quota: { service: "eks", code: "L-6D54EA21" },
    source: "https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html",
  },
  featureGroups: {
    of: "feature groups of SageMaker",
    most: 100,
    quota: { service: "sagemaker" },
    source: "https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-quotas.html",
  },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof limits;

/** Rules with a wildcard, of which a bus takes 30 that nobody raises: none is made, a prefix is enough. */
export const wildcardRules = 30;

/**
 * What one ConfigMap holds, and what of it a model takes in the list that the release controller reads, with names of the greatest length. A test
 * measures it.
 * @see https://kubernetes.io/docs/concepts/configuration/configmap/
 */
export const releasesConfigMap = { bytes: 1024 * 1024, ofFlask: 700, ofSagemaker: 2600 };

/** Limits that AWS has raised for the account. */
const raisable = ["eventRules", "roles", "nodeGroups", "featureGroups"] as const satisfies readonly LimitName[];

/** `foundation.quotas`: what AWS has raised for this account. */
export const quotas = z
  .strictObject({
    ...(Object.fromEntries(
      raisable.map((name) => {
        const { of, most } = limits[name];
        return [
          name,
          whole(most, 100_000)
            .optional()
            .describe(`The account's quota of ${of}; without it ${most}, a new account's.`),
        ];
      }),
    ) as unknown as Record<(typeof raisable)[number], z.ZodOptional<z.ZodNumber>>),
    machines: z
      .record(machineQuotaName(), whole(0, 1_000_000))
      .default({})
      .describe(
        "What the account may run, from the quota's name in Service Quotas to its value. `preview` lists what the stack may need above it; " +
          "without it what a new account has.",
      ),
  })
  .meta({ title: "raised quotas" });

export type QuotaSettings = z.output<typeof quotas>;

type Raised = { readonly [Name in LimitName]?: number | undefined };

/** How many an account may have in a region, with what was raised for it. */
export function mostOf(name: LimitName, region: string, raised: Raised = {}): number {
  const limit: Limit = limits[name];
  return raised[name] ?? limit.inRegion?.[region] ?? limit.most;
}

/** The command that asks AWS for more; absent where it gives no more. */
export function askForMore(name: LimitName, wanted: number, region: string): string | undefined {
  const { quota }: Limit = limits[name];
  if (quota === undefined) return undefined;
  const where = quota.service === "iam" ? "us-east-1" : region; // IAM's quotas are kept there.
  const asked = `--service-code ${quota.service} --region ${where}`;
  return quota.code === undefined
    ? `aws service-quotas list-service-quotas ${asked} for its code, then request-service-quota-increase`
    : `aws service-quotas request-service-quota-increase ${asked} --quota-code ${quota.code} --desired-value ${wanted}`;
}
