#!/usr/bin/env bash
# Starts the model's training. It does not wait: a version that passes its gate may wait for a person for days.
# Needs MACHINE_ARN and COMMIT.
set -euo pipefail
aws stepfunctions start-execution --state-machine-arn "$MACHINE_ARN" --input "{\"reason\": \"commit $COMMIT\"}" \
  --query executionArn --output text
