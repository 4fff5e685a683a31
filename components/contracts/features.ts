/** A model's group of features, as code is told of it that publishes it, trains on it, or answers with it. */

/** What a loop does with the group when it prepares data. */
export interface LoopFeatures {
  does: "publish" | "read";
  /** JSON, as workloads/mlplatform/src/mlplatform/feature_store/described.py reads it. */
  group: string;
  /** Address, as workloads/mlplatform/src/mlplatform/feature_store/__init__.py opens it; absent where a Secret has it. */
  store?: string;
  /** Of the group in SageMaker. */
  groupName: string;
  /** Where its history is asked for. */
  history: { databaseName: string; tableName: string; workgroupName: string };
}

/** Variables of what prepares data: workloads/training-template/src/training_template/group_features.py. */
export const featureVariables = (features: LoopFeatures | undefined): Record<string, string> =>
  features === undefined
    ? {}
    : {
        FEATURES: features.does,
        FEATURE_GROUP: features.group,
        ...(features.store === undefined ? {} : { [storeVariable]: features.store }),
      };

/** Variables with the address of a store that needs a password: of what prepares data, and of model servers. */
export const storeVariable = "FEATURE_STORE";
export const lookupStoreVariable = "MODEL_SERVER_FEATURES_STORE";

/** Variable by which a model server completes requests; its store is SageMaker's where nothing else is said. */
export const lookupVariable = "MODEL_SERVER_FEATURES";
