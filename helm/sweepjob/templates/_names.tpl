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

{{- define "sweepjob.intakeHost" -}}
{{ include "sweepjob.name" . }}.{{ .Release.Namespace }}.svc
{{- end }}
