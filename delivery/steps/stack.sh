#!/usr/bin/env bash
# stack.sh preview|up|drift: what a job does with the stack $STACK. The same on a laptop, where it runs as whoever is signed in.
# Needs STACK, AWS_ACCOUNT_ID and AWS_REGION; preview and drift leave their report in $REPORT.
set -euo pipefail
what="$1"
steps=$(cd "$(dirname "$0")" && pwd)
name="mlplatform-$STACK"
: "${AWS_ACCOUNT_ID:?is not set: the variable of the git host with the number of the account that holds $STACK}"
export PULUMI_BACKEND_URL="${PULUMI_BACKEND_URL:-s3://pulumi-$name-$AWS_ACCOUNT_ID?region=$AWS_REGION}"
export PULUMI_SKIP_UPDATE_CHECK=true
report="${REPORT:-report.md}"

# The rules of policy/, as the stack's own settings have them: those that its report names.
rules() {
  node_modules/.bin/tsx report/policyConfigCli.ts --stack "$STACK" >policy.json
}

role() {
  local as="arn:aws:iam::$AWS_ACCOUNT_ID:role/$ROLE_NAME"
  "$steps/as-role.sh" "$as" "$@"
}

case "$what" in
preview)
  failed=0
  rules
  role npx pulumi preview --stack "$STACK" --non-interactive --json --policy-pack policy --policy-pack-config policy.json >preview.json || failed=$?
  # What the engine said of a failure is in the same place, as JSON; which rules are broken, in the report.
  node_modules/.bin/tsx delivery/report.ts --stack "$STACK" <preview.json >"$report"
  node_modules/.bin/tsx report/cli.ts --stack "$STACK" --preview preview.json --markdown >>"$report" ||
    echo "The report of costs could not be made: see the job's log." >>"$report"
  exit "$failed"
  ;;
up)
  # The engine locks the stack. A failed update leaves what is live as it was: endpoints move by their own releases.
  rules
  role npx pulumi up --stack "$STACK" --non-interactive --yes --skip-preview --policy-pack policy --policy-pack-config policy.json
  ;;
drift)
  # 0: as it was left. Anything else is a difference, or a failure to look, and both are for a person.
  if role npx pulumi refresh --stack "$STACK" --non-interactive --preview-only --expect-no-changes >drift.txt 2>&1; then
    echo "Stack $STACK is as it was left."
  else
    { echo "What the account holds of \`$STACK\` is not what the last update left, or could not be looked at:"; echo; echo '```'; tail -n 100 drift.txt; echo '```'; } >"$report"
    cat "$report"
    exit 1
  fi
  ;;
*)
  echo "stack.sh preview|up|drift" >&2
  exit 2
  ;;
esac
