/** Namespace of all models: the host name `<model>.models.svc` is what callers in the cluster write. */
export const modelsNamespace = "models";
