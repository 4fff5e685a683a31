import * as pulumi from "@pulumi/pulumi";
import type { AwsFacts } from "../contracts/foundation";
import { Catalog } from "../data/catalog";
import { Crawler } from "../data/crawler";
import { FeatureGroup } from "../data/featureGroup";
import { stackName } from "../foundation/awsProvider";
import type { StudioScope } from "../identity/policies/studio";
import { catalogDatabaseName, featuresTableName, featuresWorkgroupName } from "../lib/catalogDatabaseName";
import type { Dependency } from "../lib/dependencies";
import { featureGroupName } from "../lib/featureGroupName";
import { hasPipelines } from "../settings/engines";
import { hasCatalog } from "../settings/needs";
import { training } from "../settings/training";
import { Examples } from "../studio/examples";
import { Notebook } from "../studio/notebook";
import { Studio } from "../studio/studio";
import { batchModels } from "./batch";
import { type DataQualityGround, installDataQuality } from "./dataQuality";
import { loopsOf } from "./loopSpec";
import { peoplesLogs } from "./readableLogs";
import { sourcesOf } from "./sources";
import { onStore } from "./storeStatements";
import type { CloudContext } from "./surroundings";

/** What the section `training` adds for all models together. */
export interface TrainingSection {
  ready: Dependency[];
  outputs: Record<string, pulumi.Input<unknown>>;
  /** Of Studio, where there is one. */
  domainId?: pulumi.Output<string>;
}

/** Folders of the data bucket that are looked through for tables, each with the beginning of their names. */
const crawled = [
  { key: "data", folder: "data/", tablePrefix: "data_", exclusions: [] },
  // Beside the records of runs lies what is known of the champion.
  { key: "runs", folder: "metadata/", tablePrefix: "runs_", exclusions: ["*/champion.json"] },
];

/** Makes what the section `training` promises beside the loops; on AWS alone. */
export function installTrainingSection(
  name: string,
  context: CloudContext,
  ground: DataQualityGround,
  opts: pulumi.ComponentResourceOptions,
): TrainingSection {
  const made: TrainingSection = { ready: [], outputs: {} };
  const catalog = installCatalog(name, context, opts, made);
  if (catalog)
    Object.assign(made.outputs, { catalogDatabase: catalog.databaseName, athenaWorkgroup: catalog.workgroupName });
  const groups = installFeatures(name, context, catalog, opts, made);
  installStudio(name, context, catalog, groups, opts, made);
  made.ready.push(...installDataQuality(name, context, ground, opts));
  return made;
}

function installCatalog(
  name: string,
  { settings, foundation }: CloudContext,
  opts: pulumi.ComponentResourceOptions,
  made: TrainingSection,
): Catalog | undefined {
  const batch = batchModels(settings);
  const { catalog: asked } = settings.training ?? training.parse({});
  const { aws } = foundation;
  if (aws === undefined || !hasCatalog(settings)) return undefined;
  const store = foundation.stores.data;
  const catalog = new Catalog(
    `${name}-catalog`,
    {
      databaseName: catalogDatabaseName(stackName()),
      workgroupName: stackName(),
      store,
      scanLimitGiB: asked.scanLimitGiB,
      predictions: Object.fromEntries(
        batch.map(([model, block]) => [model, block.with === "kubernetes" ? "parquet" : "jsonLines"]),
      ),
    },
    // It held predictions alone once. Under its old name the database is kept, which no second one could be called after.
    pulumi.mergeOptions(opts, {
      aliases: [{ name: `${name}-predictions`, type: "mlplatform:serving:PredictionCatalog" }],
    }),
  );
  made.ready.push(catalog);
  if (settings.training === undefined) return catalog;
  for (const { key, ...folder } of crawled) {
    const crawler = new Crawler(
      `${name}-catalog-${key}`,
      {
        account: aws.account,
        databaseName: catalog.databaseName,
        store,
        schedule: asked.crawlSchedule,
        ...folder,
      },
      opts,
    );
    made.ready.push(crawler);
  }
  return catalog;
}

