{{/*
What the schema cannot say: refuses values that are well-formed and yet make no sense together, each with one sentence.
*/}}
{{- define "leader-elector.guards" -}}
{{- include "leader-elector.guardNamespace" . }}
{{- include "leader-elector.guardCertificates" . }}
{{- include "leader-elector.guardPods" . }}
{{- include "leader-elector.guardTimes" . }}
{{- end }}

{{- define "leader-elector.guardNamespace" -}}
{{- if contains (squote .Release.Namespace) (include "leader-elector.protected" .) }}
{{- fail (printf "leader-elector must not be released into %s: the webhook leaves Kubernetes' own namespaces alone, and the operator may write nothing there. Take a namespace of its own: --namespace leader-elector --create-namespace." .Release.Namespace) }}
{{- end }}
{{- end }}

{{- define "leader-elector.guardCertificates" -}}
{{- $certificates := .Values.certificates }}
{{- $injected := false }}
{{- range $key, $_ := .Values.webhook.annotations }}
{{- if hasPrefix "cert-manager.io/inject-ca-from" $key }}{{ $injected = true }}{{ end }}
{{- end }}
{{- if eq $certificates.mode "secret" }}
{{- if not $certificates.secret.name }}
{{- fail "certificates.mode is secret, so certificates.secret.name must name the Secret with tls.crt and tls.key." }}
{{- end }}
{{- if not (or $certificates.secret.caBundle $injected) }}
{{- fail "certificates.mode is secret, so certificates.secret.caBundle must be the PEM of the CA that signed the certificate, or webhook.annotations must have cert-manager.io/inject-ca-from or cert-manager.io/inject-ca-from-secret." }}
{{- end }}
{{- if and $certificates.secret.caBundle $injected }}
{{- fail "certificates.secret.caBundle and a cert-manager.io/inject-ca-from annotation in webhook.annotations exclude each other: two would write the webhook's caBundle." }}
{{- end }}
{{- else }}
{{- if or $certificates.secret.name $certificates.secret.caBundle }}
{{- fail (printf "certificates.secret is set, but certificates.mode is %s: set certificates.mode=secret to use it, or leave certificates.secret empty." $certificates.mode) }}
{{- end }}
{{- if $injected }}
{{- fail (printf "webhook.annotations has a cert-manager.io/inject-ca-from annotation, but with certificates.mode=%s somebody else writes the webhook's caBundle: use certificates.mode=secret or certManager." $certificates.mode) }}
{{- end }}
{{- end }}
{{- if and $certificates.certManager.issuerRef (ne $certificates.mode "certManager") }}
{{- fail (printf "certificates.certManager.issuerRef is set, but certificates.mode is %s: set certificates.mode=certManager to use it, or leave it empty." $certificates.mode) }}
{{- end }}
{{- if eq $certificates.mode "certManager" }}
{{- $duration := include "leader-elector.milliseconds" $certificates.certManager.duration | float64 }}
{{- $before := include "leader-elector.milliseconds" $certificates.certManager.renewBefore | float64 }}
{{- if ge $before $duration }}
{{- fail (printf "certificates.certManager.renewBefore %s must be less than certificates.certManager.duration %s." $certificates.certManager.renewBefore $certificates.certManager.duration) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "leader-elector.guardPods" -}}
{{- if eq (int .Values.webhook.port) (int .Values.webhook.healthPort) }}
{{- fail (printf "webhook.port and webhook.healthPort are both %d, and must differ: one process listens on both." (int .Values.webhook.port)) }}
{{- end }}
{{- if and .Values.operator.dashboard.enabled (eq (int .Values.operator.dashboard.port) (int .Values.operator.healthPort)) }}
{{- fail (printf "operator.dashboard.port and operator.healthPort are both %d, and must differ: one process listens on both." (int .Values.operator.healthPort)) }}
{{- end }}
{{- if .Values.hostNetwork }}
{{- range $value, $port := dict "webhook.port" (int .Values.webhook.port) "webhook.healthPort" (int .Values.webhook.healthPort) }}
{{- if has $port (list 10248 10249 10250 10255 10256) }}
{{- fail (printf "%s is %d and hostNetwork is true: on every node that port is the kubelet's or kube-proxy's, and the webhook would not start. Take another one, such as 8443, or leave hostNetwork false, so that the port is the Pod's own." $value $port) }}
{{- end }}
{{- end }}
{{- end }}
{{- if le (int .Values.terminationGracePeriodSeconds) (int .Values.webhook.shutdownDelaySeconds) }}
{{- fail (printf "terminationGracePeriodSeconds %d must be more than webhook.shutdownDelaySeconds %d: the webhook would be killed while it still answers." (int .Values.terminationGracePeriodSeconds) (int .Values.webhook.shutdownDelaySeconds)) }}
{{- end }}
{{- $budget := .Values.podDisruptionBudget }}
{{- $least := toString $budget.minAvailable }}
{{- $most := toString $budget.maxUnavailable }}
{{- $counts := dict "replicas" (int .Values.replicas) }}
{{- with .Values.operator.replicas }}{{ $_ := set $counts "operator.replicas" (int .) }}{{ end }}
{{- range $value, $replicas := $counts }}
{{- if and $budget.enabled (gt $replicas 1) }}
{{- if and (ne $least "") (ne $most "") }}
{{- fail (printf "podDisruptionBudget.minAvailable %s and podDisruptionBudget.maxUnavailable %s exclude each other: set one of them to \"\"." $least $most) }}
{{- end }}
{{- if and (eq $least "") (eq $most "") }}
{{- fail "podDisruptionBudget.enabled is true, so one of podDisruptionBudget.minAvailable and podDisruptionBudget.maxUnavailable must be set." }}
{{- end }}
{{- if or (eq $least "100%") (and (regexMatch "^[0-9]+$" $least) (ge (int $least) $replicas)) }}
{{- fail (printf "podDisruptionBudget.minAvailable %s with %s %d would let no node be drained: at most %s - 1." $least $value $replicas $value) }}
{{- end }}
{{- if has $most (list "0" "0%") }}
{{- fail (printf "podDisruptionBudget.maxUnavailable %s would let no node be drained: at least 1." $most) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The elector refuses such times when it starts; better that the release does. */}}
{{- define "leader-elector.guardTimes" -}}
{{- $sidecar := .Values.sidecar }}
{{- $lease := include "leader-elector.milliseconds" ($sidecar.leaseDuration | default "10s") | float64 }}
{{- $renew := include "leader-elector.milliseconds" ($sidecar.leaseRenewDuration | default "5s") | float64 }}
{{- $leaseText := $sidecar.leaseDuration | default "(the default) 10s" }}
{{- $renewText := $sidecar.leaseRenewDuration | default "(the default) 5s" }}
{{- if or (lt $lease 1000.0) (gt $lease 3600000.0) (ne $lease (mulf (floor (divf $lease 1000.0)) 1000.0)) }}
{{- fail (printf "sidecar.leaseDuration %s must be whole seconds, from 1s to 1h." $leaseText) }}
{{- end }}
{{- $longest := include "leader-elector.milliseconds" .Values.policies.longestLease | float64 }}
{{- if or (lt $longest 1000.0) (gt $longest 3600000.0) (ne $longest (mulf (floor (divf $longest 1000.0)) 1000.0)) }}
{{- fail (printf "policies.longestLease %s must be whole seconds, from 1s to 1h." .Values.policies.longestLease) }}
{{- end }}
{{- if gt $renew (mulf $lease 0.9) }}
{{- fail (printf "sidecar.leaseRenewDuration %s is more than 0.9 of sidecar.leaseDuration %s: two clocks that run at different rates could let two lead." $renewText $leaseText) }}
{{- end }}
{{- if $sidecar.retryPeriod }}
{{- if ge (include "leader-elector.milliseconds" $sidecar.retryPeriod | float64) $renew }}
{{- fail (printf "sidecar.retryPeriod %s must be less than sidecar.leaseRenewDuration %s: a leader would stop leading before it renews." $sidecar.retryPeriod $renewText) }}
{{- end }}
{{- end }}
{{- end }}
