/** Of the chart, from which the scheduler makes pods of tasks. */
const chartTemplate = "files/pod-template-file.kubernetes-helm-yaml";

/**
 * The chart's template of a task's pod without what only Airflow itself may hold. It brings the Fernet key, the key of sessions and
 * the database's address as variables, none of which a task of Airflow 3 needs: it asks the API server, with a token for that one
 * task. The options of Airflow come as variables too, since the ConfigMap with them is in another namespace.
 * @see https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/overview.html
 */
export function workerPodTemplate({ environmentConfigMap }: { environmentConfigMap: string }): string {
  const environment = `- configMapRef:\n    name: ${environmentConfigMap}\n`;
  return `
{{- $root := . }}
{{- $values := deepCopy .Values }}
{{- $_ := set $values "enableBuiltInSecretEnvVars" dict }}
{{- $_ := set $values "extraEnvFrom" ${JSON.stringify(environment)} }}
{{- $scope := dict "Values" $values "Release" .Release "Chart" .Chart "Capabilities" .Capabilities "Files" .Files "Template" .Template }}
{{- $pod := tpl (.Files.Get "${chartTemplate}") $scope | fromYaml }}
{{- $options := list }}
{{- range $section, $settings := .Values.config }}
{{- range $option, $value := $settings }}
{{- $variable := printf "AIRFLOW__%s__%s" ($section | upper | replace "." "_" | replace "-" "_") ($option | upper) }}
{{- $options = append $options (dict "name" $variable "value" (tpl ($value | toString) $root)) }}
{{- end }}
{{- end }}
{{- if not (hasKey (.Values.config.core | default dict) "execution_api_server_url") }}
{{- $path := "" }}
{{- with .Values.config.api }}{{ with .base_url }}{{ with urlParse . }}{{ $path = trimSuffix "/" .path }}{{ end }}{{ end }}{{ end }}
{{- $address := printf "http://%s-api-server.%s.svc:%d%s/execution/" (include "airflow.fullname" .) .Release.Namespace (int .Values.ports.apiServer) $path }}
{{- $options = append $options (dict "name" "AIRFLOW__CORE__EXECUTION_API_SERVER_URL" "value" $address) }}
{{- end }}
{{- range $container := concat $pod.spec.containers ($pod.spec.initContainers | default list) }}
{{- $mounts := list }}
{{- range $container.volumeMounts }}
{{- if not (and (eq .name "config") (has .subPath (list "airflow.cfg" "airflow_local_settings.py"))) }}{{ $mounts = append $mounts . }}{{ end }}
{{- end }}
{{- $_ := set $container "volumeMounts" $mounts }}
{{- if eq $container.name "base" }}
{{- $own := list }}
{{- range $container.env }}{{ $own = append $own .name }}{{ end }}
{{- $more := list }}
{{- range $options }}{{ if not (has .name $own) }}{{ $more = append $more . }}{{ end }}{{ end }}
{{- $_ := set $container "env" (concat ($container.env | default list) $more) }}
{{- end }}
{{- end }}
{{- $volumes := list }}
{{- range $pod.spec.volumes }}{{ if or (ne .name "config") $root.Values.dags.gitSync.knownHosts }}{{ $volumes = append $volumes . }}{{ end }}{{ end }}
{{- $_ := set $pod.spec "volumes" $volumes }}
{{ toYaml $pod }}
`.trimStart();
}
