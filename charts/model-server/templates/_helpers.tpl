{{- define "model-server.name" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "model-server.model" -}}
{{- default (include "model-server.name" .) .Values.model.name -}}
{{- end -}}

{{- define "model-server.selector" -}}
app.kubernetes.io/name: model-server
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "model-server.labels" -}}
{{ include "model-server.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
mlplatform/model: {{ include "model-server.model" . }}
{{- end -}}

{{- define "model-server.serviceAccount" -}}
{{- default (include "model-server.name" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "model-server.image" -}}
{{- $image := .Values.image -}}
{{- $repository := required "image.repository: where the image model-server was pushed to" $image.repository -}}
{{- $tag := $image.tag | default (ternary "" .Chart.AppVersion (ne (default "" $image.digest) "")) -}}
{{- printf "%s%s%s" $repository (ternary (printf ":%s" $tag) "" (ne $tag "")) (ternary (printf "@%s" $image.digest) "" (ne (default "" $image.digest) "")) -}}
{{- end -}}

{{/* Given: root, track. */}}
{{- define "model-server.trackSelector" -}}
{{ include "model-server.selector" .root }}
mlplatform/track: {{ .track }}
{{- end -}}

{{/* Variables by the server's settings; those that are empty are the server's to choose. */}}
{{- define "model-server.env" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
- { name: MODEL_SERVER_NAME, value: {{ include "model-server.model" $root | quote }} }
- { name: MODEL_SERVER_TRACK, value: {{ .track }} }
{{- if $values.model.source }}
- { name: MODEL_SERVER_SOURCE, value: {{ $values.model.source | quote }} }
{{- else }}
- { name: MODEL_SERVER_RELEASE_FILE, value: /etc/model-server/release/release.json }
{{- end }}
{{- if and $values.canary.enabled (eq .track "stable") }}
- { name: MODEL_SERVER_CANARY_URL, value: "http://{{ include "model-server.name" $root }}-canary.{{ $root.Release.Namespace }}.svc:{{ $values.server.port }}" }
{{- end }}
- { name: MODEL_SERVER_PORT, value: {{ $values.server.port | quote }} }
- { name: MODEL_SERVER_METRICS_PORT, value: {{ $values.metrics.port | quote }} }
{{- range $variable, $value := dict "WORKERS" $values.server.workers "THREADS" $values.server.threads "TIMEOUT_MILLIS" $values.server.timeoutMillis "MAX_QUEUE" $values.server.maxQueue "BATCH_WAIT_MICROS" $values.server.batchWaitMicros "MAX_BATCH_ROWS" $values.server.maxBatchRows "MAX_BODY_MIB" $values.server.maxBodyMiB "DRAIN_SECONDS" $values.server.drainSeconds }}
{{- if ne (toString $value) "" }}
- { name: MODEL_SERVER_{{ $variable }}, value: {{ $value | toString | quote }} }
{{- end }}
{{- end }}
{{- if and $values.public.enabled (eq .track "stable") }}
- { name: MODEL_SERVER_PUBLIC_PORT, value: {{ $values.public.port | quote }} }
- { name: MODEL_SERVER_PUBLIC_PREFIX, value: {{ $values.public.prefix | quote }} }
- { name: MODEL_SERVER_TOKEN_FILE, value: /etc/model-server/token/token }
{{- end }}
{{- if gt ($values.samples.percent | float64) 0.0 }}
- { name: MODEL_SERVER_SAMPLE_PERCENT, value: {{ $values.samples.percent | toString | quote }} }
{{- end }}
- { name: HOME, value: /tmp }
- { name: PYTHONDONTWRITEBYTECODE, value: "1" }
{{- with $values.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The pods of one track. Given: root, track. */}}
{{- define "model-server.pod" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
metadata:
  labels: {{- include "model-server.labels" $root | nindent 4 }}
    mlplatform/track: {{ .track }}
    {{- with $values.podLabels }}{{- toYaml . | nindent 4 }}{{- end }}
  {{- with $values.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "model-server.serviceAccount" $root }}
  automountServiceAccountToken: {{ $values.serviceAccount.automountServiceAccountToken }}
  enableServiceLinks: false
  # What was taken in at the end of the drain has its whole time, and the prediction log is written out after that.
  terminationGracePeriodSeconds: {{ add $values.preStopSeconds $values.server.drainSeconds (div (add (int (default 10000 $values.server.timeoutMillis)) 999) 1000) 10 }}
  securityContext: {{- toYaml $values.podSecurityContext | nindent 4 }}
  {{- with $values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "model-server.trackSelector" $ | nindent 10 }}
    {{- end }}
  containers:
    - name: model-server
      image: {{ include "model-server.image" $root }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      env: {{- include "model-server.env" . | nindent 8 }}
      {{- with $values.envFrom }}
      envFrom: {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - { name: http, containerPort: {{ $values.server.port }} }
        {{- if and $values.public.enabled (eq .track "stable") }}
        - { name: public, containerPort: {{ $values.public.port }} }
        {{- end }}
        - { name: metrics, containerPort: {{ $values.metrics.port }} }
      # The process is up; which version it has, if any, is for readiness to say: a model that is not there yet is no reason to restart.
      startupProbe:
        httpGet: { path: /health/live, port: http }
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: {{ max 1 (div $values.startupSeconds 2) }}
      readinessProbe:
        httpGet: { path: /health/ready, port: http }
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 2
      livenessProbe:
        httpGet: { path: /health/live, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      lifecycle:
        preStop: { sleep: { seconds: {{ $values.preStopSeconds }} } }
      securityContext: {{- toYaml $values.securityContext | nindent 8 }}
      resources:
        {{- $resources := deepCopy $values.resources }}
        {{- if gt (int $values.gpus) 0 }}
        {{- $_ := set $resources "limits" (set (default dict $resources.limits) "nvidia.com/gpu" $values.gpus) }}
        {{- end }}
        {{- toYaml $resources | nindent 8 }}
      volumeMounts:
        - { name: tmp, mountPath: /tmp }
        {{- if not $values.model.source }}
        - { name: release, mountPath: /etc/model-server/release, readOnly: true }
        {{- end }}
        {{- if and $values.public.enabled (eq .track "stable") }}
        - { name: token, mountPath: /etc/model-server/token, readOnly: true }
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: { sizeLimit: {{ $values.temporaryStorage.sizeLimit }} }
    {{- if not $values.model.source }}
    - name: release
      configMap: { name: {{ default (printf "%s-release" (include "model-server.name" $root)) $values.model.releaseConfigMap }}, optional: true }
    {{- end }}
    {{- if and $values.public.enabled (eq .track "stable") }}
    - name: token
      secret: { secretName: {{ required "public.tokenSecretName: what is public asks for a token" $values.public.tokenSecretName }}, defaultMode: 0440 }
    {{- end }}
{{- end -}}

{{/* Where pods have GPUs there may be none for one more: it would wait for ever for the one that waits for it. */}}
{{- define "model-server.strategy" -}}
type: RollingUpdate
rollingUpdate: {{ if gt (int .Values.gpus) 0 }}{ maxUnavailable: 1, maxSurge: 0 }{{ else }}{ maxUnavailable: 0, maxSurge: 1 }{{ end }}
{{- end }}
