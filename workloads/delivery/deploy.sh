#!/usr/bin/env bash
# Approves a version and waits for what its release makes of it. A release that fails takes itself back: what was live stays.
# Needs PACKAGE_ARN, EXECUTION_ARN and COMMIT.
set -euo pipefail
pause="${PAUSE_SECONDS:-30}"

aws sagemaker update-model-package --model-package-arn "$PACKAGE_ARN" --model-approval-status Approved \
  --approval-description "pipeline of commit $COMMIT" >/dev/null
echo "Approved $PACKAGE_ARN"

# A look that fails says nothing of the release: it goes on, and is looked at again until the build times out.
while :; do
  status=$(aws stepfunctions describe-execution --execution-arn "$EXECUTION_ARN" --query status --output text) || status=""
  [ -z "$status" ] || [ "$status" = RUNNING ] || break
  sleep "$pause"
done
aws stepfunctions describe-execution --execution-arn "$EXECUTION_ARN" --query '[error, cause, output]' --output text || true
case "$status" in
SUCCEEDED) ;;
FAILED)
  echo "The release ended as FAILED: what was live before is live." >&2
  exit 1
  ;;
*)
  echo "The release ended as $status, and did not take itself back: see which version is live." >&2
  exit 1
  ;;
esac
