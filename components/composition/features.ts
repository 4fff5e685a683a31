import type { LoopFeatures } from "../contracts/features";
import { stackName } from "../foundation/awsProvider";
import { lookUpFeatures } from "../identity/policies/features";
import { catalogDatabaseName, featuresTableName, featuresWorkgroupName } from "../lib/catalogDatabaseName";
import { featureGroupName } from "../lib/featureGroupName";
import { modelsSecrets } from "../serving/modelsSpace";
import { describedFeatures } from "../settings/features";
import type { ModelTrainingSettings } from "../settings/modelTraining";
import type { Settings } from "../settings/settings";
import { onStore } from "./storeStatements";
import type { CloudContext } from "./surroundings";

type Declaring = Pick<ModelTrainingSettings, "features"> | undefined;

/** What the loop of a model does with its group; absent where it does nothing. */
export function loopFeatures(
  { foundation }: Pick<Settings, "foundation">,
  stack: string,
  model: string,
  training: Declaring,
): LoopFeatures | undefined {
  const features = training?.features;
  if (features === undefined || features.loop === "none") return undefined;
  const history = {
    databaseName: catalogDatabaseName(stack),
    tableName: featuresTableName(model),
    workgroupName: featuresWorkgroupName(stack, model),
  };
  // What only publishes asks for no history.
  const place = features.loop === "read" ? `${history.databaseName}/${history.workgroupName}` : "";
  return {
    does: features.loop,
    group: describedFeatures(stack, model, features, foundation.kind === "aws"),
    ...(foundation.kind === "aws" ? { store: `sagemaker://${place}` } : {}),
    groupName: featureGroupName(stack, model),
    history,
  };
}

/** What the server of a model is told, and what it may or signs in by, to look features up; absent where it looks none up. */
export function lookedUp({ foundation, settings }: CloudContext, model: string, training: Declaring) {
  const features = training?.features;
  if (!features?.lookup) return undefined;
  const { aws } = foundation;
  const stack = stackName();
  const groupName = featureGroupName(stack, model);
  const database = settings.training?.featureDatabase;
  return {
    group: describedFeatures(stack, model, features, aws !== undefined),
    ...(aws
      ? { statements: onStore(foundation.stores.data, ({ keyArn }) => lookUpFeatures(aws.account, groupName, keyArn)) }
      : {}),
    ...(database ? { database: { secretName: modelsSecrets.features, portNumber: database.portNumber } } : {}),
  };
}

/** Address by which model servers look features up in PostgreSQL; absent where none does. */
export function lookupAddress({ foundation, settings }: CloudContext) {
  const database = settings.training?.featureDatabase;
  const looks = Object.values(settings.models ?? {}).some(({ training }) => training?.features?.lookup);
  return database && looks ? foundation.readSecret(database.readerSecretName, "url") : undefined;
}

/** The same for loops that publish or read, with their models. */
export function loopAddress({ foundation, settings }: CloudContext) {
  const database = settings.training?.featureDatabase;
  const models = Object.entries(settings.models ?? {}).flatMap(([model, { training }]) =>
    (training?.features?.loop ?? "none") === "none" ? [] : [model],
  );
  if (!database || models.length === 0) return undefined;
  return { url: foundation.readSecret(database.writerSecretName, "url"), portNumber: database.portNumber, models };
}
