# Puts what was fetched into the home: a clone at the first start, later only what can follow without touching a person's
# work. Has no credentials. Whatever goes wrong here, the server starts.
set -u

if [ ! -d "$DAGS_FETCHED/.git" ]; then
  echo "Nothing was fetched: the home keeps what it has."
  exit 0
fi
if [ ! -e "$DAGS_HOME" ]; then
  # Cloned aside and renamed, so that a start that is cut short leaves no half of a clone.
  rm -rf "$DAGS_HOME.new"
  git clone --quiet --no-hardlinks --branch "$DAGS_BRANCH" "$DAGS_FETCHED" "$DAGS_HOME.new" &&
    git -C "$DAGS_HOME.new" remote set-url origin "$DAGS_REPOSITORY" &&
    mv "$DAGS_HOME.new" "$DAGS_HOME" &&
    echo "Cloned the DAGs into $DAGS_HOME."
  exit 0
fi
if ! git -C "$DAGS_HOME" rev-parse --git-dir >/dev/null 2>&1; then
  echo "$DAGS_HOME is not a clone: left alone."
  exit 0
fi

git -C "$DAGS_HOME" fetch --quiet "$DAGS_FETCHED" "+refs/heads/$DAGS_BRANCH:refs/remotes/origin/$DAGS_BRANCH" || exit 0
if [ "$(git -C "$DAGS_HOME" symbolic-ref --short HEAD 2>/dev/null)" != "$DAGS_BRANCH" ]; then
  echo "Another branch than $DAGS_BRANCH is checked out: fetched, not merged."
elif [ -n "$(git -C "$DAGS_HOME" status --porcelain --untracked-files=no)" ]; then
  echo "There is uncommitted work: fetched, not merged."
else
  git -C "$DAGS_HOME" merge --quiet --ff-only "origin/$DAGS_BRANCH" || echo "There are commits of one's own: fetched, not merged."
fi
exit 0
