import type * as pulumi from "@pulumi/pulumi";
import type { Dependency } from "../lib/dependencies";
import { installBackup } from "./backup";
import { installTransforms } from "./batch";
import { installBudget } from "./budget";
import { watchCloud } from "./cloudWatch";
import type { Applications } from "./composition";
import { installEndpointEnds } from "./endpointEnds";
import { installMissedStarts } from "./missedStarts";
import { alertTopics } from "./monitoring";
import { installOffHours } from "./offHours";
import { installSageMaker } from "./sagemaker";
import { packagesAsTheyAre } from "./sagemakerPackages";
import type { ServedModel } from "./serving";
import type { CloudContext } from "./surroundings";
import { installTrainingSection } from "./trainingSection";

/** What a stack without a cluster holds: all that AWS runs by itself. */
export function installWithoutCluster(
  name: string,
  given: Omit<CloudContext, "missedStartsArn">,
  opts: pulumi.ComponentResourceOptions,
): Applications {
  const { settings, foundation } = given;
  if (foundation.aws === undefined) throw new Error("only on AWS anything runs without a cluster");
  const topics = settings.monitoring ? alertTopics(name, foundation.aws, settings.monitoring, opts) : {};
  const missed = installMissedStarts(name, given, topics, opts);
  const context: CloudContext = { ...given, ...(missed ? { missedStartsArn: missed.queueArn } : {}) };
  const packages = packagesAsTheyAre(settings, foundation.aws.account);
  const onSageMaker = installSageMaker(name, context, { packages, topics }, opts);
  const ends = installEndpointEnds(name, context, { topics, served: onSageMaker.ready }, opts);
  const batch = installTransforms(name, context, { topics, sagemaker: onSageMaker.batch }, opts);
  const section = installTrainingSection(name, context, { topics, served: onSageMaker.ready }, opts);
  const budget = installBudget(
    name,
    context,
    {
      topics,
      ...(section.domainId === undefined ? {} : { domainId: section.domainId }),
      after: [...onSageMaker.ready, ...section.ready],
    },
    opts,
  );
  const backup = installBackup(`${name}-backup`, context, topics, opts);
  const models = Object.fromEntries(
    Object.entries(onSageMaker.endpoints).map(
      ([model, { name: sagemakerEndpoint, url: sagemakerUrl }]): [string, ServedModel] => [
        model,
        { sagemakerEndpoint, sagemakerUrl },
      ],
    ),
  );
  const ready: Dependency[] = [
    ...Object.values(topics),
    ...(missed ? [missed] : []),
    ...[...onSageMaker.ready, ...ends.ready, ...batch.ready, ...section.ready, ...budget.ready, ...backup.ready],
    ...installOffHours(name, context, { topics, after: section.ready }, opts),
    ...watchCloud(name, context, { machines: [...batch.machines, ...ends.machines, ...budget.machines], topics }, opts),
  ];
  return {
    ready,
    outputs: {
      ...(Object.keys(settings.models ?? {}).length > 0 ? { models } : {}),
      ...section.outputs,
      ...backup.outputs,
    },
  };
}
