#!/usr/bin/env bash
# Asks an endpoint what the repository's smoke/request.json asks, and wants an answer in JSON.
# Needs ENDPOINT_NAME.
set -euo pipefail
[ -f smoke/request.json ] || {
  echo "smoke/request.json is missing: put a request there that the model has to answer." >&2
  exit 1
}
answer=$(mktemp)
aws sagemaker-runtime invoke-endpoint --endpoint-name "$ENDPOINT_NAME" --content-type application/json \
  --accept application/json --body fileb://smoke/request.json "$answer" >/dev/null
python3 -I -c 'import json, sys; answer = json.load(open(sys.argv[1])); sys.exit(0 if answer else "the answer is empty")' "$answer"
echo "$ENDPOINT_NAME answers."
