import { codeCommitRegion } from "../../lib/gitAddress";
import { trainedOnAws } from "../engines";
import { hasCluster } from "../needs";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** What nodes, controllers and the platform's pods call in every created cluster. */
const alwaysCalled = [
  "s3",
  "ecr.api",
  "ecr.dkr",
  "ec2",
  "eks",
  "eks-auth",
  "sts",
  "logs",
  "secretsmanager",
  "elasticloadbalancing",
  "kms",
] as const;

/** https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-vpe-create-access.html */
const calledByMwaa = ["sqs", "logs", "monitoring", "kms", "airflow.api", "airflow.env", "airflow.ops"] as const;

/** Zones, ways out, and adopted subnets. */
export function networkRules(settings: Partial<Settings>): RuleProblem[] {
  const { foundation } = settings;
  if (foundation?.kind !== "aws") return [];
  const { network, region } = foundation;
  const path: Path = ["foundation", "network"];
  if (network.kind === "adopt") return adopted(settings, network, path);
  const problems: RuleProblem[] = [];
  if (foundation.cluster.kind === "adopt") {
    problems.push({
      path: [...path, "kind"],
      value: network.kind,
      allowed: "adopt, since an adopted cluster stands in a VPC already",
      remedy: `write network: { kind: adopt, vpcId: …, privateSubnetIds: […] } with the VPC of ${foundation.cluster.name}`,
      restsOn: [["foundation", "cluster", "kind"]],
    });
  }
  if (typeof network.zones !== "number") {
    network.zones.forEach((zone, at, all) => {
      if (zone.slice(0, -1) !== region) {
        problems.push({
          path: [...path, "zones", at],
          value: zone,
          allowed: `a zone of ${region}`,
          remedy: `write ${region}${zone.at(-1)}`,
          restsOn: [["foundation", "region"]],
        });
      }
      if (all.indexOf(zone) < at)
        problems.push({ path: [...path, "zones", at], value: zone, allowed: "each zone once", remedy: "remove it" });
    });
  }
  if (network.nat === "none") {
    const missing = needed(settings).filter((service) => !(network.endpoints as string[]).includes(service));
    if (missing.length > 0) {
      problems.push({
        path: [...path, "endpoints"],
        value: network.endpoints,
        allowed: `with nat: none, every service in use; missing are ${missing.join(", ")}`,
        remedy: `write endpoints: [${[...network.endpoints, ...missing].join(", ")}], or nat: single`,
        restsOn: [[...path, "nat"]],
      });
    }
  }
  return problems;
}

/** Services that a stack without a way out must reach by endpoint. */
function needed(settings: Partial<Settings>): string[] {
  // Containers of SageMaker read and write buckets, and are let to nothing else.
  if (!hasCluster(settings)) return ["s3"];
  const { foundation, airflow, models, monitoring, training } = settings;
  const services: string[] = [...alwaysCalled];
  if (foundation?.kind === "aws" && foundation.cluster.kind === "create") {
    const { cluster } = foundation;
    if (cluster.sharedStorage) services.push("elasticfilesystem");
    if (cluster.scaling.kind === "nodeGroups") services.push("autoscaling");
    else services.push("ssm", "sqs");
  }
  const list = Object.values(models ?? {});
  if (list.some(({ serve }) => serve.sagemaker !== undefined)) services.push("sagemaker.api", "sagemaker.runtime");
  if (
    list.some(
      ({ serve, release }) => release === "continuous" && (serve.sagemaker?.kind ?? "serverless") !== "serverless",
    )
  )
    services.push("application-autoscaling", "monitoring"); // The release controller moves endpoints to other instances.
  if (list.some(({ training: loop }) => trainedOnAws(loop))) services.push("sagemaker.api", "states");
  if (list.some(({ training: loop }) => loop?.onDrift || loop?.onDecay)) services.push("events");
  if (list.some(({ monitor }) => monitor?.modelQuality)) services.push("monitoring");
  if (monitoring?.cloudWatch) services.push("monitoring");
  if (Object.values(monitoring?.receivers ?? {}).some(({ kind }) => kind === "email" || kind === "sns")) {
    services.push("sns");
  }
  if (airflow?.executor.kind === "mwaa") services.push(...calledByMwaa);
  else if (airflow?.dags.kind === "git" && codeCommitRegion(airflow.dags.repository) !== undefined) {
    services.push("git-codecommit");
  }
  // The history of features is a table that Athena reads.
  if (Object.values(settings.models ?? {}).some(({ training: loop }) => loop?.features?.loop === "read"))
    services.push("athena");
  if (training?.featureStore === "onlineAndOffline") services.push("sagemaker.featurestore-runtime");
  return [...new Set(services)];
}

function adopted(
  { access }: Partial<Settings>,
  network: { privateSubnetIds: string[]; publicSubnetIds: string[]; databaseSubnetIds?: string[] | undefined },
  path: Path,
): RuleProblem[] {
  const problems: RuleProblem[] = [];
  for (const key of ["privateSubnetIds", "publicSubnetIds", "databaseSubnetIds"] as const) {
    network[key]?.forEach((id, at, all) => {
      if (all.indexOf(id) < at)
        problems.push({ path: [...path, key, at], value: id, allowed: "each subnet once", remedy: "remove it" });
    });
  }
  if (access?.visibility === "internetFacing" && network.publicSubnetIds.length === 0) {
    problems.push({
      path: ["access", "visibility"],
      value: "internetFacing",
      allowed: "internal, while foundation.network.publicSubnetIds is empty",
      remedy: "write visibility: internal, or list the public subnets",
      restsOn: [[...path, "publicSubnetIds"]],
    });
  }
  return problems;
}
