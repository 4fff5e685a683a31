#!/usr/bin/env bash
# Approves a version and waits for what its release makes of it. A release that fails takes itself back: what was live stays.
# Needs PACKAGE_ARN, EXECUTION_ARN and COMMIT.
set -euo pipefail
pause="${PAUSE_SECONDS:-30}"

aws sagemaker update-model-package --model-package-arn "$PACKAGE_ARN" --model-approval-status Approved \
  --approval-description "pipeline of commit $COMMIT" >/dev/null
echo "Approved $PACKAGE_ARN"

while status=$(aws stepfunctions describe-execution --execution-arn "$EXECUTION_ARN" --query status --output text) &&
  [ "$status" = RUNNING ]; do
  sleep "$pause"
done
aws stepfunctions describe-execution --execution-arn "$EXECUTION_ARN" --query '[error, cause, output]' --output text
[ "$status" = SUCCEEDED ] || {
  echo "The release ended as $status: what was live before is live." >&2
  exit 1
}
