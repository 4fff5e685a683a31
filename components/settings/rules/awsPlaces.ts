import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Of what a text names an AWS resource by, the parts that say where it is. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
interface Place {
  partition: string;
  region: string;
  accountId: string;
}

/** An ARN that settings name, and how it has to agree with the stack or with another setting. */
interface Named {
  path: Path;
  arn: string;
  /** Account that it must be of, where one is known. */
  account?: { id: string; is: string; at: Path } | undefined;
  region?: { name: string; is: string; at: Path } | undefined;
}

/** The part of AWS that a region is in. https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
const partitionOf = (region: string) =>
  region.startsWith("us-gov-") ? "aws-us-gov" : region.startsWith("cn-") ? "aws-cn" : "aws";

const placeOf = (arn: string): Place => {
  const [, partition = "", , region = "", accountId = ""] = arn.split(":");
  return { partition, region, accountId };
};

/** ARNs of another account, region or part of AWS than what uses them: AWS refuses those one by one, half-way through an update. */
export function awsPlaceRules(settings: Partial<Settings>): RuleProblem[] {
  const { foundation } = settings;
  if (foundation?.kind !== "aws") return [];
  const partition = partitionOf(foundation.region);
  return named(settings).flatMap(({ path, arn, account, region }): RuleProblem[] => {
    const place = placeOf(arn);
    const here = { path, value: arn };
    if (place.partition !== partition) {
      return [
        {
          ...here,
          allowed: `an ARN that begins with arn:${partition}: as everything in ${foundation.region} does`,
          remedy: `write one of ${partition}, or another foundation.region`,
          restsOn: [["foundation", "region"]],
        },
      ];
    }
    if (account !== undefined && place.accountId !== account.id) {
      return [
        {
          ...here,
          allowed: `one of the account ${account.id}, ${account.is}`,
          remedy: `write one of that account, or correct ${account.at.join(".")}`,
          restsOn: [account.at],
        },
      ];
    }
    if (region !== undefined && place.region !== region.name) {
      return [
        {
          ...here,
          allowed: `one in ${region.name}, ${region.is}`,
          remedy: `write one in that region, or correct ${region.at.join(".")}`,
          restsOn: [region.at],
        },
      ];
    }
    return [];
  });
}

function named({
  foundation,
  access,
  data,
  governance,
  monitoring,
  models = {},
  promotion,
}: Partial<Settings>): Named[] {
  if (foundation?.kind !== "aws") return [];
  const { accountId, assumeRoleArn, cluster } = foundation;
  const ofAccount = (id: string | undefined, at: string) =>
    id === undefined ? undefined : { id, is: "the stack's own", at: ["foundation", at] };
  const own =
    ofAccount(accountId, "accountId") ?? ofAccount(assumeRoleArn && placeOf(assumeRoleArn).accountId, "assumeRoleArn");
  const inRegion = (is: string) => ({ name: foundation.region, is, at: ["foundation", "region"] });
  const people = cluster.kind === "create" ? (["admins", "viewers"] as const) : [];
  const alarmed = Object.values(models).some(({ serve }) => serve.sagemaker !== undefined);
  return [
    ...(assumeRoleArn === undefined
      ? []
      : [
          {
            path: ["foundation", "assumeRoleArn"],
            arn: assumeRoleArn,
            account: ofAccount(accountId, "accountId"),
          },
        ]),
    ...people.flatMap((key) =>
      cluster.kind === "create"
        ? cluster[key].map((arn, at) => ({ path: ["foundation", "cluster", key, at], arn }))
        : [],
    ),
    ...(access?.certificate?.kind === "adopt"
      ? [{ path: ["access", "certificate", "arn"], arn: access.certificate.arn, account: own }]
      : []),
    ...(governance?.permissionsBoundaryArn === undefined
      ? []
      : [{ path: ["governance", "permissionsBoundaryArn"], arn: governance.permissionsBoundaryArn, account: own }]),
    ...Object.entries(data?.sources ?? {}).flatMap(([name, { keyArn }]) =>
      keyArn === undefined
        ? []
        : [
            {
              path: ["data", "sources", name, "keyArn"],
              arn: keyArn,
              region: inRegion("where its bucket is: objects of a bucket have a key of its region"),
            },
          ],
    ),
    ...Object.entries(monitoring?.receivers ?? {}).flatMap(([name, receiver]) =>
      receiver.kind === "sns"
        ? [
            {
              path: ["monitoring", "receivers", name, "topicArn"],
              arn: receiver.topicArn,
              ...(alarmed ? { region: inRegion("where the alarms of endpoints are, which reach no other's") } : {}),
            },
          ]
        : [],
    ),
    ...Object.entries(promotion?.producers ?? {}).map(([stack, { keyArn, region }]) => ({
      path: ["promotion", "producers", stack, "keyArn"],
      arn: keyArn,
      region: { name: region, is: "where its bucket is", at: ["promotion", "producers", stack, "region"] },
    })),
  ];
}
