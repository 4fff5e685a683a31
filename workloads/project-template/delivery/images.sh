#!/usr/bin/env bash
# Builds and pushes the images whose folder changed, and says in the file $RESULTS whether that has to be trained.
# Needs REGISTRY (host/folder of the stack) and IMAGES, such as "training=churn-training serving=churn-serving"; BASE_training and the
# like name what an image is built on.
set -euo pipefail
commit=$(git rev-parse HEAD)
train=false
signed_in=false
python3 delivery/route.py "$IMAGES" >delivery-plan.txt

while read -r kind repository tag what; do
  name="$REGISTRY/$repository:$tag"
  if [ "$what" = there ]; then
    echo "$kind: $name is there already."
    continue
  fi
  if [ "$signed_in" = false ]; then
    aws ecr get-login-password | docker login --username AWS --password-stdin "${REGISTRY%%/*}" >/dev/null
    signed_in=true
  fi
  base="BASE_$kind"
  docker build --file "$kind/Dockerfile" --build-arg "GIT_COMMIT=$commit" ${!base:+--build-arg "BASE=${!base}"} \
    --label "org.opencontainers.image.revision=$commit" --tag "$name" "$kind"
  docker push --quiet "$name"
  digest=$(docker inspect --format '{{index .RepoDigests 0}}' "$name")
  echo "$kind: pushed $digest"
  case "$kind" in
  serving) echo "To serve it, write in the stack file: models.<model>.serve.flask.image: $name" ;;
  *) train=true ;;
  esac
done <delivery-plan.txt

printf 'COMMIT=%s\nTRAIN=%s\n' "$commit" "$train" >"${RESULTS:-delivery-results.env}"