/** A feature group for each model that declares features. */
function installFeatures(
  name: string,
  { settings, foundation }: CloudContext,
  catalog: Catalog | undefined,
  opts: pulumi.ComponentResourceOptions,
  made: TrainingSection,
): string[] {
  const { aws } = foundation;
  const {
    featureStore: kept,
    catalog: { scanLimitGiB },
  } = settings.training ?? training.parse({});
  if (aws === undefined || kept === "none") return [];
  const groups: Record<string, { name: pulumi.Output<string>; table?: string }> = {};
  for (const [model, { training: loop }] of Object.entries(settings.models ?? {})) {
    if (loop?.features === undefined) continue;
    const tableName = featuresTableName(model);
    const group = new FeatureGroup(
      `${name}-features-${model}`,
      {
        account: aws.account,
        model,
        groupName: featureGroupName(stackName(), model),
        store: foundation.stores.data,
        ...{ entity: loop.features.entity, eventTime: loop.features.eventTime, columns: loop.features.columns },
        online: kept === "onlineAndOffline",
        ...(catalog ? { table: { databaseName: catalog.databaseName, name: tableName } } : {}),
        ...(catalog && loop.features.loop === "read"
          ? { queries: { workgroupName: featuresWorkgroupName(stackName(), model), scanLimitGiB } }
          : {}),
      },
      opts,
    );
    made.ready.push(group);
    groups[model] = { name: group.groupName, ...(catalog ? { table: tableName } : {}) };
  }
  made.outputs.featureGroups = groups;
  return Object.keys(groups).map((model) => featureGroupName(stackName(), model));
}

/** A place to work in, with what the stack has; without a route to the internet. */
function installStudio(
  name: string,
  context: CloudContext,
  catalog: Catalog | undefined,
  featureGroups: string[],
  opts: pulumi.ComponentResourceOptions,
  made: TrainingSection,
): void {
  const { settings, foundation } = context;
  const { aws } = foundation;
  const { studio: asked } = settings.training ?? {};
  if (aws === undefined || !asked?.enabled) return;
  const { data } = foundation.stores;
  const models = Object.entries(settings.models ?? {});
  const scope = onStore(data, (store) => ({
    stackName: stackName(),
    store,
    ...(catalog ? { catalog: { databaseName: catalogDatabaseName(stackName()), workgroupName: stackName() } } : {}),
    pipelines: hasPipelines(settings.models),
    featureGroups,
    trained: loopsOf(settings).map(([model]) => model),
    endpointNames: models.some(([, { serve }]) => serve.sagemaker) ? [`${stackName()}-*`] : [],
    sources: sourcesOf(settings, asked.reads),
    podLogs: peoplesLogs(settings),
  }));
  const studio = new Studio(
    `${name}-studio`,
    {
      account: aws.account,
      domainName: stackName(),
      network: { vpcId: aws.vpcId, cidrs: aws.cidrs, subnetIds: aws.privateSubnetIds },
      ...(data.keyArn ? { keyArn: data.keyArn } : {}),
      users: asked.users,
      idleMinutes: asked.idleMinutes,
      keepHomes: settings.foundation.dataProtection,
      scope,
    },
    opts,
  );
  made.ready.push(studio);
  made.domainId = studio.domainId;
  Object.assign(made.outputs, { studioDomainId: studio.domainId, studioUrl: studio.url });
  made.ready.push(...installNotebooks(`${name}-notebook`, context, aws, studio, scope, opts, made));
}

/** Notebook instances beside Studio, in the first private subnet, with the examples. */
function installNotebooks(
  name: string,
  { settings, foundation }: CloudContext,
  aws: AwsFacts,
  studio: Studio,
  scope: pulumi.Input<StudioScope>,
  opts: pulumi.ComponentResourceOptions,
  made: TrainingSection,
): Dependency[] {
  const asked = Object.entries(settings.training?.studio.notebooks ?? {});
  if (asked.length === 0) return [];
  const store = foundation.stores.data;
  const archive = new Examples(`${name}-examples`, { bucketName: store.bucketName }, opts);
  const notebooks = asked.map(
    ([notebook, { role, instanceType, volumeGiB }]) =>
      new Notebook(
        `${name}-${notebook}`,
        {
          account: aws.account,
          instanceName: `${stackName()}-${notebook}`,
          ...{ role, instanceType, volumeGiB, store, scope },
          subnetId: pulumi.output(aws.privateSubnetIds).apply(([first]) => first!),
          securityGroupId: studio.securityGroupId,
          examples: archive.object,
        },
        opts,
      ),
  );
  made.outputs.notebooks = Object.fromEntries(asked.map(([notebook], at) => [notebook, notebooks[at]!.instanceName]));
  return [archive, ...notebooks];
}
