#!/usr/bin/env bash
# Starts a model's training and waits until a version waits for a decision: nothing is live before it.
# Needs MACHINE_ARN, PACKAGE_GROUP, COMMIT and RESULTS, the file that gets EXECUTION_ARN and PACKAGE_ARN.
set -euo pipefail
pause="${PAUSE_SECONDS:-30}"

waiting() {
  aws sagemaker list-model-packages --model-package-group-name "$PACKAGE_GROUP" \
    --model-approval-status PendingManualApproval --sort-by CreationTime --sort-order Descending \
    --query 'ModelPackageSummaryList[].ModelPackageArn' --output text "$@"
}

# What an earlier pipeline left undecided would keep its run, and so this one, waiting for days.
for package in $(waiting); do
  [ "$package" = None ] && continue
  echo "Rejecting $package, which nobody decided on: a newer commit takes its place."
  aws sagemaker update-model-package --model-package-arn "$package" --model-approval-status Rejected \
    --approval-description "superseded by $COMMIT" >/dev/null
done

execution=$(aws stepfunctions start-execution --state-machine-arn "$MACHINE_ARN" \
  --input "{\"reason\": \"commit $COMMIT\"}" --query executionArn --output text)
echo "Started $execution"
started=$(aws stepfunctions describe-execution --execution-arn "$execution" --query startDate --output text)

while :; do
  package=$(waiting --creation-time-after "$started" --max-items 1 | head -n 1)
  if [ -n "$package" ] && [ "$package" != None ]; then break; fi
  status=$(aws stepfunctions describe-execution --execution-arn "$execution" --query status --output text)
  if [ "$status" != RUNNING ]; then
    echo "The run ended ($status) before a version waited for a decision:" >&2
    aws stepfunctions describe-execution --execution-arn "$execution" --query '[error, cause, output]' --output text >&2
    exit 1
  fi
  sleep "$pause"
done

echo "Waits for a decision: $package"
printf 'EXECUTION_ARN=%s\nPACKAGE_ARN=%s\n' "$execution" "$package" >"$RESULTS"
