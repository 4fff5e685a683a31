#!/usr/bin/env bash
# Builds and pushes the platform's own images that the registry of the stack $STACK does not have yet. Tags cannot be moved, so what is there stays.
# Needs STACK, AWS_ACCOUNT_ID, AWS_REGION and ROLE_NAME.
set -euo pipefail
steps=$(cd "$(dirname "$0")" && pwd)
registry="$AWS_ACCOUNT_ID.dkr.ecr.$AWS_REGION.amazonaws.com"
tag="${TAG:-$(node -p 'require("./package.json").version')}"

if [ "${1:-}" != --as-role ]; then
  exec "$steps/as-role.sh" "arn:aws:iam::$AWS_ACCOUNT_ID:role/$ROLE_NAME" "$0" --as-role
fi
aws ecr get-login-password | docker login --username AWS --password-stdin "$registry"
images=$(make --no-print-directory own-images)
for image in $images; do
  # Only the registry's own word for it means that an image is missing. What cannot be asked is an error, and no reason to push.
  if answer=$(aws ecr describe-images --repository-name "mlplatform/$STACK/$image" --image-ids "imageTag=$tag" 2>&1 >/dev/null); then
    echo "$image:$tag is there."
  elif [[ "$answer" == *ImageNotFound* ]]; then
    make "image-$image" "PUSH=$registry/mlplatform/$STACK" "TAG=$tag"
  else
    echo "$answer" >&2
    exit 1
  fi
done
