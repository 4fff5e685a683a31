/** Namespace from which metrics are read; policies let it in where nothing else may read them. */
export const monitoringNamespace = "monitoring";
