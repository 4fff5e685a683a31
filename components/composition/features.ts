import type { LoopFeatures } from "../contracts/features";
import type { AwsFacts, ObjectStore } from "../contracts/foundation";
import { lookUpFeatures } from "../identity/policies/features";
import { catalogDatabaseName, featuresTableName } from "../lib/catalogDatabaseName";
import { featureGroupName } from "../lib/featureGroupName";
import { describedFeatures } from "../settings/features";
import type { ModelTrainingSettings } from "../settings/modelTraining";
import { onStore } from "./storeStatements";

type Declaring = Pick<ModelTrainingSettings, "features"> | undefined;

/** What the loop of a model does with its group; absent where it does nothing. */
export function loopFeatures(stack: string, model: string, training: Declaring): LoopFeatures | undefined {
  const features = training?.features;
  if (features === undefined || features.loop === "none") return undefined;
  const history = {
    databaseName: catalogDatabaseName(stack),
    tableName: featuresTableName(model),
    workgroupName: stack,
  };
  return {
    does: features.loop,
    group: describedFeatures(stack, model, features),
    // What only publishes asks for no history.
    store: features.loop === "read" ? `sagemaker://${history.databaseName}/${history.workgroupName}` : "sagemaker://",
    groupName: featureGroupName(stack, model),
    history,
  };
}

/** What the server of a model is told, and what it may, to look features up; absent where it looks none up. */
export function lookedUp(stack: string, model: string, training: Declaring, aws: AwsFacts, store: ObjectStore) {
  const features = training?.features;
  if (!features?.lookup) return undefined;
  return {
    group: describedFeatures(stack, model, features),
    statements: onStore(store, ({ keyArn }) => lookUpFeatures(aws.account, featureGroupName(stack, model), keyArn)),
  };
}
