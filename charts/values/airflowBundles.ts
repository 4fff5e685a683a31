/** DAGs of the platform itself: a bundle of their own beside that of people, from a ConfigMap, so that no image and no repository holds them. */
export const platformBundle = {
  name: "platform",
  folder: "/opt/airflow/platform",
  /** What is read in the folder and no DAG: the kubelet keeps files of a ConfigMap in folders of such names, to which it links. */
  ignored: { file: ".airflowignore", text: "..*\n" },
} as const;

const localBundle = "airflow.dag_processing.bundles.local.LocalDagBundle";
/** The chart's own bundle, whatever fills the folder: an image, git-sync or a volume. */
const peoplesBundle = { name: "dags-folder", classpath: localBundle, kwargs: {} };

/** Lists of the chart that the bundle needs; whoever gives one of them replaces it whole. */
export const bundleValuePaths = [
  "dagProcessor.dagBundleConfigList",
  "config.dag_processor.dag_bundle_config_list",
  ...["dagProcessor", "triggerer", "workers", "workers.kubernetes", "workers.celery"].flatMap((component) => [
    `${component}.extraVolumes`,
    `${component}.extraVolumeMounts`,
  ]),
];

/** Values by which Airflow knows a second bundle, and its pods that read DAGs have its files. The scheduler and the API server read none. */
export function bundleValues(configMaps: readonly string[] = []) {
  const [first, ...more] = configMaps.map((name) => ({ configMap: { name } }));
  if (first === undefined) return { dagProcessor: {}, mounted: {} };
  const volume = more.length === 0 ? first : { projected: { sources: [first, ...more] } };
  const mounted = {
    extraVolumes: [{ name: "platform-dags", ...volume }],
    extraVolumeMounts: [{ name: "platform-dags", mountPath: platformBundle.folder, readOnly: true }],
  };
  const own = { name: platformBundle.name, classpath: localBundle, kwargs: { path: platformBundle.folder } };
  return { dagProcessor: { dagBundleConfigList: [peoplesBundle, own], ...mounted }, mounted };
}
