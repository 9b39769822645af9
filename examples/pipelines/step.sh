#!/bin/sh
# A sweep as a step of a shell script: create it, wait for its end, and go on with the best parameters.
#
#   sh step.sh SWEEP.yaml OUTPUTS
#
# Needs kubectl 1.31 or later. Writes OUTPUTS/best.json, OUTPUTS/value and OUTPUTS/trial.
set -eu
mkdir -p "$2"
sweep=$(kubectl create -f "$1" -o name)
# Both ends have a completion time.
kubectl wait "$sweep" --for=jsonpath='{.status.completionTime}' --timeout="${TIMEOUT:-2h}"
phase=$(kubectl get "$sweep" -o jsonpath='{.status.phase}')
if [ "$phase" != Complete ]; then
  kubectl get "$sweep" -o jsonpath='{.status.conditions[?(@.type=="Failed")].message}{"\n"}' >&2
  exit 1
fi
kubectl get "$sweep" -o jsonpath='{.status.best.parameters}' > "$2/best.json"
kubectl get "$sweep" -o jsonpath='{.status.best.value}' > "$2/value"
kubectl get "$sweep" -o jsonpath='{.status.best.trial}' > "$2/trial"
