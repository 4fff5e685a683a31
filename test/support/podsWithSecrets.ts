/** A pod as the API server has it, every default filled in. */
export const pod = (spec: object) => ({
  spec: { serviceAccountName: "airflow-worker", containers: [{ name: "base", image: "a:1" }], ...spec },
});
const mounting = (volume: object) => pod({ volumes: [{ name: "logs", emptyDir: {} }, volume] });
const having = (container: object) => pod({ containers: [{ name: "base", image: "a:1", ...container }] });
const asked = (name: string) => ({ valueFrom: { secretKeyRef: { name, key: "k" } }, name: "A" });

/** Every way in which a pod gets at a Secret. */
export const ways: Record<string, (secret: string) => object> = {
  "a volume": (secretName) => mounting({ name: "s", secret: { secretName } }),
  "a projected volume": (name) =>
    mounting({ name: "s", projected: { sources: [{ configMap: { name: "c" } }, { secret: { name } }] } }),
  "a variable": (name) =>
    having({
      env: [{ name: "B", value: "b" }, { name: "F", valueFrom: { fieldRef: { fieldPath: "x" } } }, asked(name)],
    }),
  "all variables": (name) => having({ envFrom: [{ configMapRef: { name: "c" } }, { secretRef: { name } }] }),
  "a variable of an init container": (name) =>
    pod({ initContainers: [{ name: "i", image: "a:1", env: [asked(name)] }] }),
  "all variables of an init container": (name) =>
    pod({ initContainers: [{ name: "i", image: "a:1", envFrom: [{ secretRef: { name } }] }] }),
};
