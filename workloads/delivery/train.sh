#!/usr/bin/env bash
# Starts a model's training and waits until a version waits for a decision: nothing is live before it.
# Needs MACHINE_ARN, PACKAGE_GROUP, COMMIT and RESULTS, the file that gets EXECUTION_ARN and PACKAGE_ARN.
set -euo pipefail
pause="${PAUSE_SECONDS:-30}"
# A run whose version was rejected ends within minutes; one that trains does not.
most_starts=20

waiting() {
  aws sagemaker list-model-packages --model-package-group-name "$PACKAGE_GROUP" \
    --model-approval-status PendingManualApproval --sort-by CreationTime --sort-order Descending \
    --query 'ModelPackageSummaryList[].ModelPackageArn' --output text "$@"
}

# What an earlier pipeline left undecided would keep its run, and so this one, waiting for days.
undecided=$(waiting)
for package in $undecided; do
  [ "$package" = None ] && continue
  echo "Rejecting $package, which nobody decided on: a newer commit takes its place."
  aws sagemaker update-model-package --model-package-arn "$package" --model-approval-status Rejected \
    --approval-description "superseded by $COMMIT" >/dev/null
done

input=$(python3 -I -c 'import json, sys; print(json.dumps({"reason": "commit " + sys.argv[1]}))' "$COMMIT")
begin() {
  execution=$(aws stepfunctions start-execution --state-machine-arn "$MACHINE_ARN" \
    --input "$input" --query executionArn --output text)
  echo "Started $execution"
  started=$(aws stepfunctions describe-execution --execution-arn "$execution" --query startDate --output text)
}

begin
starts=1
turn=false
while :; do
  # The first look comes when the run has its turn, or was skipped: a version that waits then is no other run's.
  sleep "$pause"
  status=$(aws stepfunctions describe-execution --execution-arn "$execution" --query status --output text)
  if [ "$status" = RUNNING ]; then
    turn=true
    package=$(waiting --creation-time-after "$started" --max-items 1 | head -n 1)
    if [ -n "$package" ] && [ "$package" != None ]; then break; fi
  elif [ "$status" = SUCCEEDED ] && [ "$turn" = false ] && [ "$starts" -lt "$most_starts" ]; then
    echo "Another run of the model is not over yet, so this one was skipped."
    begin
    starts=$((starts + 1))
  else
    echo "The run ended ($status) before a version waited for a decision:" >&2
    if [ "$status" = SUCCEEDED ] && [ "$turn" = false ]; then
      echo "Another run of the model is under way: retry the stage after it." >&2
    fi
    aws stepfunctions describe-execution --execution-arn "$execution" --query '[error, cause, output]' --output text >&2
    exit 1
  fi
done

echo "Waits for a decision: $package"
printf 'EXECUTION_ARN=%s\nPACKAGE_ARN=%s\n' "$execution" "$package" >"$RESULTS"
