{{- define "leader-elector.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* At most 50 characters, so that every name made of it is below 63. */}}
{{- define "leader-elector.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/*
Kubernetes' own namespaces, which webhook and operator leave alone whatever stands there: as texts of a list, in CEL and
in YAML. The program has the same list (isProtected() in injector/cluster).
*/}}
{{- define "leader-elector.protected" -}}
'kube-system', 'kube-public', 'kube-node-lease'
{{- end }}

{{/*
Labels that select Pods: those of the webhook (component injector) or of the operator. For ever the same, a Deployment's
selector cannot be changed. Called with (dict "context" . "component" NAME).
*/}}
{{- define "leader-elector.selectorLabels" -}}
app.kubernetes.io/name: {{ include "leader-elector.name" .context }}
app.kubernetes.io/instance: {{ .context.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Labels of every object. Called with (dict "context" . "component" NAME). */}}
{{- define "leader-elector.labels" -}}
{{- $ := .context -}}
helm.sh/chart: {{ printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "leader-elector.name" $ }}
app.kubernetes.io/instance: {{ $.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $.Release.Service }}
{{- with $.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "leader-elector.image" -}}
{{- $registry := (.Values.global).imageRegistry | default .Values.image.registry -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end }}{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Of a Pod: names of Secrets, as YAML; nothing where there are none. */}}
{{- define "leader-elector.imagePullSecrets" -}}
{{- with concat (.Values.imagePullSecrets | default list) ((.Values.global).imagePullSecrets | default list) }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "leader-elector.sidecarImage" -}}
{{- .Values.sidecar.image | default (include "leader-elector.image" .) }}
{{- end }}

{{/* The operator's. */}}
{{- define "leader-elector.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "leader-elector.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Without rights and without a token; where none is created, there may be no other than the operator's. */}}
{{- define "leader-elector.webhookServiceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- include "leader-elector.fullname" . }}-webhook
{{- else }}
{{- include "leader-elector.serviceAccountName" . }}
{{- end }}
{{- end }}

{{- define "leader-elector.operatorReplicas" -}}
{{- .Values.operator.replicas | default .Values.replicas }}
{{- end }}

{{/* The user name of the operator, as the API server sees it. */}}
{{- define "leader-elector.user" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "leader-elector.serviceAccountName" . }}
{{- end }}

{{/* The Secret with the webhook's certificate. */}}
{{- define "leader-elector.certificateSecret" -}}
{{- if eq .Values.certificates.mode "secret" }}{{ .Values.certificates.secret.name }}{{ else }}{{ include "leader-elector.fullname" . }}-tls{{ end }}
{{- end }}

{{/* A duration in Go's syntax, in milliseconds. */}}
{{- define "leader-elector.milliseconds" -}}
{{- $sum := 0.0 }}
{{- range regexFindAll "[0-9.]+(ms|h|m|s)" . -1 }}
{{- $unit := regexFind "[a-z]+" . }}
{{- $factor := get (dict "ms" 1.0 "s" 1000.0 "m" 60000.0 "h" 3600000.0) $unit }}
{{- $sum = addf $sum (mulf (trimSuffix $unit . | float64) $factor) }}
{{- end }}
{{- $sum }}
{{- end }}

{{/* The longest lease that a Pod may record, in seconds: what sidecars have by default is always allowed. */}}
{{- define "leader-elector.longestLease" -}}
{{- $longest := include "leader-elector.milliseconds" .Values.policies.longestLease | float64 }}
{{- $sidecar := include "leader-elector.milliseconds" (.Values.sidecar.leaseDuration | default "10s") | float64 }}
{{- divf (max $longest $sidecar) 1000.0 | int }}
{{- end }}

{{/*
CEL: two maps have the same entries, but for keys k of which `but` says so. Either "path" below variables.new and
variables.old, or "new" and "old".
*/}}
{{- define "leader-elector.same" -}}
{{- $new := .new | default (printf "variables.new.%s" .path) -}}
{{- $old := .old | default (printf "variables.old.%s" .path) -}}
({{ $new }}.all(k, {{ .but }} || (k in {{ $old }} && {{ $old }}[k] == {{ $new }}[k])) && {{ $old }}.all(k, {{ .but }} || k in {{ $new }}))
{{- end }}
