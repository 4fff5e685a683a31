# Fetches the DAG repository into a directory of the pod. Holds the credentials, and never sees a home: what people put into
# a repository's configuration runs with git. Whatever goes wrong here, the server starts.
set -u

if ! command -v git >/dev/null; then
  echo "This image has no git: the home gets no clone of the DAGs."
  exit 0
fi

export GIT_TERMINAL_PROMPT=0
export GIT_CONFIG_GLOBAL=/dev/null
if [ -f "$DAGS_CREDENTIALS/GITSYNC_PASSWORD" ]; then
  export GIT_ASKPASS="$DAGS_SCRIPTS/answer_git.sh"
fi
if [ -f "$DAGS_CREDENTIALS/gitSshKey" ]; then
  # ssh refuses a key that others may read, and a mounted Secret is readable by the group.
  key="$(mktemp)"
  cat "$DAGS_CREDENTIALS/gitSshKey" >"$key"
  hosts="-o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=/dev/null"
  if [ -f "$DAGS_CREDENTIALS/known_hosts" ]; then
    hosts="-o StrictHostKeyChecking=yes -o UserKnownHostsFile=$DAGS_CREDENTIALS/known_hosts"
  fi
  export GIT_SSH_COMMAND="ssh -i $key -o IdentitiesOnly=yes -o ConnectTimeout=10 $hosts"
fi

rm -rf "$DAGS_FETCHED"
if ! timeout "${DAGS_TIMEOUT_SECONDS:-120}" \
  git clone --quiet --single-branch --no-tags --branch "$DAGS_BRANCH" "$DAGS_REPOSITORY" "$DAGS_FETCHED"; then
  rm -rf "$DAGS_FETCHED"
  echo "The DAG repository could not be fetched: the home keeps what it has."
fi
exit 0
