#!/usr/bin/env bash
# github.sh comment|issue FILE: tells people on GitHub what a job found: one comment for a stack and pull request, one open issue for a stack.
# Needs GH_TOKEN, STACK; for a comment PULL_REQUEST.
set -euo pipefail
what="$1"
file="$2"
mark="<!-- mlplatform delivery $STACK -->"

case "$what" in
comment)
  { echo "$mark"; cat "$file"; } >comment.md
  id=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" \
    --jq ".[] | select(.body | startswith(\"$mark\")) | .id" | head -n 1)
  if [ -n "$id" ]; then
    gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field body=@comment.md --silent
  else
    gh api --method POST "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" --field body=@comment.md --silent
  fi
  ;;
issue)
  title="Drift of the stack $STACK"
  number=$(gh issue list --state open --search "in:title \"$title\"" --json number,title \
    --jq ".[] | select(.title == \"$title\") | .number" | head -n 1)
  if [ -n "$number" ]; then gh issue comment "$number" --body-file "$file"; else gh issue create --title "$title" --body-file "$file"; fi
  ;;
*)
  echo "github.sh comment|issue FILE" >&2
  exit 2
  ;;
esac
