/** CPU of a quantity of Kubernetes in cores: `500m` is half a one. https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#meaning-of-cpu */
export const cores = (quantity: string) =>
  quantity.endsWith("m") ? Number(quantity.slice(0, -1)) / 1000 : Number(quantity);
