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
if [ "$TRAIN" != true ]; then
  echo "Nothing that trains has changed."
  exit 0
fi

# The image is pushed: a job that runs again finds it there and trains nothing. So the start is tried here until it is made.
for pause in ${START_PAUSES_SECONDS:-10 60 300} none; do
  code=0
  "$folder/as-role.sh" "$AWS_ROLE" "$folder/train.sh" || code=$?
  case "$code" in
  0) exit 0 ;;
  3) break ;;
  esac
  if [ "$pause" != none ]; then
    echo "The training could not be started; tried again in $pause seconds." >&2
    sleep "$pause"
  fi
done
[ "$code" = 3 ] || echo "The training was not started." >&2
echo "The image of commit $COMMIT is pushed, and this job does not start its training when it runs again:" \
  "start the state machine $MACHINE_ARN by hand." >&2
exit 1
