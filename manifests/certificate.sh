#!/bin/sh
# Prints the Secret with the intake's certificate and its authority, valid for ten years. Run it once:
#
#     sh manifests/certificate.sh | kubectl apply -f -
#
# Trials that run have the authority from their start, so another one would cut them off.
set -eu
namespace=${1:-sweepjob-system}
host=sweepjob.$namespace.svc
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

openssl ecparam -name prime256v1 -genkey -noout -out ca.key
openssl req -x509 -new -key ca.key -days 3650 -subj /CN=sweepjob-intake -out ca.crt \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
openssl ecparam -name prime256v1 -genkey -noout -out tls.key
openssl req -new -key tls.key -subj "/CN=$host" -out tls.csr
printf 'subjectAltName=DNS:%s,DNS:%s.cluster.local\nextendedKeyUsage=serverAuth\n' "$host" "$host" > names
printf 'keyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' >> names
openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile names \
  -out tls.crt 2> /dev/null

encoded() { base64 < "$1" | tr -d '\n'; }
cat << END
apiVersion: v1
kind: Secret
metadata:
  name: sweepjob-intake
  namespace: $namespace
type: kubernetes.io/tls
data:
  ca.crt: $(encoded ca.crt)
  tls.crt: $(encoded tls.crt)
  tls.key: $(encoded tls.key)
END
