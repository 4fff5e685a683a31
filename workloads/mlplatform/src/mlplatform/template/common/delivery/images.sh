#!/usr/bin/env bash
# Builds and pushes the images whose folder changed, and says in the file $RESULTS whether that has to be trained.
# Needs REGISTRY (host/folder of the stack) and IMAGES, such as "training=churn-training serving=churn-serving"; BASE_TRAINING and the
# like name what an image is built on.
set -euo pipefail
commit=$(git rev-parse HEAD)
train=false
python3 delivery/route.py "$IMAGES" >delivery-plan.txt
{ grep ' there$' delivery-plan.txt || true; } | while read -r kind repository tag _; do
  echo "$kind: $REGISTRY/$repository:$tag is there already."
done

# What is pushed counts as done when the job runs again. So nothing is pushed before all is built, and what trains is pushed last.
{ grep '^serving .* build$' delivery-plan.txt || true; } >delivery-push.txt
{ grep ' build$' delivery-plan.txt || true; } | { grep -v '^serving ' || true; } >>delivery-push.txt

# Before the first build, whose base may be in the same registry.
if [ -s delivery-push.txt ]; then
  aws ecr get-login-password | docker login --username AWS --password-stdin "${REGISTRY%%/*}" >/dev/null
fi
while read -r kind repository tag _; do
  base="BASE_$(printf %s "$kind" | tr 'a-z-' 'A-Z_')"
  docker build --file "$kind/Dockerfile" --build-arg "GIT_COMMIT=$commit" ${!base:+--build-arg "BASE=${!base}"} \
    --label "org.opencontainers.image.revision=$commit" --tag "$REGISTRY/$repository:$tag" "$kind"
done <delivery-push.txt

while read -r kind repository tag _; do
  name="$REGISTRY/$repository:$tag"
  docker push --quiet "$name"
  digest=$(docker inspect --format '{{index .RepoDigests 0}}' "$name") || digest="$name"
  echo "$kind: pushed $digest"
  case "$kind" in
  serving) echo "To serve it, write in the stack file: models.<model>.serve.flask.image: $name" ;;
  *) train=true ;;
  esac
done <delivery-push.txt

printf 'COMMIT=%s\nTRAIN=%s\n' "$commit" "$train" >"${RESULTS:-delivery-results.env}"
