#!/usr/bin/env bash
# What a commit on the main branch leads to: images that changed are pushed, and what trains is trained.
# Needs AWS_ROLE beside what images.sh and train.sh need.
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
export RESULTS=delivery-results.env
"$folder/as-role.sh" "$AWS_ROLE" "$folder/images.sh"
# shellcheck source=/dev/null
. "./$RESULTS"
export COMMIT
if [ "$TRAIN" = true ]; then
  "$folder/as-role.sh" "$AWS_ROLE" "$folder/train.sh"
else
  echo "Nothing that trains has changed."
fi
