{{/*
What the Pods of both Deployments have in common. Called with (dict "context" . "component" NAME), as "leader-elector.labels".
*/}}
{{- define "leader-elector.replacement" -}}
{{- $ := .context -}}
revisionHistoryLimit: {{ $.Values.revisionHistoryLimit }}
strategy:
  {{- if $.Values.strategy }}
  {{- toYaml $.Values.strategy | nindent 2 }}
  {{- else }}
  {{- /* Ports of the nodes are taken while the one before has them. */}}
  {{- $takesPorts := include "leader-elector.hostNetwork" . }}
  type: RollingUpdate
  rollingUpdate:
    maxUnavailable: {{ ternary 1 0 (eq $takesPorts "true") }}
    maxSurge: {{ ternary 0 1 (eq $takesPorts "true") }}
  {{- end }}
selector:
  matchLabels:
    {{- include "leader-elector.selectorLabels" . | nindent 4 }}
{{- end }}

{{/* Only the webhook is called from outside of the Pods' network. */}}
{{- define "leader-elector.hostNetwork" -}}
{{- and .context.Values.hostNetwork (eq .component "injector") }}
{{- end }}

{{- define "leader-elector.podMetadata" -}}
{{- $ := .context -}}
labels:
  {{- include "leader-elector.labels" . | nindent 2 }}
  leader-elector.io/injector: "true"
  {{- with $.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $.Values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Of the Pod's spec all but its service account, containers and volumes. */}}
{{- define "leader-elector.podSpec" -}}
{{- $ := .context -}}
# Nobody has a token but the operator, who mounts one.
automountServiceAccountToken: false
enableServiceLinks: false
{{- include "leader-elector.imagePullSecrets" $ }}
{{- with $.Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $hostNetwork := eq (include "leader-elector.hostNetwork" .) "true" }}
{{- if $hostNetwork }}
hostNetwork: true
{{- end }}
{{- with $.Values.dnsPolicy | default (ternary "ClusterFirstWithHostNet" "" $hostNetwork) }}
dnsPolicy: {{ . }}
{{- end }}
{{- with $.Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
terminationGracePeriodSeconds: {{ $.Values.terminationGracePeriodSeconds }}
{{- with $.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
affinity:
  {{- if $.Values.affinity }}
  {{- toYaml $.Values.affinity | nindent 2 }}
  {{- else }}
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "leader-elector.selectorLabels" . | nindent 14 }}
  {{- end }}
topologySpreadConstraints:
  {{- if $.Values.topologySpreadConstraints }}
  {{- toYaml $.Values.topologySpreadConstraints | nindent 2 }}
  {{- else }}
  {{- $selectorLabels := include "leader-elector.selectorLabels" . }}
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- $selectorLabels | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
  {{- end }}
{{- with $.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
