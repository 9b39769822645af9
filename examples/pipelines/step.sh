#!/bin/sh
# A sweep as a step of a shell script: create it, wait for its end, and go on with the best parameters.
#
#   sh step.sh SWEEP.yaml OUTPUTS
#
# TIMEOUT is the longest time to wait, in seconds; two hours by default. Needs kubectl 1.31 or later.
# Writes OUTPUTS/best.json, OUTPUTS/value and OUTPUTS/trial.
set -eu
limit=${TIMEOUT:-7200}
case $limit in
  0?* | *[!0-9]*)
    echo "TIMEOUT is '$limit', but must be a whole number of seconds, such as 7200" >&2
    exit 2
    ;;
esac
mkdir -p "$2"
deadline=$(($(date +%s) + limit))
sweep=$(kubectl create -f "$1" -o name)
# Both ends have a completion time; kubectl looks at the sweep again and again.
until failure=$(
  kubectl wait "$sweep" --for=jsonpath='{.status.completionTime}' --timeout=20s 2>&1 > /dev/null
)
do
  # A sweep whose spec was refused has no end, and one that was deleted has no phase. The others are for a
  # kubectl that cannot wait, such as one that may not watch sweeps.
  phase=$(kubectl get "$sweep" -o jsonpath='{.status.phase}')
  case $phase in
    Complete | Failed | Invalid) break ;;
  esac
  if [ "$(date +%s)" -ge "$deadline" ]; then
    echo "$sweep has not ended in time: its phase is $phase; the last kubectl wait: $failure" >&2
    exit 1
  fi
  sleep 1
done
phase=$(kubectl get "$sweep" -o jsonpath='{.status.phase}')
if [ "$phase" != Complete ]; then
  kubectl get "$sweep" -o jsonpath='{.status.conditions[?(@.type=="Stalled")].message}{"\n"}' >&2
  exit 1
fi
kubectl get "$sweep" -o jsonpath='{.status.best.parameters}' > "$2/best.json"
kubectl get "$sweep" -o jsonpath='{.status.best.value}' > "$2/value"
kubectl get "$sweep" -o jsonpath='{.status.best.trial}' > "$2/trial"
