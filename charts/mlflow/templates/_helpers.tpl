{{- define "mlflow.name" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "mlflow.selector" -}}
app.kubernetes.io/name: mlflow
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "mlflow.labels" -}}
{{ include "mlflow.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "mlflow.serviceAccount" -}}
{{- default (include "mlflow.name" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "mlflow.image" -}}
{{- printf "%s:%s" .Values.image.repository (default (printf "v%s-full" .Chart.AppVersion) .Values.image.tag) -}}
{{- end -}}

{{/* Changes with everything that decides what a migration does: a Job cannot be changed, so it needs another name. */}}
{{- define "mlflow.migrationJob" -}}
{{- $decides := list (include "mlflow.image" .) .Chart.Version .Values.migration .Values.mlflow.backendStoreUriFrom .Values.auth.databaseSecretName .Values.podSecurityContext .Values.securityContext .Values.nodeSelector .Values.tolerations .Values.imagePullSecrets .Values.serviceAccount (.Files.Get "files/schema.py") -}}
{{- printf "%s-migrate-%s" (include "mlflow.name" .) ($decides | toJson | sha256sum | trunc 8) -}}
{{- end -}}

{{/* Environment of every pod: the two databases, and nothing that calls home. */}}
{{- define "mlflow.commonEnv" -}}
- name: MLFLOW_BACKEND_STORE_URI
  valueFrom: {{- toYaml .Values.mlflow.backendStoreUriFrom | nindent 4 }}
- { name: MLFLOW_AUTH_CONFIG_PATH, value: /etc/mlflow/sign-in/auth.ini }
- { name: MLFLOW_DISABLE_TELEMETRY, value: "true" }
- { name: DO_NOT_TRACK, value: "true" }
- { name: MLFLOW_SERVER_ENABLE_JOB_EXECUTION, value: "false" }
- { name: PYTHONPATH, value: /etc/mlflow/python }
- { name: PYTHONDONTWRITEBYTECODE, value: "1" }
- { name: HOME, value: /tmp }
{{- end -}}

{{- define "mlflow.databaseEnvFrom" -}}
- secretRef: { name: {{ required "auth.databaseSecretName: the accounts need a database" .Values.auth.databaseSecretName }} }
{{- end -}}

{{- define "mlflow.commonMounts" -}}
- { name: tmp, mountPath: /tmp }
- { name: python, mountPath: /etc/mlflow/python, readOnly: true }
- { name: sign-in, mountPath: /etc/mlflow/sign-in, readOnly: true }
{{- end -}}

{{- define "mlflow.commonVolumes" -}}
- name: tmp
  emptyDir: {{ if .Values.temporaryStorage.sizeLimit }}{ sizeLimit: {{ .Values.temporaryStorage.sizeLimit }} }{{ else }}{}{{ end }}
- name: python
  configMap: { name: {{ include "mlflow.name" . }}-python }
- name: sign-in
  configMap: { name: {{ include "mlflow.name" . }}-sign-in }
{{- end -}}

{{- define "mlflow.podSettings" -}}
serviceAccountName: {{ include "mlflow.serviceAccount" . }}
automountServiceAccountToken: {{ .Values.serviceAccount.automountServiceAccountToken }}
enableServiceLinks: false
securityContext: {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Every form in which a pod may name the Service, and the pod's own address, by which Prometheus asks. */}}
{{- define "mlflow.allowedHosts" -}}
{{- $name := include "mlflow.name" . -}}
{{- $port := .Values.server.value_options.port -}}
{{- $hosts := list -}}
{{- range list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) (printf "%s.%s.svc.cluster.local" $name .Release.Namespace) -}}
{{- $hosts = append $hosts (printf "%s:%v" . $port) -}}
{{- end -}}
{{- $hosts = concat $hosts (list (printf "$(POD_IP):%v" $port) "localhost:*" "127.0.0.1:*") -}}
{{- with .Values.server.value_options.allowed_hosts -}}{{- $hosts = append $hosts . -}}{{- end -}}
{{- join "," $hosts -}}
{{- end -}}
