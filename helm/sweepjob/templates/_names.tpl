{{- define "sweepjob.name" -}}
{{- if contains "sweepjob" .Release.Name }}{{ .Release.Name | trunc 50 }}{{ else }}{{ printf "%s-sweepjob" .Release.Name | trunc 50 }}{{ end }}
{{- end }}

{{- define "sweepjob.labels" -}}
app.kubernetes.io/name: sweepjob
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "sweepjob.selector" -}}
app.kubernetes.io/name: sweepjob
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* The page's pods must not be taken for the operator's: another name. */}}
{{- define "sweepjob.dashboardLabels" -}}
{{ include "sweepjob.dashboardSelector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "sweepjob.dashboardSelector" -}}
app.kubernetes.io/name: sweepjob-dashboard
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sweepjob.intakeHost" -}}
{{ include "sweepjob.name" . }}.{{ .Release.Namespace }}.svc
{{- end }}

{{- /* An image by its digest where there is one, by its tag otherwise. Takes the root and the image's values. */}}
{{- define "sweepjob.image" -}}
{{- $root := index . 0 }}{{- $image := index . 1 }}
{{- if $image.digest }}{{ $image.repository }}@{{ $image.digest }}{{ else }}{{ $image.repository }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end }}
{{- end }}

{{- /* The release of a binding by which another operator watches something; empty of any other binding. Takes the root
and the binding. */}}
{{- define "sweepjob.otherRelease" -}}
{{- $root := index . 0 }}{{- $binding := index . 1 }}
{{- $labels := $binding.metadata.labels | default dict }}
{{- $release := get $labels "app.kubernetes.io/instance" }}
{{- $role := $binding.roleRef }}
{{- $watches := and (eq $role.kind "ClusterRole") (not (hasSuffix "-tokens" $role.name)) }}
{{- if and $watches (eq (get $labels "app.kubernetes.io/name") "sweepjob") (ne $release $root.Release.Name) }}{{ $release }}{{ end }}
{{- end }}
