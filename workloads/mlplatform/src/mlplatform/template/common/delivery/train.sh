#!/usr/bin/env bash
# Starts the model's training, and waits only until the run has its turn: a version that passes its gate may wait for a person for days.
# Needs MACHINE_ARN and COMMIT. Ends with 3 where a run was started and is not under way: to start one more at once would not help.
set -euo pipefail
execution=$(aws stepfunctions start-execution --state-machine-arn "$MACHINE_ARN" --input "{\"reason\": \"commit $COMMIT\"}" \
  --query executionArn --output text)
echo "Started $execution"

# Of two runs of a model the second ends at once, and counts as succeeded.
sleep "${PAUSE_SECONDS:-30}"
status=$(aws stepfunctions describe-execution --execution-arn "$execution" --query status --output text) || {
  echo "It could not be looked at: see whether it runs." >&2
  exit 3
}
case "$status" in
RUNNING) ;;
SUCCEEDED)
  echo "Another run of the model is under way, so this one was skipped. Start it again after that." >&2
  exit 3
  ;;
*)
  echo "The run ended as $status." >&2
  exit 3
  ;;
esac
